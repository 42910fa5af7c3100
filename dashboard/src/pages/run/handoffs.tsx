// The handoffs of a run: what crossed each boundary, and what became of it.
import type { Handoff } from '@seamtrace/schema'
import { formatBytes, formatDuration } from '../../lib/format.ts'
import { uniqueKeys } from '../../lib/unique-keys.ts'

const STATUS_COLOR: Record<Handoff['status'], string> = {
  delivered: 'text-ink-2',
  pending: 'text-wait',
  rejected: 'text-fail',
  dropped: 'text-fail',
  timed_out: 'text-fail',
  failed: 'text-fail',
}
const COLUMNS = ['from → to', 'kind', 'status', 'mode', 'payload', 'missing keys', 'waited', 'recognized'] as const

const Row = ({ handoff, selected, select }: { handoff: Handoff; selected: boolean; select: () => void }) => {
  const cell = 'border-b border-line py-1.5 pr-4 whitespace-nowrap'
  return (
    <tr className={selected ? 'bg-accent-soft' : 'hover:bg-hover/60'}>
      <td className={cell}>
        <button type="button" onClick={select} className="font-mono text-[0.95em] hover:underline">
          {handoff.from} <span className="text-ink-3">{handoff.inferred ? '⇢' : '→'}</span> {handoff.to}
        </button>
      </td>
      <td className={`${cell} text-ink-2`}>{handoff.kind}</td>
      <td className={`${cell} ${STATUS_COLOR[handoff.status]}`}>{handoff.status}</td>
      <td className={`${cell} text-ink-2`}>{handoff.mode}</td>
      <td className={`${cell} text-right`}>
        {handoff.payloadBytes === null ? <span className="text-ink-3">not told</span> : formatBytes(handoff.payloadBytes)}
      </td>
      <td className={`${cell} font-mono text-[0.93em] ${handoff.missingKeys.length > 0 ? 'text-fail' : 'text-ink-3'}`}>
        {handoff.missingKeys.join(', ') || '–'}
      </td>
      <td className={`${cell} text-right`}>{formatDuration(handoff.waitMs)}</td>
      <td className={`${cell} pr-0 text-ink-2`}>{handoff.inferred ? `inferred (${handoff.rule})` : handoff.rule}</td>
    </tr>
  )
}

type Props = { handoffs: readonly Handoff[]; selected: string; select: (spanId: string) => void }

export const Handoffs = ({ handoffs, selected, select }: Props) => {
  const keys = uniqueKeys(handoffs, (handoff) => `${handoff.spanId} ${handoff.from} ${handoff.to}`)
  return (
    <div className="thin-scroll overflow-x-auto">
      <table className="w-full border-collapse text-left">
        <thead>
          <tr>
            {COLUMNS.map((column) => (
              <th
                key={column}
                scope="col"
                className={`border-b border-line pr-4 pb-1.5 text-sm font-normal whitespace-nowrap text-ink-3 ${column === 'payload' || column === 'waited' ? 'text-right' : ''}`}
              >
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {handoffs.map((handoff, index) => (
            <Row key={keys[index]} handoff={handoff} selected={selected === handoff.spanId} select={() => select(handoff.spanId)} />
          ))}
        </tbody>
      </table>
    </div>
  )
}
