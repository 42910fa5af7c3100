# CrewAI crews as a user writes them, seen through OpenInference.
import os

os.environ["CREWAI_DISABLE_TELEMETRY"] = "true"  # its own spans go to its maker, by another provider
os.environ["CREWAI_TRACING_ENABLED"] = "false"
os.environ["OPENAI_API_KEY"] = "none"

import frame
from frame import call, failing, failure, handoff, model, run, script, step, text, tool

provider = frame.tracing()

from openinference.instrumentation.crewai import CrewAIInstrumentor
from openinference.instrumentation.openai import OpenAIInstrumentor

CrewAIInstrumentor().instrument(tracer_provider=provider)
OpenAIInstrumentor().instrument(tracer_provider=provider)

from crewai import LLM, Agent, Crew, Task
from crewai.tools import tool as crew_tool

MODEL = "gpt-4.1-mini"


@crew_tool("get_order")
def get_order(order_id: str) -> str:
    """Looks up an order."""
    if order_id == "A-500":
        raise ConnectionError("orders database is unreachable")
    if order_id == "A-404":
        return '{"error": "order A-404 does not exist"}'
    return '{"order": "A-17", "status": "delivered", "total": 42}'


def llm():
    return LLM(model=f"openai/{MODEL}", base_url=f"{frame.MODEL_URL}/v1", api_key="none", max_retries=2)


def agent(role, tools=(), **options):
    return Agent(role=role, goal=f"Do the work of {role}", backstory="Works at a shop", llm=llm(), tools=list(tools), **options)


def task(name, who, **options):
    return Task(name=name, description=f"Task {name} for order {{order}}", expected_output="One sentence", agent=who, **options)


def crew(name, tasks, **options):
    return Crew(name=name, agents=[one.agent for one in tasks], tasks=tasks, **options)


def play(name, tasks, order="A-17", **options):
    error = frame.attempted(lambda: crew(name, tasks, **options).kickoff(inputs={"order": order}))
    provider.force_flush()
    return error


def one_task(tools=()):
    return [task("answer_customer", agent("clerk", tools))]


def happy_path():
    script(tool("get_order", order_id="A-17"), text("Order A-17 was delivered."))
    play("order_desk", one_task([get_order]))
    return [
        run(
            "order_desk",
            agents=["clerk"],
            steps=[step("answer_customer")],
            calls=[call("tool", "get_order")],
            models=[model(MODEL), model(MODEL)],
        )
    ]


def retry_then_success(busy=True):
    script(*[failing(429, "Rate limit reached")] * busy, text("All good."))
    play("order_desk", one_task())
    return [run("order_desk", agents=["clerk"], steps=[step("answer_customer")], models=[model(MODEL, 1 + busy)])]


def retries_exhausted():
    script(*[failing(503, "The server is overloaded")] * 9)
    error = play("order_desk", one_task())
    assert error, "the crew should have failed"
    return [
        run(
            "order_desk",
            "failure",
            agents=["clerk"],
            steps=[step("answer_customer", outcome="failure")],
            models=[model(MODEL, 9, "failure")],
            failure=failure("start→answer_customer", "handoff", "error", "provider_error", True),
        )
    ]


def broken_tool(order):
    script(tool("get_order", order_id=order), text("The order could not be looked up."))
    play("order_desk", one_task([get_order]), order)
    return [
        run(
            "order_desk",
            agents=["clerk"],
            steps=[step("answer_customer")],
            calls=[call("tool", "get_order", outcome="failure")],
            models=[model(MODEL), model(MODEL)],
        )
    ]


def two_tasks(name):
    clerk, accountant = agent("clerk"), agent("accountant")
    first = task("sort_request", clerk)
    play(name, [first, task("book_refund", accountant, context=[first])])
    return [clerk, accountant]


def handed_over():
    script(text("It is a refund."), text("The refund is booked."))
    two_tasks("refund_crew")
    return [
        run(
            "refund_crew",
            agents=["clerk", "accountant"],
            steps=[step("sort_request"), step("book_refund")],
            models=[model(MODEL), model(MODEL)],
            handoffs=[handoff("sort_request", "book_refund")],
        )
    ]


def loop_limit():
    def place(order_id):
        return tool("get_order", order_id=order_id)

    script(place("A-1"), place("A-2"), text("Stopped after two look-ups."))
    play("order_desk", [task("answer_customer", agent("clerk", [get_order], max_iter=2))])
    return [
        run(
            "order_desk",
            agents=["clerk"],
            steps=[step("answer_customer")],
            calls=[call("tool", "get_order"), call("tool", "get_order")],
            models=[model(MODEL), model(MODEL), model(MODEL)],
        )
    ]


def failed_check():
    script(text("No idea."), text("Order A-17 was delivered."))

    def names_the_order(output):
        return ("A-17" in output.raw, output.raw if "A-17" in output.raw else "the answer must name the order")

    play("order_desk", [task("answer_customer", agent("clerk"), guardrail=names_the_order, guardrail_max_retries=1)])
    return [
        run(
            "order_desk",
                agents=["clerk"],
            steps=[step("answer_customer", 2)],
            calls=[call("check", "names_the_order"), call("check", "names_the_order")],
            models=[model(MODEL), model(MODEL)],
        )
    ]


def missing_state():
    script()
    error = play("order_desk", [Task(name="answer_customer", description="Answer {customer}", expected_output="One sentence", agent=agent("clerk"))])
    assert error, "the crew should have failed"
    return [
        run(
            "order_desk",
            "failure",
            agents=[],
            steps=[step("order_desk", outcome="failure")],
            failure=failure("start→order_desk", "handoff", "state", "missing_state"),
        )
    ]


def cached_tokens():
    script(text("Order A-17 was delivered.", input=2048, cached=1920, output=90, reasoning=64))
    play("order_desk", one_task())
    return [run("order_desk", agents=["clerk"], steps=[step("answer_customer")], models=[model(MODEL)])]


def parallel():
    script(text("Stock is fine.", match="check_stock for"), text("Price is fine.", match="check_price for"), text("Order can be sent."))
    stock = task("check_stock", agent("storekeeper"), async_execution=True)
    price = task("check_price", agent("accountant"), async_execution=True)
    play("order_crew", [stock, price, task("send_order", agent("clerk"), context=[stock, price])])
    return [
        run(
            "order_crew",
            agents=["storekeeper", "accountant", "clerk"],
            steps=[step("check_stock"), step("check_price"), step("send_order")],
            models=[model(MODEL)] * 3,
            handoffs=[handoff("check_stock", "send_order"), handoff("check_price", "send_order")],
        )
    ]


frame.main(
    "crewai",
    "crewai",
    ["openinference-instrumentation-crewai", "openinference-instrumentation-openai"],
    {
        "happy_path": ("A clerk looks up an order with a tool and answers.", happy_path),
        "retry_then_success": ("The model is busy once; the vendor's client asks again.", retry_then_success),
        "plain_answer": ("The same without a busy model.", lambda: retry_then_success(busy=False)),
        "retries_exhausted": ("The model stays down; the client and the agent both try three times, and the crew fails.", retries_exhausted),
        "tool_error": ("The tool raises; the crew tells the model, which answers all the same.", lambda: broken_tool("A-500")),
        "tool_error_result": ("The tool returns an error as its result, and the model answers all the same.", lambda: broken_tool("A-404")),
        "handoff": ("One agent's task is the context of the next agent's task.", handed_over),
        "loop_limit": ("The clerk looks up orders until its limit of iterations, then must answer.", loop_limit),
        "failed_check": ("The guardrail of the task says no once, and the task is done again.", failed_check),
        "missing_state": ("A task needs an input that the run was not given.", missing_state),
        "cached_tokens": ("Most of the prompt comes from the vendor's cache.", cached_tokens),
        "parallel": ("Two tasks side by side, a third takes both their results.", parallel),
    },
)
