# AutoGen agents and teams as a user writes them: the library's own OpenTelemetry, and OpenLLMetry's for the OpenAI client below it.
import asyncio
import os

os.environ["OPENAI_API_KEY"] = "none"

import frame
from frame import call, failing, failure, handoff, model, refused, run, script, step, text, tool

provider = frame.tracing()

from opentelemetry.instrumentation.openai import OpenAIInstrumentor

OpenAIInstrumentor().instrument(tracer_provider=provider)

from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.conditions import HandoffTermination, MaxMessageTermination, TextMentionTermination
from autogen_agentchat.messages import HandoffMessage
from autogen_agentchat.teams import RoundRobinGroupChat, Swarm
from autogen_ext.models.openai import OpenAIChatCompletionClient

MODEL = "gpt-4.1-mini"


async def get_order(order_id: str) -> str:
    """Looks up an order."""
    if order_id == "A-500":
        raise ConnectionError("orders database is unreachable")
    if order_id == "A-404":
        return '{"error": "order A-404 does not exist"}'
    return '{"order": "A-17", "status": "delivered", "total": 42}'


def agent(name, **options):
    client = OpenAIChatCompletionClient(model=MODEL, base_url=f"{frame.MODEL_URL}/v1", api_key="none")
    return AssistantAgent(name, model_client=client, system_message=f"You are the {name}", description=f"The {name}", **options)


def play(who, question="Where is order A-17?"):
    error = frame.attempted(lambda: asyncio.run(who.run(task=question)))
    provider.force_flush()
    return error


def rooted(name):
    """Without a span of one's own around it a team falls into many traces; AutoGen's guide to tracing opens one."""
    return provider.get_tracer("order-desk").start_as_current_span(name)


def play_team(make, question):
    with rooted("order_team"):
        error = frame.attempted(lambda: asyncio.run(make().run(task=question)))
    provider.force_flush()
    return error


def one(outcome="success", **truth):
    return [run("clerk", outcome, **{"agents": ["clerk"], "steps": [step("clerk", outcome=outcome)], **truth})]


def happy_path():
    script(tool("get_order", order_id="A-17"), text("Order A-17 was delivered."))
    assert not play(agent("clerk", tools=[get_order], reflect_on_tool_use=True))
    return one(calls=[call("tool", "get_order")], models=[model(MODEL), model(MODEL)])


def retry_then_success(busy=True):
    script(*[failing(429, "Rate limit reached")] * busy, text("All good."))
    play(agent("clerk"))
    return one(models=[model(MODEL, 1 + busy)])


def retries_exhausted(tries=3):
    script(*([failing(429, "Rate limit reached")] * 3 if tries > 1 else [refused("Rate limit reached")]))
    assert play(agent("clerk"))
    return one("failure", models=[model(MODEL, tries, "failure")], failure=failure("start→clerk", "handoff", "error", "rate_limited", tries > 1))


def broken_tool(order):
    script(tool("get_order", order_id=order), text("The order could not be looked up."))
    play(agent("clerk", tools=[get_order], reflect_on_tool_use=True), f"Where is order {order}?")
    return one(calls=[call("tool", "get_order", outcome="failure")], models=[model(MODEL), model(MODEL)])


def handed_over():
    script(tool("transfer_to_accountant"), text("The refund is booked. DONE"))
    def team():
        return Swarm([agent("clerk", handoffs=["accountant"]), agent("accountant")], termination_condition=TextMentionTermination("DONE"))

    assert not play_team(team, "I want my money back")
    return [
        run(
            None,
            agents=["accountant", "clerk"],
            steps=[step("clerk"), step("accountant")],
            models=[model(MODEL), model(MODEL)],
            handoffs=[handoff("clerk", "accountant")],
        )
    ]


def human_interrupt(waiting=False):
    script(tool("transfer_to_user"), *([] if waiting else [text("The refund is paid. DONE")]))
    stop = HandoffTermination(target="user") | TextMentionTermination("DONE")
    team = Swarm([agent("clerk", handoffs=["user"])], termination_condition=stop)

    async def asked_first():
        with rooted("order_team"):
            await team.run(task="I want my money back")
        if waiting:
            return
        with rooted("order_team"):
            await team.run(task=HandoffMessage(source="user", target="clerk", content="Pay it back"))

    asyncio.run(asked_first())
    provider.force_flush()
    if waiting:
        return [run(None, "waiting", agents=["clerk"], steps=[step("clerk", outcome="waiting")], models=[model(MODEL)])]
    return [run(None, agents=["clerk"], steps=[step("clerk")], models=[model(MODEL), model(MODEL)])]


def rounds(stop):
    return RoundRobinGroupChat([agent("writer"), agent("critic")], termination_condition=stop)


def loop_limit():
    script(text("Draft one"), text("Not good"), text("Draft two"))
    assert not play_team(lambda: rounds(MaxMessageTermination(4)), "Write to the customer")
    return [
        run(
            None,
            agents=["critic", "writer"],
            steps=[step("writer"), step("critic"), step("writer")],
            models=[model(MODEL)] * 3,
            handoffs=[handoff("writer", "critic"), handoff("critic", "writer")],
        )
    ]


def failed_check():
    script(text("No idea."), text("The order is missing."), text("Order A-17 was delivered."), text("DONE"))
    assert not play_team(lambda: rounds(TextMentionTermination("DONE")), "Write to the customer")
    return [
        run(
            None,
            agents=["critic", "writer"],
            steps=[step("writer"), step("critic")] * 2,
            models=[model(MODEL)] * 4,
            handoffs=[handoff("writer", "critic"), handoff("critic", "writer"), handoff("writer", "critic")],
        )
    ]


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

    assert not play(agent("clerk", tools=[check_stock, check_price], reflect_on_tool_use=True))
    return one(calls=[call("tool", "check_stock"), call("tool", "check_price")], models=[model(MODEL), model(MODEL)])


frame.main(
    "autogen",
    "autogen-agentchat",
    ["autogen-core", "opentelemetry-instrumentation-openai"],
    {
        "happy_path": ("An agent looks up an order with a tool and answers.", happy_path),
        "retry_then_success": ("The model is busy once; the vendor's client asks again.", retry_then_success),
        "plain_answer": ("The same without a busy model.", lambda: retry_then_success(busy=False)),
        "retries_exhausted": ("The model is busy three times, which is all the vendor's client tries, and the run fails.", retries_exhausted),
        "plain_refusal": ("The same, but the model says that asking again is of no use, and it is asked once.", lambda: retries_exhausted(tries=1)),
        "tool_error": ("The tool raises; the agent tells the model, which answers all the same.", lambda: broken_tool("A-500")),
        "tool_error_result": ("The tool returns an error as its result, and the model answers all the same.", lambda: broken_tool("A-404")),
        "handoff": ("In a swarm the clerk passes the customer on to the accountant.", handed_over),
        "human_waiting": ("The clerk hands the refund over to the user, who has not answered yet.", lambda: human_interrupt(waiting=True)),
        "human_interrupt": ("The clerk hands the refund over to the user, who answers in a second run of the team.", human_interrupt),
        "loop_limit": ("Writer and critic take turns until the limit of messages.", loop_limit),
        "failed_check": ("The critic says no once, and the writer writes again.", failed_check),
        "cached_tokens": ("Most of the prompt comes from the vendor's cache.", cached_tokens),
        "parallel": ("Two tools side by side.", parallel),
    },
)
