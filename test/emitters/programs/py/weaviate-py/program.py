# Retrieval from Weaviate, as a query in GraphQL, and an answer by OpenAI as a user writes them, with OpenLLMetry's instrumentation of both clients.
import os

os.environ["TRACELOOP_TELEMETRY"] = "false"

import frame
from frame import call, failing, failure, handoff, model, run, script, step, text
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from traceloop.sdk import Traceloop
from traceloop.sdk.decorators import task, workflow

Traceloop.init(app_name=os.environ.get("OTEL_SERVICE_NAME", "weaviate-py"), exporter=OTLPSpanExporter(), telemetry_enabled=False)

import weaviate
from openai import OpenAI
from opentelemetry.instrumentation.weaviate import WeaviateInstrumentor

# Traceloop.init() looks for a package of another name
WeaviateInstrumentor().instrument()

MODEL = "gpt-4.1-mini"
EMBEDDING = "text-embedding-3-small"
openai = OpenAI(base_url=f"{frame.MODEL_URL}/v1", api_key="none")
HOST, PORT = frame.MODEL_URL.removeprefix("http://").split(":")


def store():
    return weaviate.connect_to_custom(
        http_host=HOST, http_port=int(PORT), http_secure=False, grpc_host=HOST, grpc_port=1, grpc_secure=False, skip_init_checks=True
    )


@task(name="retrieve")
def retrieve(question):
    vector = openai.embeddings.create(model=EMBEDDING, input=question, encoding_format="float").data[0].embedding
    with store() as client:
        found = client.graphql_raw_query("{ Get { Policies(nearVector: { vector: %s }, limit: 2) { text } } }" % vector)
    return [one["text"] for one in (found.get or {}).get("Policies") or []]


@task(name="respond")
def respond(facts):
    return openai.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": f"Answer with: {facts}"}]).choices[0].message.content


@workflow(name="policy_desk")
def policy_desk(question):
    return respond(retrieve(question))


@workflow(name="policy_desk")
def careless_desk(question):
    try:
        facts = retrieve(question)
    except Exception:
        facts = []
    return respond(facts)


def play(work):
    error = frame.attempted(lambda: work("How long can I send things back?"))
    frame.flush()
    return error


def embedding():
    return text("", input=7, output=0)


def found(*texts):
    return {"collection": "Policies", "objects": [{"text": one} for one in texts], "usage": {"input": 0, "output": 0}}


def one(retrieved="success", outcome="success", **truth):
    return [run("policy_desk", outcome, calls=[call("embedding", EMBEDDING), call("retrieval", "Policies", outcome=retrieved)], **truth)]


BOTH = {"steps": [step("retrieve"), step("respond")], "handoffs": [handoff("retrieve", "respond")], "models": [model(MODEL)]}


def happy_path():
    script(embedding(), found("Refunds within 30 days", "Delivery within 3 days"), text("Within 30 days."))
    assert not play(policy_desk)
    return one(**BOTH)


def tool_error():
    script(embedding(), failing(401, "Unauthorized"))
    assert play(policy_desk)
    return one(
        "failure",
        "failure",
        steps=[step("retrieve", outcome="failure")],
        failure=failure("retrieve→Policies", "tool", "tool", "tool_auth"),
    )


def tool_error_result():
    script(embedding(), found(), text("Nothing is known of that."))
    assert not play(policy_desk)
    return one(**BOTH)


def swallowed_error():
    script(embedding(), failing(401, "Unauthorized"), text("Within 90 days."))
    assert not play(careless_desk)
    return one("failure", **{**BOTH, "steps": [step("retrieve", outcome="failure"), step("respond")]})


frame.main(
    "weaviate-py",
    "weaviate-client",
    ["traceloop-sdk", "opentelemetry-instrumentation-openai", "opentelemetry-instrumentation-weaviate"],
    {
        "happy_path": ("A question is embedded, Weaviate finds two documents for it, and a model answers with them.", happy_path),
        "tool_error": ("Weaviate refuses the key, and the workflow fails.", tool_error),
        "tool_error_result": ("Weaviate finds nothing, which is no error to it; the answer is built on that.", tool_error_result),
        "swallowed_error": ("The workflow catches that Weaviate refused, and the answer is built on nothing.", swallowed_error),
    },
)
