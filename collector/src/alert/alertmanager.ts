// A transition as the message that Alertmanager sends to webhooks (version 4), so that existing receivers understand it. Pure.
import { createHash } from 'node:crypto'
import { type AlertEvent, DEFAULT_PROJECT } from '@seamtrace/schema'

type Texts = Record<string, string>

/** What Alertmanager writes for a time that is not there yet. */
const NEVER = '0001-01-01T00:00:00Z'

/**
 * @param project keeps apart what has the same name in two of them; `default` stands in no label, so that messages stay what they were
 * @param opening the transition with which this alarm began; its labels stay until the alarm is over, since receivers match by them
 * @param externalUrl address of the dashboard, without a slash at the end
 */
export const alertmanagerMessage = (project: string, event: AlertEvent, opening: AlertEvent, externalUrl: string) => {
  // Without data an alarm goes on: only `ok` resolves it.
  const status = event.to === 'ok' ? 'resolved' : 'firing'
  const ofProject = withoutEmpty({ project: project === DEFAULT_PROJECT ? '' : project })
  const labels: Texts = { ...labelsOf(opening), ...ofProject }
  const key = [event.ruleId, ...Object.values(ofProject)].join('@')
  const annotations = annotationsOf(event, externalUrl)
  const generatorURL = `${externalUrl}/?pipeline=${encodeURIComponent(event.pipeline)}`
  const endsAt = status === 'resolved' ? event.at : NEVER
  return {
    version: '4',
    groupKey: key,
    truncatedAlerts: 0,
    status,
    receiver: 'seamtrace',
    groupLabels: { alertname: labels.alertname ?? '', pipeline: event.pipeline, ...ofProject },
    commonLabels: labels,
    commonAnnotations: annotations,
    externalURL: externalUrl,
    alerts: [{ status, labels, annotations, startsAt: opening.at, endsAt, generatorURL, fingerprint: fingerprintOf(key) }],
  }
}

const labelsOf = ({ pipeline, verdict: { seam } }: AlertEvent): Texts =>
  withoutEmpty({
    alertname: 'ReliabilityDropped',
    pipeline,
    seam: seam?.seam,
    seam_kind: seam?.kind,
    layer: seam?.layer,
    gap: seam?.gap,
    kind: seam?.failureKind,
  })

const annotationsOf = ({ pipeline, to, verdict }: AlertEvent, externalUrl: string): Texts =>
  withoutEmpty({
    summary: `${pipeline}: ${SUMMARIES[to]}`,
    reason: verdict.reason,
    message: verdict.seam?.message,
    runs: verdict.exampleRunIds.map((runId) => `${externalUrl}/runs/${encodeURIComponent(runId)}`).join('\n'),
  })

const SUMMARIES = {
  ok: 'reliability is back',
  pending: 'reliability may have dropped',
  firing: 'reliability dropped',
  no_data: 'reliability had dropped, and now there are too few runs to tell',
} as const satisfies Record<AlertEvent['to'], string>

const withoutEmpty = (texts: Record<string, string | null | undefined>): Texts =>
  Object.fromEntries(Object.entries(texts).flatMap(([name, text]) => (text ? [[name, text]] : [])))

const fingerprintOf = (key: string): string => createHash('sha256').update(key).digest('hex').slice(0, 16)
