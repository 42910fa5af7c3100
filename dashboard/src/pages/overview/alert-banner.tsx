// Says above everything else that the chosen pipeline is failing more than it used to.
import { BellRing } from 'lucide-react'
import { Link } from 'react-router'
import { formatAgo } from '../../lib/format.ts'
import { hrefOf } from '../../lib/links.ts'
import { useRange } from '../../lib/url-state.ts'
import { useApi } from '../../lib/use-api.ts'
import { reasonInWords } from '../alerts/verdict-words.ts'

export const AlertBanner = ({ pipeline, firing }: { pipeline: string; firing: boolean }) => {
  const [since] = useRange()
  const rules = useApi('alertRules', {}, { enabled: firing })
  const rule = rules.data?.items.find((item) => item.pipeline === pipeline && item.state === 'firing')
  if (!firing || !rule) return null
  return (
    <Link
      to={hrefOf('/alerts', since)}
      className="mb-3 flex items-start gap-2.5 rounded-md border border-fail/25 bg-fail-soft px-3 py-2 hover:border-fail/60"
    >
      <BellRing className="mt-[0.2em] size-4 shrink-0 text-fail" aria-hidden="true" />
      <span className="min-w-0">
        <span className="font-medium text-fail">Firing for {formatAgo(rule.since).replace(' ago', '')}.</span> {reasonInWords(rule.verdict)}
      </span>
    </Link>
  )
}
