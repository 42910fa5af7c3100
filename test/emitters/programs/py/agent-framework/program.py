# Microsoft Agent Framework agents and workflows as a user writes them, with the library's own OpenTelemetry.
import asyncio
import os

os.environ["OPENAI_API_KEY"] = "none"

import frame
from frame import call, failing, failure, handoff, model, refused, run, script, step, text, tool

provider = frame.tracing()

from agent_framework import (
    Agent,
    Executor,
    Message,
    WorkflowBuilder,
    WorkflowContext,
    handler,
)
from agent_framework import tool as framework_tool
from agent_framework.observability import enable_instrumentation
from agent_framework.openai import OpenAIChatCompletionClient
from agent_framework.orchestrations import HandoffBuilder

enable_instrumentation(enable_sensitive_data=True)

MODEL = "gpt-4.1-mini"


def get_order(order_id: str) -> str:
    """Looks up an order."""
    if order_id == "A-500":
        raise ConnectionError("orders database is unreachable")
    if order_id == "A-404":
        return '{"error": "order A-404 does not exist"}'
    return '{"order": "A-17", "status": "delivered", "total": 42}'


@framework_tool(approval_mode="always_require")
def refund(order_id: str) -> str:
    """Pays an order back."""
    return "paid back"


def agent(name, **options):
    client = OpenAIChatCompletionClient(MODEL, base_url=f"{frame.MODEL_URL}/v1", api_key="none")
    return Agent(client, f"You are the {name}", name=name, **options)


def play(who, question="Where is order A-17?"):
    error = frame.attempted(lambda: asyncio.run(who.run(question)))
    provider.force_flush()
    return error


def one(outcome="success", **truth):
    return [run("clerk", outcome, **{"agents": ["clerk"], "steps": [step("clerk", outcome=outcome)], **truth})]


class Work(Executor):
    """A step of plain code: what it returns goes on, or is the output where nothing follows."""

    def __init__(self, id, work, last=False):
        super().__init__(id)
        self.work = work
        self.last = last

    @handler
    async def process(self, message: str, context: WorkflowContext[str, str]) -> None:
        result = self.work(message)
        await (context.yield_output(result) if self.last else context.send_message(result))


def happy_path():
    script(tool("get_order", order_id="A-17"), text("Order A-17 was delivered."))
    assert not play(agent("clerk", tools=[get_order]))
    return one(calls=[call("tool", "get_order")], models=[model(MODEL), model(MODEL)])


def retry_then_success(busy=True):
    script(*[failing(429, "Rate limit reached")] * busy, text("All good."))
    assert not play(agent("clerk"))
    return one(models=[model(MODEL, 1 + busy)])


def retries_exhausted(tries=3):
    script(*([failing(429, "Rate limit reached")] * 3 if tries > 1 else [refused("Rate limit reached")]))
    assert play(agent("clerk"))
    return one("failure", models=[model(MODEL, tries, "failure")], failure=failure("start→clerk", "handoff", "error", "rate_limited", tries > 1))


def broken_tool(order):
    script(tool("get_order", order_id=order), text("The order could not be looked up."))
    assert not play(agent("clerk", tools=[get_order]), f"Where is order {order}?")
    return one(calls=[call("tool", "get_order", outcome="failure")], models=[model(MODEL), model(MODEL)])


def swallowed_error():
    script(text("Order A-17 was delivered."))

    def look_up(question):
        try:
            return get_order("A-500")
        except ConnectionError:
            return f"{question} Nothing is known."

    first = Work("look_up", look_up)
    clerk = agent("clerk")
    assert not play(WorkflowBuilder(name="order_desk", start_executor=first).add_edge(first, clerk).build())
    return [
        run(
            "order_desk",
            agents=["clerk"],
            steps=[step("look_up"), step("clerk")],
            models=[model(MODEL)],
            handoffs=[handoff("look_up", "clerk")],
        )
    ]


def handed_over():
    script(tool("handoff_to_accountant"), text("The refund is booked. DONE"))
    # the builder asks for it: a handoff keeps the whole conversation in the program
    clerk, accountant = [agent(name, require_per_service_call_history_persistence=True) for name in ("clerk", "accountant")]
    builder = HandoffBuilder(name="order_desk", participants=[clerk, accountant], termination_condition=booked)
    error = play(builder.with_start_agent(clerk).build(), "I want my money back")
    assert error is None, error
    return [
        run(
            "order_desk",
            agents=["accountant", "clerk"],
            steps=[step("clerk"), step("accountant")],
            models=[model(MODEL), model(MODEL)],
            handoffs=[handoff("clerk", "accountant")],
        )
    ]


def booked(conversation):
    return "DONE" in conversation[-1].text


def human_interrupt(waiting=False):
    script(tool("refund", order_id="A-17"), *([] if waiting else [text("The refund is paid.")]))
    clerk = agent("clerk", tools=[refund])

    async def asked_first():
        session = clerk.create_session()
        paused = await clerk.run("I want my money back", session=session)
        if not waiting:
            answers = [request.to_function_approval_response(approved=True) for request in paused.user_input_requests]
            await clerk.run(Message("user", answers), session=session)

    asyncio.run(asked_first())
    provider.force_flush()
    if waiting:
        return one("waiting", models=[model(MODEL)])
    return one(calls=[call("tool", "refund")], models=[model(MODEL), model(MODEL)])


def rounds(limit):
    """Draft and check go round; the check sends the draft back until it names the order."""

    class Check(Executor):
        @handler
        async def process(self, draft: str, context: WorkflowContext[str, str]) -> None:
            if "A-17" in draft:
                await context.yield_output(draft)
            else:
                await context.send_message("Name the order.")

    class Draft(Executor):
        @handler
        async def process(self, words: str, context: WorkflowContext[str]) -> None:
            await context.send_message((await agent("writer").run(words)).text)

    draft, check = Draft("draft"), Check("verify")
    builder = WorkflowBuilder(max_iterations=limit, name="order_desk", start_executor=draft)
    return builder.add_edge(draft, check).add_edge(check, draft).build()


def loop_limit():
    script(text("Draft one"), text("Draft two"))
    assert play(rounds(4))
    return [
        run(
            "order_desk",
            "failure",
            agents=["writer"],
            steps=[step("draft"), step("verify")] * 2,
            models=[model(MODEL)] * 2,
            handoffs=[handoff("draft", "verify"), handoff("verify", "draft"), handoff("draft", "verify")],
            failure=failure("start→order_desk", "handoff", "control", "step_budget"),
        )
    ]


def failed_check():
    script(text("Draft one"), text("Order A-17 was delivered."))
    assert not play(rounds(10))
    return [
        run(
            "order_desk",
            agents=["writer"],
            steps=[step("draft"), step("verify")] * 2,
            models=[model(MODEL)] * 2,
            handoffs=[handoff("draft", "verify"), handoff("verify", "draft"), handoff("draft", "verify")],
        )
    ]


def missing_state():
    script()
    first = Work("classify", lambda question: "kind=refund")
    second = Work("pay", lambda message: dict([message.split("=")])["amount"], last=True)
    assert play(WorkflowBuilder(name="order_desk", start_executor=first).add_edge(first, second).build())
    return [
        run(
            "order_desk",
            "failure",
            steps=[step("classify"), step("pay", outcome="failure")],
            handoffs=[handoff("classify", "pay")],
            failure=failure("classify→pay", "handoff", "state", "missing_state"),
        )
    ]


def cached_tokens():
    script(text("Order A-17 was delivered.", input=2048, cached=1920, output=90, reasoning=64))
    assert not play(agent("clerk"))
    return one(models=[model(MODEL)])


def parallel():
    script()
    split = Work("split", lambda order: order)
    stock, price = Work("check_stock", lambda _: "in stock"), Work("check_price", lambda _: "42")

    class Join(Executor):
        @handler
        async def process(self, facts: list[str], context: WorkflowContext[str, str]) -> None:
            await context.yield_output(" ".join(facts))

    join = Join("send_order")
    builder = WorkflowBuilder(name="order_desk", start_executor=split)
    assert not play(builder.add_fan_out_edges(split, [stock, price]).add_fan_in_edges([stock, price], join).build())
    return [
        run(
            "order_desk",
            steps=[step("split"), step("check_stock"), step("check_price"), step("send_order")],
            handoffs=[
                handoff("split", "check_stock"),
                handoff("split", "check_price"),
                handoff("check_stock", "send_order"),
                handoff("check_price", "send_order"),
            ],
        )
    ]


frame.main(
    "agent-framework",
    "agent-framework-core",
    ["agent-framework-core"],
    {
        "happy_path": ("An agent looks up an order with a tool and answers.", happy_path),
        "retry_then_success": ("The model is busy once; the vendor's client asks again.", retry_then_success),
        "plain_answer": ("The same without a busy model.", lambda: retry_then_success(busy=False)),
        "retries_exhausted": ("The model is busy three times, which is all the vendor's client tries, and the run fails.", retries_exhausted),
        "plain_refusal": ("The same, but the model says that asking again is of no use, and it is asked once.", lambda: retries_exhausted(tries=1)),
        "tool_error": ("The tool raises; the agent tells the model, which answers all the same.", lambda: broken_tool("A-500")),
        "tool_error_result": ("The tool returns an error as its result, and the model answers all the same.", lambda: broken_tool("A-404")),
        "swallowed_error": ("A step catches what went wrong inside and passes nothing on.", swallowed_error),
        "handoff": ("The clerk hands the customer over to the accountant.", handed_over),
        "human_waiting": ("A refund waits for approval, and nobody has answered yet.", lambda: human_interrupt(waiting=True)),
        "human_interrupt": ("A refund waits for approval, is approved, and a second run goes on.", human_interrupt),
        "loop_limit": ("Draft and check go round until the limit of iterations.", loop_limit),
        "failed_check": ("The check says no once, and the draft is written again.", failed_check),
        "missing_state": ("A step needs a key that the step before it did not pass on.", missing_state),
        "cached_tokens": ("Most of the prompt comes from the vendor's cache.", cached_tokens),
        "parallel": ("Two steps side by side, a third takes both their results.", parallel),
    },
)
