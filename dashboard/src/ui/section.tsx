// Sections of a page and the small parts that repeat in them.
import type { ReactNode } from 'react'

type SectionProps = { title: ReactNode; note?: ReactNode; actions?: ReactNode; children: ReactNode; className?: string }

export const Section = ({ title, note, actions, children, className = '' }: SectionProps) => (
  <section className={`min-w-0 ${className}`}>
    <header className="mb-3 flex flex-wrap items-baseline gap-x-3 gap-y-1">
      <h2 className="text-[1.07rem] font-semibold tracking-[-0.01em]">{title}</h2>
      {note && <p className="text-ink-3">{note}</p>}
      {actions && <div className="ml-auto flex items-center gap-2">{actions}</div>}
    </header>
    {children}
  </section>
)

/** A choice of few, as joined buttons. */
export const Segmented = <V extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string
  value: V
  options: readonly { value: V; label: string; title?: string }[]
  onChange: (value: V) => void
}) => (
  <fieldset aria-label={label} className="inline-flex min-w-0 rounded-md bg-sunken p-0.5">
    {options.map((option) => (
      <button
        key={option.value}
        type="button"
        aria-pressed={value === option.value}
        title={option.title}
        onClick={() => onChange(option.value)}
        className={`min-h-6 rounded-[5px] px-2 py-0.5 whitespace-nowrap transition-colors ${value === option.value ? 'bg-surface font-medium text-ink shadow-[0_0_0_1px_var(--line),0_1px_2px_rgb(0_0_0/0.06)]' : 'text-ink-3 hover:text-ink'}`}
      >
        {option.label}
      </button>
    ))}
  </fieldset>
)

export const Mono = ({ children, className = '', title }: { children: ReactNode; className?: string; title?: string }) => (
  <span className={`font-mono text-[0.93em] ${className}`} title={title}>
    {children}
  </span>
)

/** A table of plain cells for "view as table": the same numbers as the chart above it. */
export const PlainTable = ({
  summary,
  head,
  rows,
}: {
  summary: string
  head: readonly string[]
  rows: readonly { key: string; cells: readonly ReactNode[] }[]
}) => (
  <details className="group mt-2 text-sm">
    <summary className="inline-block list-none rounded text-ink-3 underline decoration-line-strong underline-offset-3 hover:text-ink">
      {summary}
    </summary>
    <div className="thin-scroll mt-2 overflow-x-auto">
      <table className="w-full border-collapse text-left">
        <thead>
          <tr>
            {head.map((cell) => (
              <th key={cell} scope="col" className="border-b border-line py-1 pr-4 font-medium text-ink-3">
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key}>
              {row.cells.map((cell, column) => (
                <td key={head[column]} className="border-b border-line py-1 pr-4">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  </details>
)
