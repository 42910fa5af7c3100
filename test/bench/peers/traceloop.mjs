// The loop with Traceloop's SDK.
import { forceFlush, initialize, withTask } from '@traceloop/node-server-sdk'
import { report } from '../sdk/loop.ts'

initialize({
  appName: 'bench',
  apiKey: 'bench',
  baseUrl: process.env.OTEL_EXPORTER_OTLP_ENDPOINT,
  silenceInitializationMessage: true,
  traceloopSyncEnabled: false,
})
await report((index) => withTask({ name: 'work' }, async () => index), forceFlush)
