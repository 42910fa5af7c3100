// Every attribute key that Seamtrace writes, and those that many emitters send; a key of one emitter alone stands in its file
// in collector/src/recognize/emitters.

/** Our own keys. Values follow the open OpenTelemetry GenAI proposals where one exists. */
export const SEAMTRACE = {
  /** what the span is: one of {@link SPAN_KINDS} */
  spanKind: 'seamtrace.span.kind',
  schemaVersion: 'seamtrace.schema.version',
  pipelineName: 'seamtrace.pipeline.name',
  pipelineVersion: 'seamtrace.pipeline.version',
  runId: 'seamtrace.run.id',
  /** id of the run which this run does again as a whole */
  runRetryOf: 'seamtrace.run.retry_of',
  stepName: 'seamtrace.step.name',
  /** names of the steps that led to this one, where the framework says so: a join has several */
  stepPredecessors: 'seamtrace.step.predecessors',
  /** one of the six layers; the strongest rule there is */
  layer: 'seamtrace.layer',
  /** success | failure | waiting | cancelled; wins over the span status */
  outcome: 'seamtrace.outcome',
  /** a failure kind that the program names itself */
  failureKind: 'seamtrace.failure.kind',
  /** input and output as text, only with content capture on */
  input: 'seamtrace.input',
  output: 'seamtrace.output',

  /** name of an operation that is tried several times */
  retryName: 'seamtrace.retry.name',
  /** 1-based ordinal of this try */
  attemptNumber: 'seamtrace.attempt.number',
  attemptMax: 'seamtrace.attempt.max',
  /** milliseconds waited before this try */
  attemptDelayMs: 'seamtrace.attempt.delay_ms',

  handoffId: 'seamtrace.handoff.id',
  handoffFrom: 'seamtrace.handoff.source.name',
  handoffTo: 'seamtrace.handoff.target.name',
  /** return_to_caller | pass_control */
  handoffMode: 'seamtrace.handoff.mode',
  /** delivered | rejected | dropped | timed_out | failed; absent until known */
  handoffStatus: 'seamtrace.handoff.status',
  /** bytes of the payload as JSON */
  handoffSize: 'seamtrace.handoff.payload.size',
  handoffDigest: 'seamtrace.handoff.payload.digest',
  handoffKeys: 'seamtrace.handoff.payload.keys',
  /** keys which the sender declared must arrive */
  handoffMustKeep: 'seamtrace.handoff.payload.must_keep',

  /** what a step received: key names, bytes and digest of its input */
  stateKeys: 'seamtrace.state.keys',
  stateSize: 'seamtrace.state.size',
  stateDigest: 'seamtrace.state.digest',
  /** what a step handed on: key names, bytes and digest of its result */
  stateOutputKeys: 'seamtrace.state.output.keys',
  stateOutputSize: 'seamtrace.state.output.size',
  stateOutputDigest: 'seamtrace.state.output.digest',
  /** keys of the state that a step gave another value, and those whose value it took away */
  stateChangedKeys: 'seamtrace.state.changed_keys',
  stateRemovedKeys: 'seamtrace.state.removed_keys',
  /** keys the receiver declared that it needs */
  stateNeeds: 'seamtrace.state.needs',
  /** needed keys that were not there */
  stateMissingKeys: 'seamtrace.state.missing_keys',
  /** needed keys whose value is older than the newest write of the run */
  stateStaleKeys: 'seamtrace.state.stale_keys',
  /** get | put | checkpoint | restore */
  stateOperation: 'seamtrace.state.operation',
  stateStore: 'seamtrace.state.store.name',
  stateKey: 'seamtrace.state.key',
  /** false when a get or restore found nothing */
  stateFound: 'seamtrace.state.found',
  /** version number or etag of a stored value */
  stateVersion: 'seamtrace.state.version',

  checkName: 'seamtrace.check.name',
  /** pass | fail */
  checkResult: 'seamtrace.check.result',
  checkScore: 'seamtrace.check.score',
  checkReason: 'seamtrace.check.reason',
  /** `result` when the check judges the run's result, else the step it judges */
  checkTarget: 'seamtrace.check.target',

  /** who gave a score */
  scoreSource: 'seamtrace.score.source',

  /** what a person was asked for */
  humanName: 'seamtrace.human.name',
  /** approval | input | escalation | review */
  humanType: 'seamtrace.human.request.type',
  humanRequestId: 'seamtrace.human.request.id',
  /** approved | rejected | edited | answered | expired */
  humanDecision: 'seamtrace.human.decision',

  /** digest of a call's input: two calls of one name and one digest did the same work */
  callInputDigest: 'seamtrace.call.input.digest',
  callOutputSize: 'seamtrace.call.output.size',
  /** how many documents were asked for and found, how well they fit, and where was looked */
  retrievalTopK: 'seamtrace.retrieval.top_k',
  retrievalMatches: 'seamtrace.retrieval.matches',
  retrievalBestScore: 'seamtrace.retrieval.score.best',
  retrievalWorstScore: 'seamtrace.retrieval.score.worst',
  retrievalNamespace: 'seamtrace.retrieval.namespace',
  /** numbers of the vector that was searched for */
  retrievalDimension: 'seamtrace.retrieval.dimension',
  /** of the documents, the first 20, only with content capture on */
  retrievalIds: 'seamtrace.retrieval.ids',
  /** ok | error | empty */
  toolResultStatus: 'seamtrace.tool.result.status',
  /** true when the tool changes something outside (charges, sends, writes) */
  toolSideEffect: 'seamtrace.tool.side_effect',

  /** true when the model declined to answer (a `refusal` in the provider's reply) */
  modelRefused: 'seamtrace.model.refused',

  costAmount: 'seamtrace.cost.amount',
  /** of the event that a budget is exceeded: steps | tokens | costUsd | timeMs, the limit and what was spent of it */
  budgetOf: 'seamtrace.budget.of',
  budgetLimit: 'seamtrace.budget.limit',
  budgetUsed: 'seamtrace.budget.used',
  /** on span links: handoff | retry | resume | fan_in | poll | replay */
  linkType: 'seamtrace.link.type',

  /** random, one a process: its records tell of it and no other */
  processId: 'seamtrace.process.id',
  /** spans since the process began that never reached the collector: no room, refused by it, not to be written */
  lostNoRoom: 'seamtrace.spans.lost.no_room',
  lostRefused: 'seamtrace.spans.lost.refused',
  lostBroken: 'seamtrace.spans.lost.broken',

  /** of the span that a started record or heartbeat tells of */
  spanName: 'seamtrace.span.name',
  /** when a span of the run last began or ended, in nanoseconds since 1970, as text */
  changedAt: 'seamtrace.run.changed_unix_nano',
  /** how long after a heartbeat the next one comes */
  heartbeatMs: 'seamtrace.heartbeat.interval_ms',
  /** a run in which nothing begins or ends for so long has stalled; 0 when there is no such time */
  stalledAfterMs: 'seamtrace.heartbeat.stalled_after_ms',
} as const

/** Keys of started records and heartbeats that are not ours alone. */
export const STARTED = {
  parentSpanId: 'parent.span.id',
  /** nanoseconds since 1970, as text */
  startTime: 'start_time_unix_nano',
} as const

/** Names of events and log records that the SDK itself makes. */
export const SEAMTRACE_EVENTS = {
  budgetExceeded: 'seamtrace.budget.exceeded',
  /** counts of {@link SEAMTRACE.lostNoRoom} and its kin, which only grow */
  spansLost: 'seamtrace.spans.lost',
  /** the root span of a run has started, and did not end at once */
  spanStarted: 'seamtrace.span.started',
  /** it goes on: again all that is known of it */
  heartbeat: 'seamtrace.heartbeat',
} as const

/** Values of `seamtrace.span.kind`. */
export const SPAN_KINDS = [
  'pipeline',
  'step',
  'attempt',
  'retry',
  'handoff',
  'check',
  'human',
  'tool',
  'retrieval',
  'memory',
  'state',
  'agent',
  'model',
] as const
export type SpanKindName = (typeof SPAN_KINDS)[number]

/** OpenTelemetry GenAI keys (development status; names of autumn 2026), old names beside the new ones. */
export const GEN_AI = {
  operationName: 'gen_ai.operation.name',
  providerName: 'gen_ai.provider.name',
  system: 'gen_ai.system',
  requestModel: 'gen_ai.request.model',
  responseModel: 'gen_ai.response.model',
  responseId: 'gen_ai.response.id',
  finishReasons: 'gen_ai.response.finish_reasons',
  agentName: 'gen_ai.agent.name',
  agentId: 'gen_ai.agent.id',
  workflowName: 'gen_ai.workflow.name',
  toolName: 'gen_ai.tool.name',
  toolCallId: 'gen_ai.tool.call.id',
  conversationId: 'gen_ai.conversation.id',
  dataSourceId: 'gen_ai.data_source.id',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  promptTokens: 'gen_ai.usage.prompt_tokens',
  completionTokens: 'gen_ai.usage.completion_tokens',
  cacheReadTokens: 'gen_ai.usage.cache_read.input_tokens',
  cacheReadTokensOld: 'gen_ai.usage.cache_read_input_tokens',
  reasoningTokens: 'gen_ai.usage.reasoning.output_tokens',
  reasoningTokensOld: 'gen_ai.usage.reasoning_tokens',
  costAmount: 'gen_ai.usage.cost.amount',
  cost: 'gen_ai.usage.cost',
  stepName: 'gen_ai.step.name',
  /** completed, failed, requires_action …: of an answer that is made in the background */
  responseStatus: 'gen_ai.response.status',
  /** who hands over and to whom: open proposals, and what instrumentations made up before */
  handoffFrom: 'gen_ai.agent.handoff.source.name',
  handoffFromOld: 'gen_ai.handoff.from_agent',
  handoffTo: 'gen_ai.agent.handoff.target.name',
  handoffToOld: 'gen_ai.handoff.to_agent',
  transferTo: 'gen_ai.transfer.target.name',
  outputMessages: 'gen_ai.output.messages',
  evaluationName: 'gen_ai.evaluation.name',
  evaluationScore: 'gen_ai.evaluation.score.value',
  evaluationLabel: 'gen_ai.evaluation.score.label',
  evaluationExplanation: 'gen_ai.evaluation.explanation',
  evaluationThreshold: 'gen_ai.evaluation.score.threshold',
} as const

/** Keys of MCP's conventions: https://opentelemetry.io/docs/specs/semconv/gen-ai/mcp/ */
export const MCP = {
  method: 'mcp.method.name',
  sessionId: 'mcp.session.id',
  resourceUri: 'mcp.resource.uri',
  promptName: 'gen_ai.prompt.name',
  requestId: 'jsonrpc.request.id',
} as const

/** General OpenTelemetry keys. */
export const OTEL = {
  serviceName: 'service.name',
  serviceVersion: 'service.version',
  environment: 'deployment.environment.name',
  environmentOld: 'deployment.environment',
  errorType: 'error.type',
  exceptionType: 'exception.type',
  exceptionMessage: 'exception.message',
  exceptionStacktrace: 'exception.stacktrace',
  httpStatus: 'http.response.status_code',
  httpStatusOld: 'http.status_code',
  resendCount: 'http.request.resend_count',
  rpcStatus: 'rpc.response.status_code',
  sessionId: 'session.id',
  userId: 'user.id',
  userIdOld: 'enduser.id',
} as const
