# An MCP client and a server in Python over streamable HTTP: both sides make their spans themselves.
import frame
import mcp_scenarios

frame.main("mcp-http-py", "mcp", ["mcp"], mcp_scenarios.scenarios(mcp_scenarios.over_http))
