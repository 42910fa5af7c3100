// Attributes of a span as sent. They are a stranger's text: shown as text, long ones cut until asked for.
import { useState } from 'react'
import { formatBytes } from '../lib/format.ts'

const LONG = 480

/** Any value as text; never throws, whatever was sent. */
export const valueText = (value: unknown): string => {
  if (typeof value === 'string') return value
  try {
    return JSON.stringify(value, null, 1) ?? String(value)
  } catch {
    return String(value)
  }
}

const Value = ({ value }: { value: unknown }) => {
  const [all, setAll] = useState(false)
  const text = valueText(value)
  const cut = text.length > LONG && !all
  return (
    <dd className="min-w-0 font-mono text-[0.9em] break-words whitespace-pre-wrap">
      {cut ? text.slice(0, LONG) : text}
      {cut && (
        <button type="button" onClick={() => setAll(true)} className="ml-1 rounded bg-sunken px-1.5 font-sans text-ink-2 hover:bg-hover">
          … show all {formatBytes(text.length)}
        </button>
      )}
    </dd>
  )
}

export const Attributes = ({ attributes }: { attributes: Readonly<Record<string, unknown>> }) => {
  const entries = Object.entries(attributes).toSorted(([a], [b]) => a.localeCompare(b))
  if (entries.length === 0) return <p className="text-ink-3">none</p>
  return (
    <dl className="space-y-1.5">
      {entries.map(([key, value]) => (
        <div key={key}>
          <dt className="font-mono text-[0.86em] break-all text-ink-3">{key}</dt>
          <Value value={value} />
        </div>
      ))}
    </dl>
  )
}
