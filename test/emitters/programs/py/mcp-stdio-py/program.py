# An MCP client and a server in Python over standard input and output: both sides make their spans themselves.
import frame
import mcp_scenarios

frame.main("mcp-stdio-py", "mcp", ["mcp"], mcp_scenarios.scenarios(mcp_scenarios.over_stdio))
