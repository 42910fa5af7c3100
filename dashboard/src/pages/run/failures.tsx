// The failures of a run, the charged one first, each with its rule and the span that is its evidence.
import type { Attribution, Failure } from '@seamtrace/schema'
import { uniqueKeys } from '../../lib/unique-keys.ts'
import { GapName, LayerName } from '../../ui/glyphs.tsx'

const isCharged = (failure: Failure, charged: Attribution | null): boolean =>
  charged !== null &&
  failure.spanId === charged.spanId &&
  failure.seam === charged.seam &&
  failure.seamKind === charged.seamKind &&
  !failure.recovered

/** Charged, then what broke, then consequences, then what was recovered. */
const weight = (failure: Failure, charged: Attribution | null): number =>
  isCharged(failure, charged) ? 0 : failure.recovered ? 3 : failure.consequence ? 2 : 1

const Tag = ({ children, strong = false }: { children: string; strong?: boolean }) => (
  <span className={`rounded px-1.5 text-sm whitespace-nowrap ${strong ? 'bg-fail font-medium text-bg' : 'bg-sunken text-ink-2'}`}>
    {children}
  </span>
)

const FailureRow = ({
  failure,
  charged,
  selected,
  select,
}: {
  failure: Failure
  charged: boolean
  selected: boolean
  select: () => void
}) => (
  <li>
    <button
      type="button"
      onClick={select}
      aria-pressed={selected}
      data-testid="failure"
      className={`-mx-2 grid w-[calc(100%+1rem)] gap-x-4 gap-y-0.5 rounded-md px-2 py-2 text-left md:grid-cols-[minmax(14rem,auto)_minmax(0,1fr)] ${selected ? 'bg-accent-soft' : 'hover:bg-hover'}`}
    >
      <span className="min-w-0">
        <span className="font-mono text-[0.95em] break-words">{failure.seam}</span>{' '}
        <span className="text-sm text-ink-3">{failure.seamKind}</span>
      </span>
      <span className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1">
        {charged && <Tag strong>charged</Tag>}
        {failure.recovered && <Tag>recovered</Tag>}
        {failure.consequence && <Tag>consequence</Tag>}
        {failure.exhausted && <Tag>attempts used up</Tag>}
        {!failure.certain && <Tag>inferred</Tag>}
        <span className="font-medium whitespace-nowrap">{failure.kind}</span>
        {failure.gap && (
          <span className="flex text-ink-2">
            <GapName gap={failure.gap} />
          </span>
        )}
        <span className="flex text-ink-2">
          <LayerName layer={failure.layer} />
        </span>
        <span className="text-sm text-ink-3">
          rule <span className="font-mono">{failure.rule}</span>
        </span>
      </span>
      {failure.message && (
        <span className="col-span-full font-mono text-[0.9em] break-words whitespace-pre-wrap text-ink-2">{failure.message}</span>
      )}
    </button>
  </li>
)

type Props = { failures: readonly Failure[]; charged: Attribution | null; selected: string; select: (spanId: string) => void }

export const Failures = ({ failures, charged, selected, select }: Props) => {
  const sorted = failures.toSorted((a, b) => weight(a, charged) - weight(b, charged))
  const keys = uniqueKeys(sorted, (failure) => `${failure.spanId} ${failure.seam} ${failure.kind}`)
  return (
    <ol className="divide-y divide-line border-y border-line">
      {sorted.map((failure, index) => (
        <FailureRow
          key={keys[index]}
          failure={failure}
          charged={isCharged(failure, charged)}
          selected={selected === failure.spanId}
          select={() => select(failure.spanId)}
        />
      ))}
    </ol>
  )
}
