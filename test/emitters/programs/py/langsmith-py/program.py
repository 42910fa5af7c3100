# LangGraph for Python, traced by LangSmith's own SDK, which sends its runs as OpenTelemetry spans.
import os

os.environ["LANGSMITH_TRACING"] = "true"
os.environ["LANGSMITH_OTEL_ENABLED"] = "true"
os.environ["LANGSMITH_OTEL_ONLY"] = "true"
os.environ["LANGSMITH_API_KEY"] = "none"

import frame

frame.tracing()

from langsmith.run_trees import get_cached_client


def flush(spans=frame.flush):
    get_cached_client().flush()
    spans()


frame.flush = flush

from langgraph_scenarios import SCENARIOS

frame.main("langsmith-py", "langsmith", ["langsmith"], SCENARIOS)
