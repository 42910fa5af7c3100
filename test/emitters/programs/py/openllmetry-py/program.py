# Plain programs on OpenAI and Chroma as a user writes them, with OpenLLMetry: its decorators, and its instrumentation of both clients.
import os
from concurrent.futures import ThreadPoolExecutor

os.environ["TRACELOOP_TELEMETRY"] = "false"
os.environ["ANONYMIZED_TELEMETRY"] = "false"

import chromadb

# Filled before anything is watched: indexing is another program's work.
policies = chromadb.EphemeralClient().create_collection("policies")
policies.add(ids=["p1", "p2"], documents=["Refunds within 30 days", "Delivery within 3 days"], embeddings=[[1, 0, 0, 0], [0, 1, 0, 0]])

import frame
from frame import call, failing, failure, handoff, model, refused, run, script, step, text
from opentelemetry import context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from traceloop.sdk import Traceloop
from traceloop.sdk.decorators import agent, task, workflow
from traceloop.sdk.decorators import tool as traced_tool

Traceloop.init(app_name=os.environ.get("OTEL_SERVICE_NAME", "openllmetry-py"), exporter=OTLPSpanExporter(), telemetry_enabled=False)

from openai import OpenAI

MODEL = "gpt-4.1-mini"
EMBEDDING = "text-embedding-3-small"
client = OpenAI(base_url=f"{frame.MODEL_URL}/v1", api_key="none")


def ask(words):
    return client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": words}]).choices[0].message.content


@traced_tool(name="get_order")
def get_order(order_id):
    if order_id == "A-500":
        raise ConnectionError("orders database is unreachable")
    if order_id == "A-404":
        return {"error": "order A-404 does not exist"}
    return {"order": "A-17", "status": "delivered", "total": 42}


def steps(*works):
    """A workflow of tasks in a row; each gets what the one before it returned."""
    tasks = [task(name=name)(work) for name, work in works]

    @workflow(name="order_desk")
    def order_desk(value):
        for one in tasks:
            value = one(value)
        return value

    return order_desk


def play(work, given="Where is order A-17?"):
    error = frame.attempted(lambda: work(given))
    frame.flush()
    return error


def one(outcome="success", **truth):
    return [run("order_desk", outcome, **truth)]


def happy_path():
    script(text("", input=7, output=0), text("Refunds are possible within 30 days."))

    def retrieve(question):
        vector = client.embeddings.create(model=EMBEDDING, input=question, encoding_format="float").data[0].embedding
        return policies.query(query_embeddings=[vector], n_results=1)["documents"][0][0]

    assert not play(steps(("retrieve", retrieve), ("respond", lambda facts: ask(f"Answer with: {facts}"))))
    return one(
        steps=[step("retrieve"), step("respond")],
        calls=[call("embedding", EMBEDDING), call("retrieval", "policies")],
        models=[model(MODEL)],
        handoffs=[handoff("retrieve", "respond")],
    )


def retry_then_success(busy=True):
    script(*[failing(429, "Rate limit reached")] * busy, text("All good."))
    assert not play(steps(("respond", ask)))
    return one(steps=[step("respond")], models=[model(MODEL, 1 + busy)])


def retries_exhausted(tries=3):
    script(text("delivery"), *([failing(429, "Rate limit reached")] * 3 if tries > 1 else [refused("Rate limit reached")]))
    assert play(steps(("classify", ask), ("respond", ask)))
    return one(
        "failure",
        steps=[step("classify"), step("respond", outcome="failure")],
        models=[model(MODEL), model(MODEL, tries, "failure")],
        handoffs=[handoff("classify", "respond")],
        failure=failure("classify→respond", "handoff", "error", "rate_limited", tries > 1),
    )


def tool_error():
    script(text("A-500"))
    assert play(steps(("classify", ask), ("look_up", get_order)))
    return one(
        "failure",
        steps=[step("classify"), step("look_up", outcome="failure")],
        calls=[call("tool", "get_order", outcome="failure")],
        models=[model(MODEL)],
        handoffs=[handoff("classify", "look_up")],
        failure=failure("look_up→get_order", "tool", "tool", "tool_unavailable"),
    )


def gone_past(order, look_up):
    script(text(order), text("The order could not be looked up."))
    assert not play(steps(("classify", ask), ("look_up", look_up), ("respond", lambda facts: ask(f"Answer with: {facts}"))))
    return one(
        steps=[step("classify"), step("look_up"), step("respond")],
        calls=[call("tool", "get_order", outcome="failure")],
        models=[model(MODEL), model(MODEL)],
        handoffs=[handoff("classify", "look_up"), handoff("look_up", "respond")],
    )


def empty_handed(order):
    try:
        return get_order(order)
    except ConnectionError:
        return None


def handed_over():
    script(text("It is a refund."), text("The refund is booked."))
    clerk, accountant = agent(name="clerk")(ask), agent(name="accountant")(ask)
    assert not play(workflow(name="order_desk")(lambda question: accountant(clerk(question))))
    return one(
        agents=["accountant", "clerk"],
        steps=[step("clerk"), step("accountant")],
        models=[model(MODEL), model(MODEL)],
        handoffs=[handoff("clerk", "accountant")],
    )


def failed_check():
    script(text("No idea."), text("Order A-17 was delivered."))

    @workflow(name="order_desk")
    def order_desk(question):
        while not verify(answer := draft(question)):
            pass
        return answer

    draft = task(name="draft")(ask)
    verify = task(name="verify")(lambda answer: "A-17" in answer)
    assert not play(order_desk)
    return one(
        steps=[step("draft"), step("verify")] * 2,
        models=[model(MODEL)] * 2,
        handoffs=[handoff("draft", "verify"), handoff("verify", "draft"), handoff("draft", "verify")],
    )


def missing_state():
    script(text("delivery"))
    assert play(steps(("classify", lambda question: {"kind": ask(question)}), ("pay", lambda facts: facts["amount"])))
    return one(
        "failure",
        steps=[step("classify"), step("pay", outcome="failure")],
        models=[model(MODEL)],
        handoffs=[handoff("classify", "pay")],
        failure=failure("classify→pay", "handoff", "state", "missing_state"),
    )


def cached_tokens():
    script(text("Order A-17 was delivered.", input=2048, cached=1920, output=90, reasoning=64))
    assert not play(steps(("respond", ask)))
    return one(steps=[step("respond")], models=[model(MODEL)])


def parallel():
    script(text("Fine.", match="Check stock"), text("Fine.", match="Check price"), text("Order can be sent.", match="Send it"))
    checks = [task(name="check_stock")(lambda: ask("Check stock")), task(name="check_price")(lambda: ask("Check price"))]
    send = task(name="send_order")(lambda: ask("Send it"))

    @workflow(name="order_desk")
    def order_desk(_question):
        here = context.get_current()

        def carried(work):
            token = context.attach(here)
            try:
                return work()
            finally:
                context.detach(token)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(carried, checks))
        return send()

    assert not play(order_desk)
    return one(
        steps=[step("check_stock"), step("check_price"), step("send_order")],
        models=[model(MODEL)] * 3,
        handoffs=[handoff("check_stock", "send_order"), handoff("check_price", "send_order")],
    )


frame.main(
    "openllmetry-py",
    "traceloop-sdk",
    ["traceloop-sdk", "opentelemetry-instrumentation-openai", "opentelemetry-instrumentation-chromadb"],
    {
        "happy_path": ("A question is embedded, Chroma finds a document for it, and a model answers with that.", happy_path),
        "retry_then_success": ("The model is busy once; the vendor's client asks again.", retry_then_success),
        "plain_answer": ("The same without a busy model.", lambda: retry_then_success(busy=False)),
        "retries_exhausted": ("The second task's model is busy three times, which is all the vendor's client tries.", retries_exhausted),
        "plain_refusal": ("The same, but the model says that asking again is of no use, and it is asked once.", lambda: retries_exhausted(tries=1)),
        "tool_error": ("A tool raises inside a task, and the workflow fails.", tool_error),
        "tool_error_result": ("A tool returns an error as its result, and the answer is built on it.", lambda: gone_past("A-404", get_order)),
        "swallowed_error": ("A task catches what its tool raised and goes on with nothing.", lambda: gone_past("A-500", empty_handed)),
        "handoff": ("What the clerk's agent says goes to the accountant's agent.", handed_over),
        "failed_check": ("The check says no once, and the draft is written again.", failed_check),
        "missing_state": ("A task needs a key that the task before it did not return.", missing_state),
        "cached_tokens": ("Most of the prompt comes from the vendor's cache.", cached_tokens),
        "parallel": ("Two tasks side by side, then a third.", parallel),
    },
)
