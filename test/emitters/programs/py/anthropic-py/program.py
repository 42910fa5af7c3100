# Programs on Anthropic's SDK for Python as a user writes them, with the SDK's own OpenTelemetry.
import os

os.environ["ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE"] = "content"

import frame
from frame import call, failing, failure, model, run, script, text, tool

provider = frame.tracing()

from anthropic import Anthropic, beta_tool

MODEL = "claude-sonnet-4-5"
client = Anthropic(base_url=frame.MODEL_URL, api_key="none")
tracer = provider.get_tracer("order-desk")


@beta_tool
def get_order(order_id: str) -> str:
    """Looks up an order.

    Args:
        order_id: The order's id, like A-17.
    """
    if order_id == "A-500":
        raise ConnectionError("orders database is unreachable")
    if order_id == "A-404":
        return '{"error": "order A-404 does not exist"}'
    return '{"order": "A-17", "status": "delivered", "total": 42}'


def ask(question="Where is order A-17?"):
    return client.messages.create(model=MODEL, max_tokens=200, messages=[{"role": "user", "content": question}])


def answer_with_tool(question="Where is order A-17?", **options):
    messages = [{"role": "user", "content": question}]
    runner = client.beta.messages.tool_runner(model=MODEL, max_tokens=200, messages=messages, tools=[get_order], **options)
    return runner.until_done()


def play(work):
    """A span of one's own around the work, since the SDK knows calls but no workflow."""

    def rooted():
        with tracer.start_as_current_span("order_desk"):
            work()

    error = frame.attempted(rooted)
    provider.force_flush()
    return error


def one(outcome="success", **truth):
    return [run(None, outcome, **truth)]


def happy_path():
    script(tool("get_order", order_id="A-17"), text("Order A-17 was delivered."))
    assert not play(answer_with_tool)
    return one(calls=[call("tool", "get_order")], models=[model(MODEL), model(MODEL)])


def retry_then_success():
    script(failing(529, "Overloaded"), text("All good."))
    assert not play(ask)
    return one(models=[model(MODEL, 2)])


def retries_exhausted():
    script(*[failing(429, "Rate limit reached")] * 3)
    assert play(ask)
    return one(
        "failure",
        models=[model(MODEL, 3, "failure")],
        failure=failure("start→anthropic-py", "handoff", "error", "rate_limited", True),
    )


def broken_tool(order):
    script(tool("get_order", order_id=order), text("The order could not be looked up."))
    assert not play(answer_with_tool)
    return one(calls=[call("tool", "get_order", outcome="failure")], models=[model(MODEL), model(MODEL)])


def swallowed_error():
    script(failing(400, "prompt is too long: 210000 tokens > 200000 maximum"), text("Order A-17 was delivered."))

    def work():
        frame.attempted(ask)
        ask("Answer from what you know.")

    assert not play(work)
    return one(models=[model(MODEL, outcome="failure"), model(MODEL)])


def loop_limit():
    script(tool("get_order", order_id="A-1"), tool("get_order", order_id="A-2"))
    assert not play(lambda: answer_with_tool(max_iterations=2))
    # as that of TypeScript it ends without the answer, and without an error
    return one(
        "failure",
        calls=[call("tool", "get_order"), call("tool", "get_order")],
        models=[model(MODEL), model(MODEL)],
        failure=failure("start→*", "handoff", "control", "step_budget"),
    )


def cached_tokens():
    script(text("Order A-17 was delivered.", input=2048, cached=1920, output=90))
    assert not play(ask)
    return one(models=[model(MODEL)])


def parallel():
    script(
        {"tools": [{"name": "get_order", "arguments": {"order_id": name}} for name in ("A-1", "A-2")]},
        text("Both were delivered."),
    )
    assert not play(answer_with_tool)
    return one(calls=[call("tool", "get_order"), call("tool", "get_order")], models=[model(MODEL), model(MODEL)])


frame.main(
    "anthropic-py",
    "anthropic",
    ["anthropic"],
    {
        "happy_path": ("The tool runner looks up an order and answers.", happy_path),
        "retry_then_success": ("The model is overloaded once; the client asks again.", retry_then_success),
        "retries_exhausted": ("The model is busy three times, which is all the client tries, and the program fails.", retries_exhausted),
        "tool_error": ("The tool raises; the runner tells the model, which answers all the same.", lambda: broken_tool("A-500")),
        "tool_error_result": ("The tool returns an error as its result, and the model answers all the same.", lambda: broken_tool("A-404")),
        "swallowed_error": ("A call is refused for its length; the program goes on without its answer.", swallowed_error),
        "loop_limit": ("The tool runner stops at its limit of two rounds, without a last answer.", loop_limit),
        "cached_tokens": ("Most of the prompt comes from the vendor's cache.", cached_tokens),
        "parallel": ("The model asks for two look-ups at once.", parallel),
    },
)
