// The ways in which something goes wrong, or only looks as if it did: what breaks, and what that is called in the words of the model.
import type { FailureKind, Outcome } from '@seamtrace/schema'

/**
 * What breaks, which tells the seam that is charged: the `service` that a step asks, the `person` it asks, the `step` itself, the
 * `work` of an earlier step which somebody rejects, a step `inner` to it, a `stranger` whom nobody knows, the `run` as a whole, or nothing
 * at all: `flow`.
 */
export type Part = 'service' | 'person' | 'step' | 'inner' | 'work' | 'stranger' | 'run'
type Failing = { part: Part; kind: FailureKind; title: string }
type Flow = { part: 'flow'; outcome: Outcome; title: string; recovered?: boolean }

const fails = (part: Part, kind: FailureKind, title: string): Failing => ({ part, kind, title })
const flows = (outcome: Outcome, title: string, recovered?: boolean): Flow => ({
  part: 'flow',
  outcome,
  title,
  ...(recovered !== undefined && { recovered }),
})

export const HOWS = {
  // services, over HTTP
  hangs: fails('service', 'tool_timeout', 'does not answer in time'),
  refuses_connection: fails('service', 'tool_unavailable', 'nothing listens at its address'),
  drops_connection: fails('service', 'tool_unavailable', 'closes the connection without an answer'),
  overloaded: fails('service', 'tool_unavailable', 'answers 503'),
  unauthorized: fails('service', 'tool_auth', 'answers 401'),
  forbids: fails('service', 'tool_auth', 'answers 403'),
  limits: fails('service', 'tool_rate_limited', 'answers 429'),
  disagrees: fails('service', 'tool_schema', 'answers 422: the request is not as it wants it'),
  breaks: fails('service', 'tool_error', 'answers 500'),
  complains: fails('service', 'tool_error', 'answers 200 with an error in the result; the step gives up'),
  finds_nothing: fails('service', 'tool_empty', 'answers with nothing; the step gives up'),
  cuts_answer: fails('service', 'truncated_payload', 'half of the JSON arrives'),
  lost_checkpoint: fails('service', 'lost_checkpoint', 'has nothing to restore; the step gives up'),
  unknown_tool: fails('service', 'tool_schema', 'does not have the tool that is asked for'),
  // found out at the end: everything is green, the result is wrong
  swallowed: fails('service', 'swallowed_error', 'answers 500, the step goes on without; the result is judged wrong'),
  empty_and_used: fails('service', 'tool_empty', 'answers with nothing, the step goes on; the result is judged wrong'),
  read_stale: fails('service', 'stale_state', 'gives an older version than was written; the result is judged wrong'),
  done_twice: fails('service', 'duplicate_work', 'is made to do the same twice; the result is judged wrong'),
  // models, over the vendor's protocol
  model_breaks: fails('step', 'provider_error', 'its model answers 500'),
  model_limits: fails('step', 'rate_limited', 'its model answers 429'),
  model_overflows: fails('step', 'context_overflow', 'its prompt is too long for the model'),
  model_refuses: fails('step', 'refusal', 'its model refuses'),
  model_filtered: fails('step', 'content_filter', 'the answer of its model is held back by the filter'),
  model_says_nothing: fails('step', 'empty_output', 'its model answers nothing'),
  model_babbles: fails('step', 'exception', 'its model answers text where JSON was asked for'),
  asked_again: fails('step', 'duplicate_work', 'asks its model the same again that a step before had asked; the result is judged wrong'),
  // the code of a step
  throws: fails('step', 'exception', 'its code throws'),
  throws_deep: fails('inner', 'exception', 'its code throws inside a nested step'),
  too_late: fails('step', 'deadline', 'its own code takes longer than the step may'),
  runs_on: fails('step', 'step_budget', 'its agent uses up its turns'),
  spends: fails('step', 'cost_budget', 'its agent uses up its money'),
  goes_round: fails('step', 'recursion_limit', 'its graph goes round until the framework stops it'),
  goes_round_whole: fails('run', 'recursion_limit', 'the steps send the work round until the framework stops them'),
  branch_throws: fails('step', 'exception', 'one of three branches throws'),
  clashes: fails('run', 'state_schema_mismatch', 'two branches write the same key of the state'),
  misfits: fails('step', 'state_schema_mismatch', 'the state that it is given does not fit its schema'),
  declared: fails('step', 'skipped_step', 'the program itself says what went wrong'),
  // between steps
  key_lost: fails('step', 'missing_state', 'a key that it needs does not arrive'),
  cut_in_transit: fails('step', 'truncated_payload', 'its payload arrives cut'),
  nobody_listens: fails('step', 'dropped_handoff', 'the handoff to it is never taken up'),
  no_such_step: fails('stranger', 'unknown_target', 'work is handed to a name that does not exist'),
  no_such_branch: fails('step', 'unknown_target', 'decides for a step that does not exist'),
  goes_nowhere: fails('stranger', 'unknown_target', 'a command leads to a name that does not exist, and the graph ends without a word'),
  wrong_way: fails('step', 'wrong_route', 'decided wrongly; the result is judged wrong'),
  // who says no
  never_good: fails('work', 'rejected_by_check', 'its work is rejected by the check to the end'),
  rejected: fails('work', 'rejected_by_human', 'its work is rejected by a person'),
  nobody_answers: fails('person', 'deadline', 'the person does not answer in time'),
  // no failures
  plain: flows('success', 'everything works', false),
  passes: flows('success', 'a service fails, and works when asked again', true),
  model_passes: flows('success', 'a model fails, and answers when asked again', true),
  falls_back: flows('success', 'a service fails, another one answers', true),
  waits: flows('waiting', 'waits for a person'),
  approved: flows('success', 'waits for a person, who says yes', false),
  denied: flows('success', 'a person says no, and the run ends with another result'),
  second_draft: flows('success', 'a check says no, and the second draft is good'),
  router_says_no: flows('success', 'the router decides that there is nothing to do', false),
  aborted: flows('cancelled', 'the caller gives up'),
  cancelled: flows('cancelled', 'the program gives the run up on purpose'),
  killed: flows('unknown', 'the process dies in the middle'),
  fans_out: flows('success', 'branches at the same time', false),
  hedged: flows('success', 'two services are asked at once, the slower one is stopped'),
  loops_within: flows('success', 'goes round within its budget', false),
  commands: flows('success', 'control passes on by a command', false),
  parent_commands: flows('success', 'control passes on from a graph inside to the graph around', false),
  sends: flows('success', 'work is sent to several receivers', false),
  breakpoint: flows('waiting', 'stops before a node, as told'),
  corrected: flows('success', 'a tool says no to the model, which asks differently', true),
  polls: flows('success', 'asks a job until it is done', false),
  ends_with_tool: flows('success', 'stops at the tool call that is its result', false),
} as const satisfies Record<string, Failing | Flow>
export type How = keyof typeof HOWS
