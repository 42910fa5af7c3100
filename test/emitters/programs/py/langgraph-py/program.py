# LangGraph for Python, seen through OpenInference's LangChain instrumentation.
import os

os.environ["LANGSMITH_TRACING"] = "false"

import frame

provider = frame.tracing()

from openinference.instrumentation.langchain import LangChainInstrumentor

LangChainInstrumentor().instrument(tracer_provider=provider)

from langgraph_scenarios import SCENARIOS

frame.main("langgraph-py", "langgraph", ["openinference-instrumentation-langchain"], SCENARIOS)
