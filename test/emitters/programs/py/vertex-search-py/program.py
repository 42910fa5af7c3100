# A search in Vertex AI Vector Search as a user writes it, inside a span of the user's own; its client makes no spans, so gRPC's does.
import grpc
from opentelemetry.instrumentation.grpc import GrpcInstrumentorClient

GrpcInstrumentorClient().instrument()

import fake_index
import frame
from frame import call, failure, run
from google.api_core.exceptions import ServiceUnavailable
from google.api_core.retry import Retry, if_exception_type
from google.cloud.aiplatform_v1 import MatchServiceClient
from google.cloud.aiplatform_v1.services.match_service.transports import MatchServiceGrpcTransport
from google.cloud.aiplatform_v1.types import FindNeighborsRequest, IndexDatapoint
from opentelemetry import trace

provider = frame.tracing()
tracer = trace.get_tracer("policy-desk")

TRIES = 3
BUSY = (grpc.StatusCode.UNAVAILABLE, "The service is currently unavailable.")
DENIED = (grpc.StatusCode.PERMISSION_DENIED, "Permission 'aiplatform.indexEndpoints.queryVectors' denied")


class Tries:
    def __init__(self, most):
        self.left = most

    def __call__(self, error):
        self.left -= 1
        return if_exception_type(ServiceUnavailable)(error) and self.left > 0


def search(address, vector=(0.25, -0.5), tries=TRIES):
    client = MatchServiceClient(transport=MatchServiceGrpcTransport(channel=grpc.insecure_channel(address)))
    query = FindNeighborsRequest.Query(datapoint=IndexDatapoint(feature_vector=vector), neighbor_count=2)
    request = FindNeighborsRequest(index_endpoint="projects/1/locations/l/indexEndpoints/2", deployed_index_id="policies", queries=[query])
    answer = client.find_neighbors(request, retry=Retry(predicate=Tries(tries), initial=0.02, maximum=0.02))
    return [near.datapoint.datapoint_id for near in answer.nearest_neighbors[0].neighbors]


def play(*answers, work=search):
    """As a request handler would: one span around the work, which takes the error."""
    frame.script()
    address, stop = fake_index.serve(answers)

    def handle():
        with tracer.start_as_current_span("answer_question"):
            return work(address)

    error = frame.attempted(handle)
    stop()
    frame.flush()
    return error


def searched(attempts=1, outcome="success"):
    return call("retrieval", "vertex_ai", attempts, outcome)


def asks_on(*vectors, tries=1):
    """Asks another question where one was not answered."""

    def work(address):
        for vector in vectors[:-1]:
            if frame.attempted(lambda: search(address, vector, tries)) is None:
                return None
        return search(address, vectors[-1], tries)

    return work


def happy_path():
    assert not play(["refunds", "delivery"])
    return [run(None, calls=[searched()])]


def retry_then_success():
    assert not play(BUSY, ["refunds"])
    return [run(None, calls=[searched(2)])]


def retries_exhausted():
    assert play(*[BUSY] * TRIES, work=asks_on((0.25, 0.5), tries=TRIES))
    failed = failure("*→vertex_ai", "tool", "tool", "tool_unavailable", True)
    return [run(None, "failure", calls=[searched(TRIES, "failure")], failure=failed)]


def plain_answer():
    assert not play(BUSY, ["refunds"], work=asks_on((0.25, 0.5), (0.5, 0.25)))
    return [run(None, calls=[searched(outcome="failure"), searched()])]


def plain_refusal():
    assert play(*[BUSY] * 3, work=asks_on((0.25, 0.5), (0.5, 0.25), (0.75, 0.25)))
    failed = failure("*→vertex_ai", "tool", "tool", "tool_unavailable")
    return [run(None, "failure", calls=[searched(outcome="failure")] * 3, failure=failed)]


def tool_error():
    assert play(DENIED)
    return [run(None, "failure", calls=[searched(1, "failure")], failure=failure("*→vertex_ai", "tool", "tool", "tool_auth"))]


def tool_error_result():
    assert not play([])
    return [run(None, calls=[searched()])]


def swallowed_error():
    def careless(address):
        return frame.attempted(lambda: search(address))

    assert not play(DENIED, work=careless)
    return [run(None, calls=[searched(1, "failure")])]


frame.main(
    "vertex-search-py",
    "google-cloud-aiplatform",
    ["opentelemetry-instrumentation-grpc"],
    {
        "happy_path": ("Two neighbors of a question are found.", happy_path),
        "retry_then_success": ("The index is unavailable once; Google's client was told to ask again.", retry_then_success),
        "retries_exhausted": ("The index is unavailable three times, as often as the client was told to ask.", retries_exhausted),
        "plain_answer": ("The index is unavailable once, and the program asks something else.", plain_answer),
        "plain_refusal": ("The index is unavailable for each of three questions.", plain_refusal),
        "tool_error": ("The index may not be asked, and the run fails.", tool_error),
        "tool_error_result": ("Nothing is found, which is no error to the index.", tool_error_result),
        "swallowed_error": ("The index may not be asked, and the program goes on without it.", swallowed_error),
    },
)
