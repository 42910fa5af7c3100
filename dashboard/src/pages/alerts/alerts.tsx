// Alert rules with their present state, and the history of their changes.
import { useApi } from '../../lib/use-api.ts'
import { Section } from '../../ui/section.tsx'
import { EmptyState, Freshness, Loaded } from '../../ui/states.tsx'
import { AlertHistory } from './alert-history.tsx'
import { AlertRule } from './alert-rule.tsx'

const URGENCY = { firing: 0, pending: 1, ok: 2, no_data: 3 } as const

export const Alerts = () => {
  const rules = useApi('alertRules')
  const events = useApi('alertEvents', { query: { limit: 100 } })
  const sorted = (rules.data?.items ?? []).toSorted((a, b) => URGENCY[a.state] - URGENCY[b.state] || a.pipeline.localeCompare(b.pipeline))
  const firing = sorted.filter((rule) => rule.state === 'firing').length
  return (
    <div className="space-y-9">
      <header className="flex flex-wrap items-baseline gap-3">
        <h1 className="text-[1.43rem] font-semibold tracking-[-0.015em]">Alerts</h1>
        {rules.data && (
          <p className="text-ink-3">
            {firing === 0 ? 'none firing' : `${firing} firing`} · {sorted.length} rules, each pipeline against its own baseline
          </p>
        )}
        <span className="ml-auto">
          <Freshness updatedAt={rules.dataUpdatedAt} failed={rules.isError} />
        </span>
      </header>
      <Loaded of={rules}>
        {sorted.length === 0 ? (
          <EmptyState title="No alert rules yet">Every pipeline gets its default rule with its first run.</EmptyState>
        ) : (
          <ul className="border-t border-line">
            {sorted.map((rule) => (
              <AlertRule key={rule.ruleId} status={rule} />
            ))}
          </ul>
        )}
      </Loaded>
      <Section title="History" note="the newest change first">
        <Loaded of={events}>
          {events.data &&
            (events.data.items.length === 0 ? (
              <p className="text-ink-2">No state has changed yet.</p>
            ) : (
              <AlertHistory events={events.data.items} />
            ))}
        </Loaded>
      </Section>
    </div>
  )
}
