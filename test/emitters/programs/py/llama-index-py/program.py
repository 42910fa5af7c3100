# LlamaIndex query engines and agents as a user writes them, seen through OpenInference.
import asyncio

import frame
from frame import call, failing, failure, handoff, model, run, script, step, text, tool

provider = frame.tracing()

from llama_index.core import Document, VectorStoreIndex
from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent
from llama_index.embeddings.openai_like import OpenAILikeEmbedding
from llama_index.llms.openai_like import OpenAILike
from openinference.instrumentation.llama_index import LlamaIndexInstrumentor

MODEL = "gpt-4.1-mini"
EMBEDDING = "text-embedding-3-small"
BASE = f"{frame.MODEL_URL}/v1"
KINDS = {"is_chat_model": True, "is_function_calling_model": True}


def llm():
    return OpenAILike(model=MODEL, api_base=BASE, api_key="none", max_retries=2, **KINDS)


def get_order(order_id: str) -> str:
    """Looks up an order."""
    if order_id == "A-500":
        raise ConnectionError("orders database is unreachable")
    if order_id == "A-404":
        return '{"error": "order A-404 does not exist"}'
    return '{"order": "A-17", "status": "delivered", "total": 42}'


def embedding():
    return text("", input=7, output=0)


def query_engine():
    """Indexed before anything is watched: indexing is another program's work."""
    script(text("", input=0, output=0))
    embedder = OpenAILikeEmbedding(model_name=EMBEDDING, api_base=BASE, api_key="none")
    index = VectorStoreIndex.from_documents([Document(text="Refunds within 30 days")], embed_model=embedder)
    return index.as_query_engine(llm=llm(), similarity_top_k=1)


def asked(engine):
    """The query engine is asked while it is watched."""
    LlamaIndexInstrumentor().instrument(tracer_provider=provider)
    error = frame.attempted(lambda: engine.query("How long can I send things back?"))
    provider.force_flush()
    return error


def agent(name, **options):
    return FunctionAgent(
        name=name, description=f"The {name}", system_prompt=f"You are the {name}", llm=llm(), streaming=False, **options
    )


def play(flow, question="Where is order A-17?"):
    async def work():
        await flow.run(user_msg=question)

    LlamaIndexInstrumentor().instrument(tracer_provider=provider)
    error = frame.attempted(lambda: asyncio.run(work()))
    provider.force_flush()
    return error


def retrieved(outcome="success", **truth):
    calls = [call("embedding", EMBEDDING), call("retrieval", "VectorIndexRetriever")]
    return [run(None, outcome, calls=calls, **truth)]


def one(outcome="success", **truth):
    return [run(None, outcome, **{"agents": ["clerk"], **truth})]


def happy_path():
    engine = query_engine()
    script(embedding(), text("Within 30 days."))
    error = asked(engine)
    assert error is None, error
    return retrieved(models=[model(MODEL)])


def retry_then_success(busy=True):
    engine = query_engine()
    script(embedding(), *[failing(429, "Rate limit reached")] * busy, text("Within 30 days."))
    assert not asked(engine)
    return retrieved(models=[model(MODEL, 1 + busy)])


def retries_exhausted():
    engine = query_engine()
    script(embedding(), *[failing(429, "Rate limit reached")] * 6)
    assert asked(engine)
    return retrieved(
        "failure",
        models=[model(MODEL, 6, "failure")],
        failure=failure("start→llama-index-py", "handoff", "error", "rate_limited", True),
    )


def broken_tool(order):
    script(tool("get_order", order_id=order), text("The order could not be looked up."))
    error = play(AgentWorkflow(agents=[agent("clerk", tools=[get_order])], root_agent="clerk"))
    assert error is None, error
    return one(calls=[call("tool", "get_order", outcome="failure")], models=[model(MODEL), model(MODEL)])


def handed_over():
    script(tool("handoff", to_agent="accountant", reason="it is a refund"), text("The refund is booked."))
    both = [agent("clerk", can_handoff_to=["accountant"]), agent("accountant")]
    error = play(AgentWorkflow(agents=both, root_agent="clerk"), "I want my money back")
    assert error is None, error
    return one(agents=["accountant", "clerk"], models=[model(MODEL), model(MODEL)], handoffs=[handoff("clerk", "accountant")])


def cached_tokens():
    engine = query_engine()
    script(embedding(), text("Within 30 days.", input=2048, cached=1920, output=90, reasoning=64))
    assert not asked(engine)
    return retrieved(models=[model(MODEL)])


frame.main(
    "llama-index-py",
    "llama-index-core",
    ["openinference-instrumentation-llama-index"],
    {
        "happy_path": ("A question is embedded, the index finds a document for it, and a model answers with that.", happy_path),
        "retry_then_success": ("The model is busy once; it is asked again.", retry_then_success),
        "plain_answer": ("The same without a busy model.", lambda: retry_then_success(busy=False)),
        "retries_exhausted": ("The model stays busy; the client and LlamaIndex both try again, and the query fails.", retries_exhausted),
        "tool_error": ("The tool raises; the agent tells the model, which answers all the same.", lambda: broken_tool("A-500")),
        "tool_error_result": ("The tool returns an error as its result, and the model answers all the same.", lambda: broken_tool("A-404")),
        "handoff": ("The clerk hands the customer over to the accountant.", handed_over),
        "cached_tokens": ("Most of the prompt comes from the vendor's cache.", cached_tokens),
    },
)
