// The attributes that the analysis reads: prompts and answers stay in the store.
import { type Attributes, GEN_AI, SEAMTRACE } from '@seamtrace/schema'

/** Of Microsoft's Agent Framework: what an executor is made of. */
export const EXECUTOR_TYPE = 'executor.type'

export const ANALYZED_KEYS: readonly string[] = [
  GEN_AI.requestModel,
  SEAMTRACE.retryName,
  SEAMTRACE.handoffId,
  SEAMTRACE.handoffMode,
  SEAMTRACE.handoffStatus,
  SEAMTRACE.handoffSize,
  SEAMTRACE.handoffKeys,
  SEAMTRACE.stateKeys,
  SEAMTRACE.stateSize,
  SEAMTRACE.stateMissingKeys,
  SEAMTRACE.stateOperation,
  SEAMTRACE.stateKey,
  SEAMTRACE.stateVersion,
  SEAMTRACE.checkReason,
  SEAMTRACE.checkTarget,
  SEAMTRACE.callInputDigest,
  SEAMTRACE.toolSideEffect,
  EXECUTOR_TYPE,
]

export const analyzedAttributes = (attributes: Attributes): Attributes =>
  new Map([...attributes].filter(([key]) => ANALYZED_KEYS.includes(key)))
