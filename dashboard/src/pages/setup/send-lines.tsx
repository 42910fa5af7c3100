import type { ReactNode } from 'react'
import { storedKey } from '../../lib/key.ts'
import { useApi } from '../../lib/use-api.ts'
import { CopyButton } from '../../ui/copy-button.tsx'

const INSTALL = 'npm install @seamtrace/sdk @opentelemetry/api'

const PROGRAM = `import { pipeline, start, step, tool } from '@seamtrace/sdk'

start({ service: 'support' })

await pipeline('support-refund', {}, async () => {
  const intent = await step('classify', { input: { ticket } }, classify)
  const order = await step('order_status', { input: { intent } }, () =>
    tool('orders_api', { input: { id: ticket.orderId } }, fetchOrder))
  return step('respond', { input: { intent, order } }, respond)
})`

/** A collector that asked this page for a key asks programs for one of role ingest. */
const keyLines = (): string[] => (storedKey() === null ? [] : ['OTEL_EXPORTER_OTLP_HEADERS=x-seamtrace-key=smt_i_…'])

const runLine = (address: string): string => [`OTEL_EXPORTER_OTLP_ENDPOINT=${address}`, ...keyLines(), 'node app.js'].join(' ')

const otherLines = (address: string): string =>
  [
    `OTEL_EXPORTER_OTLP_ENDPOINT=${address}`,
    'OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf',
    'OTEL_SERVICE_NAME=my-agents',
    ...keyLines(),
  ].join('\n')

/** Where the collector says that it listens; the usual port of OTLP over HTTP while it has not said so. */
const useOtlpAddress = (): string => {
  const ingest = useApi('ingest')
  return ingest.data?.otlpHttpUrl || `http://${location.hostname}:4318`
}

const Code = ({ text, label }: { text: string; label: string }) => (
  <div className="relative rounded-lg border border-line bg-surface">
    <pre className="thin-scroll overflow-x-auto px-4 py-3 pr-10 font-mono text-[0.93rem] leading-relaxed">{text}</pre>
    <div className="absolute top-2 right-2">
      <CopyButton text={text} label={`copy ${label}`} />
    </div>
  </div>
)

const Item = ({ number, title, children }: { number: number; title: string; children: ReactNode }) => (
  <li className="grid grid-cols-[2rem_minmax(0,1fr)] gap-y-2">
    <span className="mt-px inline-flex size-5.5 items-center justify-center rounded-full bg-accent-soft text-sm font-semibold text-accent">
      {number}
    </span>
    <p className="font-medium">{title}</p>
    <div className="col-start-2">{children}</div>
  </li>
)

export const SendLines = () => {
  const address = useOtlpAddress()
  return (
    <ol className="space-y-5">
      <Item number={1} title="Add the SDK">
        <Code text={INSTALL} label="the install command" />
      </Item>
      <Item number={2} title="Name the pipeline and its steps">
        <Code text={PROGRAM} label="the program" />
      </Item>
      <Item number={3} title="Run it against this collector">
        <Code text={runLine(address)} label="the run command" />
      </Item>
      <Item number={4} title="Or: already sending OpenTelemetry? Point it here">
        <Code text={otherLines(address)} label="the environment" />
      </Item>
    </ol>
  )
}
