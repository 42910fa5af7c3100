// The active filters as chips that can be taken away one by one.
import { X } from 'lucide-react'
import type { Chip } from '../../lib/url-state.ts'

type Props = { chips: readonly Chip[]; remove: (chip: Chip) => void; clear: () => void }

export const FilterChips = ({ chips, remove, clear }: Props) =>
  chips.length === 0 ? null : (
    <ul aria-label="active filters" data-testid="chips" className="mb-3 flex flex-wrap items-center gap-1.5">
      {chips.map((chip) => (
        <li key={`${chip.label} ${chip.value}`} className="min-w-0">
          <button
            type="button"
            onClick={() => remove(chip)}
            aria-label={`remove filter ${chip.label} ${chip.value}`}
            className="inline-flex max-w-full items-center gap-1.5 rounded-md bg-accent-soft px-2 py-0.5 hover:bg-hover"
          >
            <span className="text-ink-3">{chip.label}</span>
            <span className="truncate font-mono text-[0.93em]">{chip.value}</span>
            <X className="size-3.5 shrink-0 text-ink-3" aria-hidden="true" />
          </button>
        </li>
      ))}
      {chips.length > 1 && (
        <li>
          <button type="button" onClick={clear} className="rounded px-1.5 py-0.5 text-ink-3 underline underline-offset-3 hover:text-ink">
            clear all
          </button>
        </li>
      )}
    </ul>
  )
