# Agents of the OpenAI Agents SDK for Python as a user writes them, seen through OpenInference.
import asyncio
import os

os.environ["OPENAI_API_KEY"] = "none"

import frame
from frame import call, failing, failure, handoff, model, refused, run, script, step, text, tool

provider = frame.tracing()

from openinference.instrumentation.openai_agents import OpenAIAgentsInstrumentor

OpenAIAgentsInstrumentor().instrument(tracer_provider=provider)

from agents import (
    Agent,
    GuardrailFunctionOutput,
    OpenAIResponsesModel,
    RunConfig,
    Runner,
    function_tool,
    output_guardrail,
    trace,
)
from openai import AsyncOpenAI

MODEL = "gpt-4.1-mini"
CONFIG = RunConfig(workflow_name="order_desk")


async def look_up(order_id: str) -> str:
    """Looks up an order."""
    if order_id == "A-500":
        raise ConnectionError("orders database is unreachable")
    if order_id == "A-404":
        return '{"error": "order A-404 does not exist"}'
    return '{"order": "A-17", "status": "delivered", "total": 42}'


get_order = function_tool(look_up, name_override="get_order")
strict_get_order = function_tool(look_up, name_override="get_order", failure_error_function=None)


@function_tool(needs_approval=True)
async def refund(order_id: str) -> str:
    """Pays an order back."""
    return "paid back"


@output_guardrail
async def names_the_order(_context, _agent, output):
    return GuardrailFunctionOutput(output_info=None, tripwire_triggered="A-17" not in str(output))


def agent(name, **options):
    client = AsyncOpenAI(base_url=f"{frame.MODEL_URL}/v1", api_key="none")
    return Agent(name=name, instructions=f"You are the {name}", model=OpenAIResponsesModel(MODEL, client), **options)


def play(who, question="Where is order A-17?", **options):
    error = frame.attempted(lambda: asyncio.run(Runner.run(who, question, run_config=CONFIG, **options)))
    provider.force_flush()
    return error


def one(outcome="success", **truth):
    return [run("order_desk", outcome, **{"agents": ["clerk"], "steps": [step("clerk", outcome=outcome)], **truth})]


def happy_path():
    script(tool("get_order", order_id="A-17"), text("Order A-17 was delivered."))
    play(agent("clerk", tools=[get_order]))
    return one(calls=[call("tool", "get_order")], models=[model(MODEL), model(MODEL)])


def retry_then_success(busy=True):
    script(*[failing(429, "Rate limit reached")] * busy, text("All good."))
    play(agent("clerk"))
    return one(models=[model(MODEL, 1 + busy)])


def retries_exhausted(tries=3):
    script(*([failing(429, "Rate limit reached")] * 3 if tries > 1 else [refused("Rate limit reached")]))
    assert play(agent("clerk"))
    return one("failure", models=[model(MODEL, tries, "failure")], failure=failure("start→clerk", "handoff", "error", "rate_limited", tries > 1))


def tool_error():
    script(tool("get_order", order_id="A-500"))
    assert play(agent("clerk", tools=[strict_get_order]))
    return one(
        "failure",
        calls=[call("tool", "get_order", outcome="failure")],
        models=[model(MODEL)],
        failure=failure("clerk→get_order", "tool", "tool", "tool_unavailable"),
    )


def broken_tool(order):
    script(tool("get_order", order_id=order), text("The order could not be looked up."))
    play(agent("clerk", tools=[get_order]), f"Where is order {order}?")
    return one(calls=[call("tool", "get_order", outcome="failure")], models=[model(MODEL), model(MODEL)])


def handed_over():
    script(tool("transfer_to_accountant"), text("The refund is booked."))
    play(agent("clerk", handoffs=[agent("accountant")]), "I want my money back")
    return one(
        agents=["clerk", "accountant"],
        steps=[step("clerk"), step("accountant")],
        models=[model(MODEL), model(MODEL)],
        handoffs=[handoff("clerk", "accountant")],
    )


def human_interrupt():
    script(tool("refund", order_id="A-17"), text("The refund is paid."))

    async def asked_first():
        who = agent("clerk", tools=[refund])
        paused = await Runner.run(who, "I want my money back", run_config=CONFIG)
        state = paused.to_state()
        state.approve(paused.interruptions[0])
        await Runner.run(who, state, run_config=CONFIG)

    asyncio.run(asked_first())
    provider.force_flush()
    return one(calls=[call("tool", "refund")], models=[model(MODEL), model(MODEL)])


def human_waiting():
    script(tool("refund", order_id="A-17"))
    play(agent("clerk", tools=[refund]), "I want my money back")
    return one("waiting", models=[model(MODEL)])


def loop_limit():
    script(*[tool("get_order", order_id=f"A-{number}") for number in (1, 2, 3)])
    assert play(agent("clerk", tools=[get_order]), max_turns=3)
    return one(
        "failure",
        calls=[call("tool", "get_order")] * 3,
        models=[model(MODEL)] * 3,
        failure=failure("start→clerk", "handoff", "control", "step_budget"),
    )


def failed_check():
    script(text("No idea."))
    assert play(agent("clerk", output_guardrails=[names_the_order]))
    return one(
        "failure",
        calls=[call("check", "names_the_order")],
        models=[model(MODEL)],
        failure=failure("start→clerk", "handoff", "error", "rejected_by_check"),
    )


def missing_state():
    def instructions(context, _agent):
        return f"The customer is {context.context['customer']}"

    script()
    client = AsyncOpenAI(base_url=f"{frame.MODEL_URL}/v1", api_key="none")
    assert play(Agent(name="clerk", instructions=instructions, model=OpenAIResponsesModel(MODEL, client)), context={})
    return one("failure", failure=failure("start→clerk", "handoff", "state", "missing_state"))


def cached_tokens():
    script(text("Order A-17 was delivered.", input=2048, cached=1920, output=90, reasoning=64))
    play(agent("clerk"))
    return one(models=[model(MODEL)])


def parallel():
    script(text("Stock is fine.", match="You are the storekeeper"), text("Price is fine.", match="You are the accountant"))

    async def side_by_side():
        with trace("order_desk"):
            await asyncio.gather(*[Runner.run(agent(name), "Check order A-17") for name in ("storekeeper", "accountant")])

    asyncio.run(side_by_side())
    provider.force_flush()
    return one(
        agents=["storekeeper", "accountant"],
        steps=[step("storekeeper"), step("accountant")],
        models=[model(MODEL), model(MODEL)],
    )


frame.main(
    "openai-agents-py",
    "openai-agents",
    ["openinference-instrumentation-openai-agents"],
    {
        "happy_path": ("An agent looks up an order with a tool and answers.", happy_path),
        "retry_then_success": ("The model is busy once; the vendor's client asks again.", retry_then_success),
        "plain_answer": ("The same without a busy model.", lambda: retry_then_success(busy=False)),
        "retries_exhausted": ("The model is busy three times, which is all the vendor's client tries, and the run fails.", retries_exhausted),
        "plain_refusal": ("The same, but the model says that asking again is of no use, and it is asked once.", lambda: retries_exhausted(tries=1)),
        "tool_error": ("The tool raises, and the run fails since the tool has no error function.", tool_error),
        "tool_error_result": ("The tool returns an error as its result, and the model answers all the same.", lambda: broken_tool("A-404")),
        "swallowed_error": ("The tool raises; the SDK tells the model, which answers all the same.", lambda: broken_tool("A-500")),
        "handoff": ("The clerk passes the customer on to the accountant.", handed_over),
        "human_waiting": ("A refund waits for approval, and nobody has answered yet.", human_waiting),
        "human_interrupt": ("A refund waits for approval, is approved, and the run goes on.", human_interrupt),
        "loop_limit": ("The agent calls tools until its limit of turns.", loop_limit),
        "failed_check": ("The output guardrail says no, and the run ends without its result.", failed_check),
        "missing_state": ("The instructions need a key that the context lacks.", missing_state),
        "cached_tokens": ("Most of the prompt comes from the vendor's cache.", cached_tokens),
        "parallel": ("Two agents side by side in one trace.", parallel),
    },
)
