# LangGraph graphs and agents as a user writes them in Python; which telemetry watches them is the caller's choice.
import os
from operator import add
from typing import Annotated, TypedDict

os.environ["OPENAI_API_KEY"] = "none"

import frame
from frame import call, failing, failure, handoff, model, run, script, step, text, tool

from langchain.agents import create_agent
from langchain_core.tools import tool as langchain_tool
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import Command, RetryPolicy, interrupt

MODEL = "gpt-4.1-mini"
chat = ChatOpenAI(model=MODEL, base_url=f"{frame.MODEL_URL}/v1", api_key="none", max_retries=2)


class Order(TypedDict, total=False):
    order: str
    facts: Annotated[list[str], add]
    draft: str
    round: int


@langchain_tool
def get_order(order_id: str) -> str:
    """Looks up an order."""
    if order_id == "A-500":
        raise ConnectionError("orders database is unreachable")
    if order_id == "A-404":
        return '{"error": "order A-404 does not exist"}'
    return '{"order": "A-17", "status": "delivered", "total": 42}'


def asking(words):
    return lambda _state: {"draft": chat.invoke(words).content}


def chain(*nodes, **options):
    """Nodes one after another, each (name, function) or (name, function, retry policy)."""
    graph = StateGraph(Order)
    before = START
    for name, work, *retry in nodes:
        graph.add_node(name, work, retry_policy=retry[0] if retry else None)
        graph.add_edge(before, name)
        before = name
    graph.add_edge(before, END)
    return graph.compile(name="order_desk", **options)


def play(graph, given=None, **config):
    error = frame.attempted(lambda: graph.invoke(given or {"order": "A-17"}, config))
    frame.flush()
    return error


def one(outcome="success", **truth):
    return [run("order_desk", outcome, **truth)]


def happy_path():
    script(text("It is about delivery."), text("Order A-17 was delivered."))
    play(chain(("classify", asking("Sort: where is A-17?")), ("look_up", lambda _: {"facts": [get_order.invoke({"order_id": "A-17"})]}), ("respond", asking("Answer"))))
    return one(
        steps=[step("classify"), step("look_up"), step("respond")],
        calls=[call("tool", "get_order")],
        models=[model(MODEL), model(MODEL)],
        handoffs=[handoff("classify", "look_up"), handoff("look_up", "respond")],
    )


FAST = RetryPolicy(max_attempts=3, initial_interval=0.01, retry_on=Exception)


def unsteady(failures):
    left = [ConnectionError("orders database is unreachable")] * failures

    def look_up(_state):
        if left:
            raise left.pop()
        return {"facts": ["delivered"]}

    return look_up


def retry_then_success():
    script(text("Order A-17 was delivered."))
    play(chain(("look_up", unsteady(1), FAST), ("respond", asking("Answer"))))
    return one(
        steps=[step("look_up", 2), step("respond")],
        models=[model(MODEL)],
        handoffs=[handoff("look_up", "respond")],
    )


def retries_exhausted():
    script(text("It is about delivery."))
    assert play(chain(("classify", asking("Sort: where is A-17?")), ("look_up", unsteady(3), FAST)))
    return one(
        "failure",
        steps=[step("classify"), step("look_up", 3, "failure")],
        models=[model(MODEL)],
        handoffs=[handoff("classify", "look_up")],
        failure=failure("classify→look_up", "handoff", "error", "exception", True),
    )


def tool_error():
    script(text("It is about delivery."))
    assert play(chain(("classify", asking("Sort: where is A-500?")), ("look_up", lambda _: {"facts": [get_order.invoke({"order_id": "A-500"})]})))
    return one(
        "failure",
        steps=[step("classify"), step("look_up", outcome="failure")],
        calls=[call("tool", "get_order", outcome="failure")],
        models=[model(MODEL)],
        handoffs=[handoff("classify", "look_up")],
        failure=failure("look_up→get_order", "tool", "tool", "tool_unavailable"),
    )


def agent_with_tool(order, tools):
    script(tool("get_order", order_id=order), text("The order could not be looked up."))
    agent = create_agent(chat, tools, name="clerk")
    play(agent, {"messages": [("user", f"Where is order {order}?")]})
    return [
        run(
            "clerk",
            agents=["clerk"],
            steps=[step("model"), step("tools"), step("model")],
            calls=[call("tool", "get_order", outcome="failure")],
            models=[model(MODEL), model(MODEL)],
            handoffs=[handoff("model", "tools"), handoff("tools", "model")],
        )
    ]


def swallowed_error():
    script(text("It is about delivery."), text("Order A-17 was delivered."))

    def look_up(_state):
        try:
            return {"facts": [get_order.invoke({"order_id": "A-500"})]}
        except ConnectionError:
            return {"facts": []}

    play(chain(("classify", asking("Sort: where is A-500?")), ("look_up", look_up), ("respond", asking("Answer"))))
    return one(
        steps=[step("classify"), step("look_up"), step("respond")],
        calls=[call("tool", "get_order", outcome="failure")],
        models=[model(MODEL), model(MODEL)],
        handoffs=[handoff("classify", "look_up"), handoff("look_up", "respond")],
    )


@langchain_tool
def transfer_to_accountant() -> Command:
    """Passes the customer on to the accountant."""
    return Command(goto="accountant", graph=Command.PARENT)


def handed_over():
    script(tool("transfer_to_accountant"), text("The refund is booked."))
    graph = StateGraph(MessagesState)
    graph.add_node("clerk", create_agent(chat, [transfer_to_accountant], name="clerk"), destinations=("accountant",))
    graph.add_node("accountant", create_agent(chat, [], name="accountant"))
    graph.add_edge(START, "clerk")
    graph.add_edge("accountant", END)
    error = play(graph.compile(name="order_desk"), {"messages": [("user", "I want my money back")]})
    assert error is None, error
    return one(
        agents=["accountant", "clerk"],
        steps=[step("clerk"), step("accountant")],
        models=[model(MODEL), model(MODEL)],
        handoffs=[handoff("clerk", "accountant")],
    )


def human_interrupt(waiting=False):
    script(text("Refund of 42 proposed."), *([] if waiting else [text("The refund is paid.")]))
    graph = chain(
        ("propose", asking("Propose a refund")),
        ("approve", lambda _: {"facts": [interrupt({"question": "Pay 42 back?"})]}),
        ("pay", asking("Tell the customer")),
        checkpointer=InMemorySaver(),
    )
    config = {"configurable": {"thread_id": "thread-17"}}
    graph.invoke({"order": "A-17"}, config)
    if waiting:
        frame.flush()
        return one(
            "waiting",
            steps=[step("propose"), step("approve", outcome="waiting")],
            models=[model(MODEL)],
            handoffs=[handoff("propose", "approve")],
        )
    graph.invoke(Command(resume="yes"), config)
    frame.flush()
    return one(
        steps=[step("propose"), step("approve"), step("pay")],
        models=[model(MODEL), model(MODEL)],
        handoffs=[handoff("propose", "approve"), handoff("approve", "pay")],
    )


def rounds(check):
    graph = StateGraph(Order)
    graph.add_node("draft", asking("Write a draft"))
    graph.add_node("verify", check)
    graph.add_edge(START, "draft")
    graph.add_edge("draft", "verify")
    graph.add_conditional_edges("verify", lambda state: END if "A-17" in state["draft"] else "draft", ["draft", END])
    return graph.compile(name="order_desk")


def verify(state):
    return {"round": state.get("round", 0) + 1}


def loop_limit():
    script(text("Draft one"), text("Draft two"))
    assert play(rounds(verify), recursion_limit=4)
    return one(
        "failure",
        steps=[step("draft"), step("verify")] * 2,
        models=[model(MODEL)] * 2,
        handoffs=[handoff("draft", "verify"), handoff("verify", "draft"), handoff("draft", "verify")],
        failure=failure("start→order_desk", "handoff", "control", "recursion_limit"),
    )


def failed_check():
    script(text("Draft one"), text("Order A-17 was delivered."))
    play(rounds(verify))
    return one(
        steps=[step("draft"), step("verify")] * 2,
        models=[model(MODEL)] * 2,
        handoffs=[handoff("draft", "verify"), handoff("verify", "draft"), handoff("draft", "verify")],
    )


def missing_state():
    script(text("It is about delivery."))

    def pay(state):
        return {"facts": [state["amount"]]}

    assert play(chain(("classify", asking("Sort: I want my money back")), ("pay", pay)))
    return one(
        "failure",
        steps=[step("classify"), step("pay", outcome="failure")],
        models=[model(MODEL)],
        handoffs=[handoff("classify", "pay")],
        failure=failure("classify→pay", "handoff", "state", "missing_state"),
    )


def cached_tokens():
    script(text("Order A-17 was delivered.", input=2048, cached=1920, output=90, reasoning=64))
    play(chain(("respond", asking("Answer"))))
    return one(steps=[step("respond")], models=[model(MODEL)])


def parallel():
    script(text("Fine.", match="Check stock"), text("Fine.", match="Check price"), text("Order can be sent.", match="Send it"))
    graph = StateGraph(Order)
    graph.add_node("check_stock", lambda _: {"facts": [chat.invoke("Check stock").content]})
    graph.add_node("check_price", lambda _: {"facts": [chat.invoke("Check price").content]})
    graph.add_node("send_order", asking("Send it"))
    graph.add_edge(START, "check_stock")
    graph.add_edge(START, "check_price")
    graph.add_edge(["check_stock", "check_price"], "send_order")
    graph.add_edge("send_order", END)
    play(graph.compile(name="order_desk"))
    return one(
        steps=[step("check_stock"), step("check_price"), step("send_order")],
        models=[model(MODEL)] * 3,
        handoffs=[handoff("check_stock", "send_order"), handoff("check_price", "send_order")],
    )


SCENARIOS = {
    "happy_path": ("Three nodes in a row: classify, look up with a tool, respond.", happy_path),
    "retry_then_success": ("A node fails once and its retry policy runs it again.", retry_then_success),
    "retries_exhausted": ("A node fails in all three attempts that its retry policy allows.", retries_exhausted),
    "tool_error": ("A tool raises inside a node, and the graph fails.", tool_error),
    "tool_error_result": (
        "The tool of an agent returns an error as its result, and the model answers all the same.",
        lambda: agent_with_tool("A-404", [get_order]),
    ),
    "swallowed_error": ("A node catches what its tool raised and goes on without the result.", swallowed_error),
    "handoff": ("The clerk passes the customer on to the accountant with a transfer tool.", handed_over),
    "human_waiting": ("The graph waits for a person, who has not answered yet.", lambda: human_interrupt(waiting=True)),
    "human_interrupt": ("The graph waits for a person and is resumed by a second call.", human_interrupt),
    "loop_limit": ("Draft and check go round until the recursion limit.", loop_limit),
    "failed_check": ("The check says no once, and the draft is written again.", failed_check),
    "missing_state": ("A node needs a key that no node before it wrote.", missing_state),
    "cached_tokens": ("Most of the prompt comes from the vendor's cache.", cached_tokens),
    "parallel": ("Two nodes side by side, a third takes both their results.", parallel),
}
