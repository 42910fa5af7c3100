# Clients of an MCP server in another process, each inside a span of the user's own; both sides tell their spans by the SDK itself.
import asyncio
import os
import signal
import socket
import subprocess
import sys
from contextlib import asynccontextmanager

import frame
from frame import call, failure, run
from mcp import Client, StdioServerParameters
from mcp.types import ElicitResult
from opentelemetry import trace

provider = frame.tracing()
tracer = trace.get_tracer("order-desk")
ENVIRONMENT = {**os.environ, "OTEL_SERVICE_NAME": "orders-server"}


async def approve(_context, _params):
    await asyncio.sleep(0.2)
    return ElicitResult(action="accept", content={"approved": True})


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def listening(port):
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            await asyncio.sleep(0.05)
    raise TimeoutError("the server does not listen")


@asynccontextmanager
async def over_stdio(failures):
    """The protocol with a handshake, as versions before 2026-07-28 have it."""
    command = StdioServerParameters(command=sys.executable, args=["mcp_server.py", "stdio", str(failures), "0"], env=ENVIRONMENT)
    async with Client(command, mode="legacy", elicitation_callback=approve) as client:
        yield client


@asynccontextmanager
async def over_http(failures):
    """The protocol of 2026-07-28, without handshake and session."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "mcp_server.py", "http", str(failures), str(port)], env=ENVIRONMENT)
    try:
        await listening(port)
        async with Client(f"http://127.0.0.1:{port}/mcp", elicitation_callback=approve) as client:
            yield client
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def handled(connected, failures, work):
    """As a request handler would: one span around the client, which takes the error."""

    async def handle():
        with tracer.start_as_current_span("handle_ticket"):
            async with connected(failures) as client:
                await work(client)

    error = frame.attempted(lambda: asyncio.run(handle()))
    frame.flush()
    return error


def order(client, order_id="A-17"):
    return client.call_tool("get_order", {"order_id": order_id})


def persistent(*order_ids):
    async def work(client):
        for order_id in order_ids:
            if not (await order(client, order_id)).is_error:
                return
        raise RuntimeError("no order was found")

    return work


def scenarios(connected):
    def play(work, failures=0):
        frame.script()
        return handled(connected, failures, work)

    def happy_path():
        async def work(client):
            await client.read_resource("policy://refunds")
            await order(client)

        assert not play(work)
        return [run(None, calls=[call("retrieval", "policy://refunds"), call("tool", "get_order")])]

    def retry_then_success():
        assert not play(persistent("A-17", "A-17"), failures=1)
        return [run(None, calls=[call("tool", "get_order", 2)])]

    def given_up(*order_ids, calls, exhausted=False):
        assert play(persistent(*order_ids), failures=3)
        failed = failure("*→get_order", "tool", "tool", "tool_error", exhausted)
        return [run(None, "failure", calls=calls, failure=failed)]

    def retries_exhausted():
        return given_up("A-17", "A-17", "A-17", calls=[call("tool", "get_order", 3, "failure")], exhausted=True)

    def plain_refusal():
        return given_up("A-17", "A-18", "A-19", calls=[call("tool", "get_order", outcome="failure")] * 3)

    def tool_error():
        async def work(client):
            await client.call_tool("slow_order", {"order_id": "A-17"}, read_timeout_seconds=0.2)

        assert play(work)
        failed = failure("*→slow_order", "tool", "tool", "tool_timeout")
        return [run(None, "failure", calls=[call("tool", "slow_order", outcome="failure")], failure=failed)]

    def tool_error_result():
        assert not play(persistent("A-1", "A-17"), failures=1)
        return [run(None, calls=[call("tool", "get_order", outcome="failure"), call("tool", "get_order")])]

    def swallowed_error():
        async def work(client):
            assert (await client.call_tool("find_order", {})).is_error

        assert not play(work)
        return [run(None, calls=[call("tool", "find_order", outcome="failure")])]

    def human_interrupt():
        async def work(client):
            await client.list_tools()
            assert not (await client.call_tool("pay", {"amount": 20})).is_error

        assert not play(work)
        return [run(None, calls=[call("tool", "pay"), call("human", "elicitation")])]

    def plain_answer():
        async def work(client):
            await client.list_tools()
            for _ in range(2):
                await client.call_tool("pay", {"amount": 5})

        assert not play(work)
        return [run(None, calls=[call("tool", "pay"), call("tool", "pay")])]

    def parallel():
        async def work(client):
            await asyncio.gather(order(client), order(client))

        assert not play(work)
        return [run(None, calls=[call("tool", "get_order"), call("tool", "get_order")])]

    return {
        "happy_path": ("A client reads a resource, calls a tool and closes.", happy_path),
        "retry_then_success": ("The tool raises once; the caller calls it again with the same arguments.", retry_then_success),
        "retries_exhausted": ("The tool raises three times, and the caller gives up.", retries_exhausted),
        "tool_error": ("The tool does not answer within the time that the client gives it, which ends the run.", tool_error),
        "tool_error_result": ("The tool raises, which its result says, and the caller asks for another order.", tool_error_result),
        "plain_refusal": ("The tool raises for three different orders, and the caller gives up.", plain_refusal),
        "swallowed_error": ("There is no such tool, and the caller goes on without it.", swallowed_error),
        "human_interrupt": ("The tool asks the client's user before it pays, and goes on when the user agrees.", human_interrupt),
        "plain_answer": ("A tool is called twice for amounts of which nobody is asked.", plain_answer),
        "parallel": ("The client calls the same tool twice at the same time.", parallel),
    }
