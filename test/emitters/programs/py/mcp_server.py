# An MCP server as a user writes it, in a process of its own that exports what the SDK tells of its side.
import sys
import time
from typing import Annotated

import frame

provider = frame.tracing()

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.resolve import Elicit, Resolve
from pydantic import BaseModel

transport, failures, port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
server = MCPServer("orders")


class Approval(BaseModel):
    approved: bool


async def ask_person(amount: int) -> Approval | Elicit[Approval]:
    return Approval(approved=True) if amount < 10 else Elicit(f"Pay {amount}?", Approval)


@server.tool()
def get_order(order_id: str) -> str:
    global failures
    failures -= 1
    if failures >= 0:
        raise ValueError("order service answered 503")
    return f"{order_id} is shipped"


@server.tool()
def slow_order(order_id: str) -> str:
    time.sleep(1)
    return f"{order_id} is shipped"


@server.tool()
def pay(amount: int, approval: Annotated[Approval, Resolve(ask_person)]) -> str:
    return f"paid {amount}" if approval.approved else "not paid"


@server.resource("policy://refunds")
def refunds() -> str:
    return "Refunds within 30 days"


try:
    if transport == "stdio":
        server.run("stdio")
    else:
        server.run("streamable-http", port=port)
finally:
    provider.shutdown()
