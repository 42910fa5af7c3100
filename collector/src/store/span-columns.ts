// The columns of `spans` that a span fills, and how they are selected so that a row reads as it was written.
import type { SpanRow } from './span-row.ts'

// Written out: a column that is missing here would be lost in silence, and the type below makes that an error.
const COLUMNS = {
  project: '',
  trace_id_hex: 'lower(hex(trace_id))',
  span_id_hex: 'lower(hex(span_id))',
  // all zero for a root
  parent_span_id: "if(reinterpretAsUInt64(spans.parent_span_id) = 0, '', lower(hex(spans.parent_span_id)))",
  trace_state: '',
  flags: '',
  name: '',
  kind: '',
  start_unix_nano: 'toString(start_unix_nano)',
  end_unix_nano: 'toString(end_unix_nano)',
  status_code: '',
  status_message: '',
  attributes: '',
  attributes_typed: '',
  origin: '',
  events: '',
  links: '',
  dropped_attributes: '',
  dropped_events: '',
  dropped_links: '',
  type: '',
  emitter: '',
  layer: '',
  layer_rule: '',
  pipeline: '',
  pipeline_version: '',
  environment: '',
  service: '',
  run_id: '',
  retry_of: '',
  step: '',
  agent: '',
  tool: '',
  handoff_from: '',
  handoff_to: '',
  handoff_status: '',
  verdict: '',
  model: '',
  provider: '',
  response_id: '',
  session_id: '',
  user_id: '',
  attempt: '',
  resends: '',
  outcome: '',
  error_type: '',
  error_message: '',
  failure_kind: '',
  failure_rule: '',
  input_tokens: '',
  output_tokens: '',
  cached_input_tokens: '',
  reasoning_tokens: '',
  cost_usd: 'toString(cost_usd)',
  rules_version: '',
  cache_write_tokens: '',
  cost_source: '',
} as const satisfies Record<keyof SpanRow, string>

const names = Object.keys(COLUMNS) as (keyof SpanRow)[]

const selectOf = (columns: Record<string, string>): string =>
  names.map((name) => (columns[name] === '' ? name : `${columns[name]} AS ${name}`)).join(', ')

/** For SELECT: ids as hex, and what does not fit into a JSON number as text. */
export const SPAN_SELECT = selectOf(COLUMNS)
