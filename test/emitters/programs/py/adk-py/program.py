# Google ADK agents as a user writes them in Python, with the library's own OpenTelemetry.
import asyncio
import os

os.environ["GOOGLE_API_KEY"] = "none"

import frame
from frame import call, failing, failure, handoff, model, run, script, step, text, tool

provider = frame.tracing()

from google.adk.agents import LlmAgent, LoopAgent, ParallelAgent, SequentialAgent
from google.adk.models import Gemini
from google.adk.runners import InMemoryRunner
from google.adk.tools import FunctionTool
from google.genai import types

MODEL = "gemini-2.5-flash"


def get_order(order_id: str) -> dict:
    """Looks up an order."""
    if order_id == "A-500":
        raise ConnectionError("orders database is unreachable")
    if order_id == "A-404":
        return {"error": "order A-404 does not exist"}
    return {"order": "A-17", "status": "delivered", "total": 42}


def gemini():
    again = types.HttpRetryOptions(attempts=3, initial_delay=0.01, max_delay=0.02)
    return Gemini(model=MODEL, base_url=frame.MODEL_URL, retry_options=again)


def agent(name, instruction=None, **options):
    return LlmAgent(name=name, model=gemini(), instruction=instruction or f"You are the {name}", description=f"The {name}", **options)


def play(root, question="Where is order A-17?", **options):
    return asyncio.run(ask(InMemoryRunner(agent=root, app_name="order_desk"), question, **options))


async def ask(runner, question, state=None, **options):
    """One question in a new session; what the run raised is kept, and the events are given back."""
    session = await runner.session_service.create_session(app_name="order_desk", user_id="user", state=state)
    events, error = await turn(runner, session.id, types.Content(role="user", parts=[types.Part(text=question)]), **options)
    provider.force_flush()
    return events, error


async def turn(runner, session_id, message, **options):
    events = []
    try:
        async for event in runner.run_async(user_id="user", session_id=session_id, new_message=message, **options):
            events.append(event)
    except Exception as error:
        return events, error
    return events, None


def one(outcome="success", **truth):
    return [run("clerk", outcome, **{"agents": ["clerk"], "steps": [step("clerk", outcome=outcome)], **truth})]


def happy_path():
    script(tool("get_order", order_id="A-17"), text("Order A-17 was delivered."))
    play(agent("clerk", tools=[get_order]))
    return one(calls=[call("tool", "get_order")], models=[model(MODEL), model(MODEL)])


def retry_then_success(busy=True):
    script(*[failing(503, "The model is overloaded.")] * busy, text("All good."))
    play(agent("clerk"))
    return one(models=[model(MODEL, 1 + busy)])


def retries_exhausted():
    script(*[failing(429, "Resource has been exhausted")] * 3)
    assert play(agent("clerk"))[1]
    return one("failure", models=[model(MODEL, 3, "failure")], failure=failure("start→clerk", "handoff", "error", "rate_limited", True))


def tool_error():
    script(tool("get_order", order_id="A-500"))
    assert play(agent("clerk", tools=[get_order]))[1]
    return one(
        "failure",
        calls=[call("tool", "get_order", outcome="failure")],
        models=[model(MODEL)],
        failure=failure("clerk→get_order", "tool", "tool", "tool_unavailable"),
    )


def tool_error_result():
    script(tool("get_order", order_id="A-404"), text("There is no such order."))
    play(agent("clerk", tools=[get_order]))
    return one(calls=[call("tool", "get_order", outcome="failure")], models=[model(MODEL), model(MODEL)])


def swallowed_error():
    script(tool("get_order", order_id="A-500"), text("Order A-17 was delivered."))

    def say_nothing(tool, args, tool_context, error):
        return {"result": ""}

    play(agent("clerk", tools=[get_order], on_tool_error_callback=say_nothing))
    return one(calls=[call("tool", "get_order", outcome="failure")], models=[model(MODEL), model(MODEL)])


def handed_over():
    script(tool("transfer_to_agent", agent_name="accountant"), text("The refund is booked."))
    play(agent("clerk", sub_agents=[agent("accountant")]), "I want my money back")
    return one(
        agents=["accountant", "clerk"],
        steps=[step("clerk"), step("accountant")],
        models=[model(MODEL), model(MODEL)],
        handoffs=[handoff("clerk", "accountant")],
    )


def human_interrupt(waiting=False):
    script(tool("refund", order_id="A-17"), *([] if waiting else [text("The refund is paid.")]))

    def refund(order_id: str) -> dict:
        """Pays an order back."""
        return {"paid": order_id}

    async def asked_first():
        runner = InMemoryRunner(agent=agent("clerk", tools=[FunctionTool(refund, require_confirmation=True)]), app_name="order_desk")
        session = await runner.session_service.create_session(app_name="order_desk", user_id="user")
        words = types.Content(role="user", parts=[types.Part(text="I want my money back")])
        events, _ = await turn(runner, session.id, words)
        asked = [part for event in events for part in event.get_function_calls() if part.name == "adk_request_confirmation"]
        if waiting:
            return
        answer = types.FunctionResponse(id=asked[0].id, name=asked[0].name, response={"confirmed": True})
        _, error = await turn(runner, session.id, types.Content(role="user", parts=[types.Part(function_response=answer)]))
        assert error is None, error

    asyncio.run(asked_first())
    provider.force_flush()
    if waiting:
        return one("waiting", models=[model(MODEL)])
    return one(calls=[call("tool", "refund")], models=[model(MODEL)] * 2)


def loop_limit():
    script(text("Draft one"), text("Not good"), text("Draft two"), text("Not good"))
    play(LoopAgent(name="rounds", max_iterations=2, sub_agents=[agent("writer"), agent("critic")]))
    return [
        run(
            "rounds",
            agents=["critic", "writer"],
            steps=[step("writer"), step("critic")] * 2,
            models=[model(MODEL)] * 4,
            handoffs=[handoff("writer", "critic"), handoff("critic", "writer"), handoff("writer", "critic")],
        )
    ]


def missing_state():
    script()
    assert play(agent("clerk", "You serve {customer}"))[1]
    return one("failure", failure=failure("start→clerk", "handoff", "state", "missing_state"))


def cached_tokens():
    script(text("Order A-17 was delivered.", input=2048, cached=1920, output=90, reasoning=64))
    play(agent("clerk"))
    return one(models=[model(MODEL)])


def parallel():
    script(
        text("Stock is fine.", match="You are the storekeeper"),
        text("Price is fine.", match="You are the accountant"),
        text("Order can be sent.", match="You are the sender"),
    )
    both = ParallelAgent(name="checks", sub_agents=[agent("storekeeper"), agent("accountant")])
    play(SequentialAgent(name="order_crew", sub_agents=[both, agent("sender")]))
    return [
        run(
            "order_crew",
            agents=["accountant", "sender", "storekeeper"],
            steps=[step("storekeeper"), step("accountant"), step("sender")],
            models=[model(MODEL)] * 3,
            handoffs=[handoff("storekeeper", "sender"), handoff("accountant", "sender")],
        )
    ]


frame.main(
    "adk-py",
    "google-adk",
    ["google-adk"],
    {
        "happy_path": ("An agent looks up an order with a tool and answers.", happy_path),
        "retry_then_success": ("The model is overloaded once; the vendor's client asks again.", retry_then_success),
        "plain_answer": ("The same without a busy model.", lambda: retry_then_success(busy=False)),
        "retries_exhausted": ("The model's quota is used up three times, which is all the vendor's client tries, and the run fails.", retries_exhausted),
        "tool_error": ("The tool raises, and the run fails.", tool_error),
        "tool_error_result": ("The tool returns an error as its result, and the model answers all the same.", tool_error_result),
        "swallowed_error": ("The tool raises, a callback turns that into an empty result, and the model answers all the same.", swallowed_error),
        "handoff": ("The clerk transfers the customer to the accountant.", handed_over),
        "human_waiting": ("A refund waits for confirmation, and nobody has answered yet.", lambda: human_interrupt(waiting=True)),
        "human_interrupt": ("A refund waits for confirmation, is confirmed, and a second run goes on.", human_interrupt),
        "loop_limit": ("Writer and critic go round until the loop's limit of two.", loop_limit),
        "missing_state": ("The instruction needs a key that the session's state lacks.", missing_state),
        "cached_tokens": ("Most of the prompt comes from the vendor's cache.", cached_tokens),
        "parallel": ("Two agents side by side, then a third.", parallel),
    },
)
