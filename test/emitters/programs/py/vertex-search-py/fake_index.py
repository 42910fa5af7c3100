# A stand-in for the server of a deployed index of Vertex AI Vector Search: it answers FindNeighbors from a script.
from concurrent.futures import ThreadPoolExecutor

import grpc
from google.cloud.aiplatform_v1.types import FindNeighborsRequest, FindNeighborsResponse, IndexDatapoint

METHOD = "google.cloud.aiplatform.v1.MatchService"


def found(ids):
    near = [
        FindNeighborsResponse.Neighbor(datapoint=IndexDatapoint(datapoint_id=one), distance=0.1 * number) for number, one in enumerate(ids, 1)
    ]
    return FindNeighborsResponse(nearest_neighbors=[FindNeighborsResponse.NearestNeighbors(id="0", neighbors=near)])


def serve(answers):
    """Each answer is a list of ids, or a status with its text. Returns the address and what stops the server."""
    left = list(answers)

    def find(_request, context):
        answer = left.pop(0)
        if isinstance(answer, list):
            return found(answer)
        context.abort(*answer)

    handler = grpc.unary_unary_rpc_method_handler(
        find, request_deserializer=FindNeighborsRequest.deserialize, response_serializer=FindNeighborsResponse.serialize
    )
    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(METHOD, {"FindNeighbors": handler})])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return f"127.0.0.1:{port}", lambda: server.stop(None)
