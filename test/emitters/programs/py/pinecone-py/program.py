# Retrieval from Pinecone and an answer by OpenAI as a user writes them, with OpenLLMetry's instrumentation of both clients.
import os

os.environ["TRACELOOP_TELEMETRY"] = "false"

import frame
from frame import call, failing, failure, handoff, model, run, script, step, text
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from traceloop.sdk import Traceloop
from traceloop.sdk.decorators import task, workflow

Traceloop.init(app_name=os.environ.get("OTEL_SERVICE_NAME", "pinecone-py"), exporter=OTLPSpanExporter(), telemetry_enabled=False)

from openai import OpenAI
from pinecone import Pinecone

MODEL = "gpt-4.1-mini"
EMBEDDING = "text-embedding-3-small"
client = OpenAI(base_url=f"{frame.MODEL_URL}/v1", api_key="none")
index = Pinecone(api_key="none").Index(host=frame.MODEL_URL)


@task(name="retrieve")
def retrieve(question):
    vector = client.embeddings.create(model=EMBEDDING, input=question, encoding_format="float").data[0].embedding
    found = index.query(vector=vector, top_k=2, include_metadata=True)
    return [match["metadata"]["text"] for match in found["matches"]]


@task(name="respond")
def respond(facts):
    return client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": f"Answer with: {facts}"}]).choices[0].message.content


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
    return {
        "matches": [{"id": f"p{number}", "score": 0.9, "values": [], "metadata": {"text": one}} for number, one in enumerate(texts)],
        "usage": {"input": 0, "output": 0},
    }


def one(retrieved="success", outcome="success", **truth):
    return [run("policy_desk", outcome, calls=[call("embedding", EMBEDDING), call("retrieval", "pinecone", outcome=retrieved)], **truth)]


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
        failure=failure("retrieve→pinecone", "tool", "tool", "tool_auth"),
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
    "pinecone-py",
    "pinecone",
    ["traceloop-sdk", "opentelemetry-instrumentation-openai", "opentelemetry-instrumentation-pinecone"],
    {
        "happy_path": ("A question is embedded, Pinecone finds two documents for it, and a model answers with them.", happy_path),
        "tool_error": ("Pinecone refuses the key, and the workflow fails.", tool_error),
        "tool_error_result": ("Pinecone finds nothing, which is no error to it; the answer is built on that.", tool_error_result),
        "swallowed_error": ("The workflow catches that Pinecone refused, and the answer is built on nothing.", swallowed_error),
    },
)
