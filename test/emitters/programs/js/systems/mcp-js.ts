// An MCP client and a server over standard input and output, watched by Traceloop's instrumentation of the client, below a span of the user's own.
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { SpanStatusCode, trace } from '@opentelemetry/api'
import { McpInstrumentation } from '@traceloop/instrumentation-mcp'
import { type Happened, main, must, script, startTelemetry, tool } from '../frame.ts'

type Call = (name: string, timeout?: number) => Promise<Record<string, unknown>>

/** As a request handler would: one span around the client, which takes the error. */
const handle = (failures: number, work: (call: Call) => Promise<void>): Promise<boolean> =>
  trace.getTracer('order-desk').startActiveSpan('handle_ticket', async (span) => {
    const client = new Client({ name: 'order-desk', version: '1.0.0' })
    try {
      await client.connect(new StdioClientTransport({ command: process.execPath, args: ['mcp-server.ts', String(failures)] }))
      await work((name, timeout) => client.callTool({ name, arguments: { orderId: 'A-17' } }, undefined, timeout ? { timeout } : undefined))
      return true
    } catch (error) {
      span.recordException(error as Error)
      span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) })
      return false
    } finally {
      await client.close()
      span.end()
    }
  })

/** Calls as often as told while the tool says that it failed. */
const persistent = async (call: Call, tries: number): Promise<void> => {
  for (let attempt = 1; attempt <= tries; attempt += 1) if (!(await call('get_order')).isError) return
  throw new Error(`get_order failed ${tries} times`)
}

const happyPath = async (): Promise<Happened> => {
  await script([])
  must(
    await handle(0, async (call) => {
      await call('get_order')
    }),
    'the run failed',
  )
  return { story: 'A client connects, calls a tool and closes.', runs: [{ outcome: 'success', calls: [tool('get_order')] }] }
}

const retryThenSuccess = async (): Promise<Happened> => {
  await script([])
  must(await handle(1, (call) => persistent(call, 3)), 'the run failed')
  return {
    story: 'The tool says once that it failed; the caller calls it again with the same arguments.',
    runs: [{ outcome: 'success', recovered: true, calls: [tool('get_order', 2)] }],
  }
}

const FAILED_TOOL = { seam: '*→get_order', seamKind: 'tool' as const, gap: 'tool' as const }

const retriesExhausted = async (): Promise<Happened> => {
  await script([])
  must(!(await handle(3, (call) => persistent(call, 3))), 'the run was to fail, and did not')
  return {
    story: 'The tool says three times that it failed, and the caller gives up.',
    runs: [
      {
        outcome: 'failure',
        calls: [tool('get_order', 3, 'failure')],
        failure: { ...FAILED_TOOL, kind: 'tool_error', exhausted: true },
      },
    ],
  }
}

const toolError = async (): Promise<Happened> => {
  await script([])
  must(
    !(await handle(0, async (call) => {
      await call('slow_order', 100)
    })),
    'the run was to fail, and did not',
  )
  return {
    story: 'The tool does not answer within the time that the client gives it, which ends the run.',
    runs: [
      {
        outcome: 'failure',
        calls: [tool('slow_order', 1, 'failure')],
        failure: { ...FAILED_TOOL, seam: '*→slow_order', kind: 'tool_timeout', exhausted: false },
      },
    ],
  }
}

const toolErrorResult = async (): Promise<Happened> => {
  await script([])
  must(
    await handle(1, async (call) => {
      await call('get_order')
    }),
    'the run failed',
  )
  return {
    story: 'The tool says in its result that it failed, and the caller goes on.',
    runs: [{ outcome: 'success', recovered: true, calls: [tool('get_order', 1, 'failure')] }],
  }
}

const parallel = async (): Promise<Happened> => {
  await script([])
  must(
    await handle(0, async (call) => {
      await Promise.all([call('get_order'), call('get_order')])
    }),
    'the run failed',
  )
  return {
    story: 'The client calls the same tool twice at the same time.',
    runs: [{ outcome: 'success', calls: [tool('get_order'), tool('get_order')] }],
  }
}

await main({
  emitter: 'mcp-js',
  library: '@modelcontextprotocol/sdk',
  instrumentation: ['@traceloop/instrumentation-mcp'],
  start() {
    const provider = startTelemetry()
    const instrumentation = new McpInstrumentation()
    instrumentation.setTracerProvider(provider)
    instrumentation.manuallyInstrument({ Client })
    return { flush: () => provider.forceFlush() }
  },
  scenarios: {
    happy_path: happyPath,
    retry_then_success: retryThenSuccess,
    retries_exhausted: retriesExhausted,
    tool_error: toolError,
    tool_error_result: toolErrorResult,
    parallel,
  },
})
