# Pydantic AI agents as a user writes them, with the library's own OpenTelemetry.
import asyncio

import frame
from frame import call, failing, failure, handoff, model, refused, run, script, step, text, tool

provider = frame.tracing()

from openai import AsyncOpenAI
from pydantic_ai import Agent, DeferredToolRequests, DeferredToolResults, ModelRetry, RunContext, UsageLimits
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

Agent.instrument_all()

MODEL = "gpt-4.1-mini"


def chat():
    client = AsyncOpenAI(base_url=f"{frame.MODEL_URL}/v1", api_key="none")
    return OpenAIChatModel(MODEL, provider=OpenAIProvider(openai_client=client))


def get_order(order_id: str) -> str:
    """Looks up an order."""
    if order_id == "A-500":
        raise ConnectionError("orders database is unreachable")
    if order_id == "A-404":
        return '{"error": "order A-404 does not exist"}'
    return '{"order": "A-17", "status": "delivered", "total": 42}'


def agent(name, **options):
    return Agent(chat(), name=name, instructions=f"You are the {name}", **options)


def play(who, question="Where is order A-17?", **options):
    error = frame.attempted(lambda: who.run_sync(question, **options))
    provider.force_flush()
    return error


def one(outcome="success", **truth):
    return [run("clerk", outcome, **{"agents": ["clerk"], "steps": [step("clerk", outcome=outcome)], **truth})]


def happy_path():
    script(tool("get_order", order_id="A-17"), text("Order A-17 was delivered."))
    play(agent("clerk", tools=[get_order]))
    return one(calls=[call("tool", "get_order")], models=[model(MODEL), model(MODEL)])


def retry_then_success():
    script(tool("get_order", order_id="A-17"), tool("get_order", order_id="A-17"), text("Order A-17 was delivered."))
    clerk = agent("clerk")
    tries = []

    @clerk.tool_plain(name="get_order")
    def busy_once(order_id: str) -> str:
        """Looks up an order."""
        tries.append(order_id)
        if len(tries) == 1:
            raise ModelRetry("orders database is busy, try again")
        return get_order(order_id)

    play(clerk)
    return one(calls=[call("tool", "get_order", 2)], models=[model(MODEL)] * 3)


def retries_exhausted(tries=3):
    script(*([failing(429, "Rate limit reached")] * 3 if tries > 1 else [refused("Rate limit reached")]))
    assert play(agent("clerk"))
    return one("failure", models=[model(MODEL, tries, "failure")], failure=failure("start→clerk", "handoff", "error", "rate_limited", tries > 1))


def tool_error():
    script(tool("get_order", order_id="A-500"))
    assert play(agent("clerk", tools=[get_order]))
    return one(
        "failure",
        calls=[call("tool", "get_order", outcome="failure")],
        models=[model(MODEL)],
        failure=failure("clerk→get_order", "tool", "tool", "tool_unavailable"),
    )


def tool_error_result():
    script(tool("get_order", order_id="A-404"), text("There is no such order."))
    play(agent("clerk", tools=[get_order]), "Where is order A-404?")
    return one(calls=[call("tool", "get_order", outcome="failure")], models=[model(MODEL), model(MODEL)])


def swallowed_error():
    script(tool("find_order"), text("Order A-17 was delivered."))

    def find_order() -> str:
        """Finds the order of the customer."""
        try:
            return get_order("A-500")
        except ConnectionError:
            return ""

    play(agent("clerk", tools=[find_order]))
    return one(calls=[call("tool", "find_order")], models=[model(MODEL), model(MODEL)])


def handed_over():
    script(tool("ask_accountant", question="Pay 42 back?"), text("Yes, pay it."), text("The refund is booked."))
    accountant = agent("accountant")

    async def ask_accountant(context: RunContext, question: str) -> str:
        """Lets the accountant decide."""
        return (await accountant.run(question, usage=context.usage)).output

    play(agent("clerk", tools=[ask_accountant]), "I want my money back")
    return one(
        agents=["accountant", "clerk"],
        steps=[step("clerk")],
        calls=[call("tool", "ask_accountant")],
        models=[model(MODEL)] * 3,
        handoffs=[handoff("clerk", "accountant")],
    )


def human_interrupt(waiting=False):
    script(tool("refund", order_id="A-17"), *([] if waiting else [text("The refund is paid.")]))
    clerk = agent("clerk", output_type=[str, DeferredToolRequests])

    @clerk.tool_plain(requires_approval=True)
    def refund(order_id: str) -> str:
        """Pays an order back."""
        return "paid back"

    paused = clerk.run_sync("I want my money back")
    if waiting:
        provider.force_flush()
        return one("waiting", models=[model(MODEL)])
    decided = DeferredToolResults(approvals={request.tool_call_id: True for request in paused.output.approvals})
    clerk.run_sync(message_history=paused.all_messages(), deferred_tool_results=decided)
    provider.force_flush()
    return one(calls=[call("tool", "refund")], models=[model(MODEL), model(MODEL)])


def loop_limit():
    script(*[tool("get_order", order_id=f"A-{number}") for number in (1, 2, 3)])
    assert play(agent("clerk", tools=[get_order]), usage_limits=UsageLimits(request_limit=3))
    return one(
        "failure",
        calls=[call("tool", "get_order")] * 3,
        models=[model(MODEL)] * 3,
        failure=failure("start→clerk", "handoff", "control", "step_budget"),
    )


def failed_check():
    script(text("No idea."), text("Order A-17 was delivered."))
    clerk = agent("clerk")

    @clerk.output_validator
    def names_the_order(output: str) -> str:
        if "A-17" not in output:
            raise ModelRetry("the answer must name the order")
        return output

    play(clerk)
    return one(
        calls=[call("check", "names_the_order"), call("check", "names_the_order")],
        models=[model(MODEL), model(MODEL)],
    )


def missing_state():
    script(tool("own_orders"))

    def own_orders(context: RunContext[dict]) -> str:
        """Orders of the customer who asks."""
        return f"orders of {context.deps['customer']}"

    assert play(agent("clerk", tools=[own_orders], deps_type=dict), deps={})
    return one(
        "failure",
        calls=[call("tool", "own_orders", outcome="failure")],
        models=[model(MODEL)],
        failure=failure("clerk→own_orders", "tool", "state", "missing_state"),
    )


def cached_tokens():
    script(text("Order A-17 was delivered.", input=2048, cached=1920, output=90, reasoning=64))
    play(agent("clerk"))
    return one(models=[model(MODEL)])


def parallel():
    script(
        {"tools": [{"name": "check_stock", "arguments": {}}, {"name": "check_price", "arguments": {}}]},
        text("Order can be sent."),
    )

    async def check_stock() -> str:
        """Looks into the store."""
        await asyncio.sleep(0.02)
        return "in stock"

    async def check_price() -> str:
        """Looks into the price list."""
        await asyncio.sleep(0.02)
        return "42"

    play(agent("clerk", tools=[check_stock, check_price]))
    return one(calls=[call("tool", "check_stock"), call("tool", "check_price")], models=[model(MODEL), model(MODEL)])


frame.main(
    "pydantic-ai",
    "pydantic-ai-slim",
    ["pydantic-ai-slim"],
    {
        "happy_path": ("An agent looks up an order with a tool and answers.", happy_path),
        "retry_then_success": ("The tool is busy once and tells the model to try again, which works.", retry_then_success),
        "retries_exhausted": ("The model is busy three times, which is all the vendor's client tries, and the run fails.", retries_exhausted),
        "plain_refusal": ("The same, but the model says that asking again is of no use, and it is asked once.", lambda: retries_exhausted(tries=1)),
        "tool_error": ("The tool raises, and the run fails.", tool_error),
        "tool_error_result": ("The tool returns an error as its result, and the model answers all the same.", tool_error_result),
        "swallowed_error": ("The tool catches what went wrong inside and returns nothing; the model answers all the same.", swallowed_error),
        "handoff": ("A tool of the clerk lets the accountant's agent decide, and the clerk goes on.", handed_over),
        "human_waiting": ("A refund waits for approval, and nobody has answered yet.", lambda: human_interrupt(waiting=True)),
        "human_interrupt": ("A refund waits for approval, is approved, and a second run goes on.", human_interrupt),
        "loop_limit": ("The agent calls tools until its limit of requests.", loop_limit),
        "failed_check": ("The output validator says no once, and the model answers again.", failed_check),
        "missing_state": ("A tool needs a key that the run's dependencies lack.", missing_state),
        "cached_tokens": ("Most of the prompt comes from the vendor's cache.", cached_tokens),
        "parallel": ("Two tools side by side.", parallel),
    },
)
