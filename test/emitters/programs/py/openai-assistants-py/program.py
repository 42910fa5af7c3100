# OpenAI's Assistants as a user writes them: assistants, a thread, runs that are polled; OpenLLMetry's decorators and its instrumentation.
import json
import os
import time

os.environ["TRACELOOP_TELEMETRY"] = "false"

import frame
from frame import call, failing, failure, handoff, model, run, script, step, text
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from traceloop.sdk import Traceloop
from traceloop.sdk.decorators import agent, workflow
from traceloop.sdk.decorators import tool as traced_tool

Traceloop.init(app_name=os.environ.get("OTEL_SERVICE_NAME", "openai-assistants-py"), exporter=OTLPSpanExporter(), telemetry_enabled=False)

from openai import OpenAI

MODEL = "gpt-4.1-mini"
client = OpenAI(base_url=f"{frame.MODEL_URL}/v1", api_key="none")
GET_ORDER = {"type": "function", "function": {"name": "get_order", "parameters": {"type": "object", "properties": {"order_id": {"type": "string"}}}}}


class RunFailed(Exception):
    pass


@traced_tool(name="get_order")
def get_order(order_id):
    if order_id == "A-500":
        raise ConnectionError("orders database is unreachable")
    if order_id == "A-404":
        return {"error": "order A-404 does not exist"}
    return {"order": order_id, "status": "delivered"}


def outputs_of(found):
    calls = found.required_action.submit_tool_outputs.tool_calls
    return [{"tool_call_id": one.id, "output": json.dumps(get_order(**json.loads(one.function.arguments)))} for one in calls]


def polled(thread, found):
    while found.status in ("queued", "in_progress", "requires_action"):
        time.sleep(0.02)
        if found.status == "requires_action":
            client.beta.threads.runs.submit_tool_outputs(found.id, thread_id=thread.id, tool_outputs=outputs_of(found))
        found = client.beta.threads.runs.retrieve(found.id, thread_id=thread.id)
    if found.status != "completed":
        raise RunFailed(f"{found.last_error.code}: {found.last_error.message}")
    return client.beta.threads.messages.list(thread_id=thread.id).data[0].content[0].text.value


def assistant(name):
    made = client.beta.assistants.create(name=name, model=MODEL, instructions=f"You are the {name}.", tools=[GET_ORDER])

    @agent(name=name)
    def ask(thread):
        return polled(thread, client.beta.threads.runs.create(thread_id=thread.id, assistant_id=made.id, instructions=None))

    return ask


@workflow(name="order_desk")
def order_desk(question, *names):
    assistants = [assistant(name) for name in names]
    thread = client.beta.threads.create()
    client.beta.threads.messages.create(thread_id=thread.id, role="user", content=question)
    return [ask(thread) for ask in assistants][-1]


def play(*names):
    error = frame.attempted(lambda: order_desk("Where is order A-17?", *(names or ["clerk"])))
    frame.flush()
    return error


def looks_up(order_id):
    return {"tools": [{"name": "get_order", "arguments": {"order_id": order_id}}]}


def one(outcome="success", **truth):
    return [run("order_desk", outcome, **{"agents": ["clerk"], "steps": [step("clerk", outcome=outcome)], "models": [model(MODEL)], **truth})]


def happy_path():
    script(looks_up("A-17"), text("It was delivered."))
    assert not play()
    return one(calls=[call("tool", "get_order")])


def retry_then_success(busy=True):
    script(*[failing(429, "Rate limit reached")] * busy, text("It was delivered."))
    assert not play()
    return one(models=[model(MODEL, 1 + busy)])


def retries_exhausted():
    script(*[failing(429, "Rate limit reached")] * 3)
    assert play()
    failed = failure("start→clerk", "handoff", "error", "rate_limited", True)
    return one("failure", models=[model(MODEL, 3, "failure")], failure=failed)


def plain_refusal():
    script({"failed": "rate_limit_exceeded", "message": "You exceeded your current quota"})
    assert play()
    failed = failure("start→clerk", "handoff", "error", "rate_limited")
    return one("failure", models=[model(MODEL, 1, "failure")], failure=failed)


def tool_error():
    script(looks_up("A-500"))
    assert play()
    failed = failure("clerk→get_order", "tool", "tool", "tool_unavailable")
    return one("failure", calls=[call("tool", "get_order", outcome="failure")], failure=failed)


def tool_error_result():
    script(looks_up("A-404"), text("There is no such order."))
    assert not play()
    return one(calls=[call("tool", "get_order", outcome="failure")])


def handed_over():
    script(text("It is a refund."), text("The refund is booked."))
    assert not play("clerk", "accountant")
    return one(
        agents=["accountant", "clerk"],
        steps=[step("clerk"), step("accountant")],
        models=[model(MODEL), model(MODEL)],
        handoffs=[handoff("clerk", "accountant")],
    )


def cached_tokens():
    script(text("It was delivered.", input=2048, cached=1920, output=90))
    assert not play()
    return one()


frame.main(
    "openai-assistants-py",
    "openai",
    ["traceloop-sdk", "opentelemetry-instrumentation-openai"],
    {
        "happy_path": ("A run asks for a tool, gets what the tool says, and answers.", happy_path),
        "retry_then_success": ("The run is refused once; the vendor's client asks again.", retry_then_success),
        "plain_answer": ("The same without a refusal.", lambda: retry_then_success(busy=False)),
        "retries_exhausted": ("The run is refused three times, which is all the vendor's client tries.", retries_exhausted),
        "plain_refusal": ("The run begins and fails at the vendor's, which the program sees when it polls.", plain_refusal),
        "tool_error": ("The tool that a run asks for raises, and the program leaves the run as it is.", tool_error),
        "tool_error_result": ("The tool says that it failed, and the run answers with that.", tool_error_result),
        "handoff": ("Two assistants answer in one thread, one after the other.", handed_over),
        "cached_tokens": ("Most of the prompt comes from the vendor's cache.", cached_tokens),
    },
)
