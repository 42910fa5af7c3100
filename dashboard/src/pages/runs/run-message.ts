// What is left of a story once outcome, seam, duration and cost have columns of their own. Pure.
import type { RunSummary } from '@seamtrace/schema'

const SPENT = /; \$\S+ spent(, all wasted|, \$\S+ of it wasted)?\.$/

/**
 * The message of a failed run, or why it failed where it left none; the story of any other run.
 * @example runMessage(run) // 'attempt 3 of 3 timed out after 7500 ms'
 */
export const runMessage = ({ story, provisional, attributedTo }: RunSummary): string => {
  if (story === '') return provisional ? 'The run root has not arrived yet.' : 'No story.'
  const text = story.replace(SPENT, '.')
  const head = attributedTo ? ` at ${attributedTo.seam} (` : ''
  const at = head === '' ? -1 : text.indexOf(head)
  if (at < 0) return text
  const [, why = '', message = ''] = /^([^)]*)\)(?:: (.*))?\.$/s.exec(text.slice(at + head.length)) ?? []
  return message || why || text
}
