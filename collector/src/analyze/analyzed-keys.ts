// The attributes that the analysis reads: prompts and answers stay in the store.
import { type Attributes, GEN_AI, SEAMTRACE } from '@seamtrace/schema'
import { INPUT_KEYS, LONGEST_INPUT_BYTES } from './unit.ts'

/** Of Microsoft's Agent Framework: what an executor is made of. */
export const EXECUTOR_TYPE = 'executor.type'

const WHOLE: readonly string[] = [
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

/** `short`: texts that are read only where they have no more bytes than that. */
export const ANALYZED_KEYS = { whole: WHOLE, short: INPUT_KEYS, longestBytes: LONGEST_INPUT_BYTES }

export const analyzedAttributes = (attributes: Attributes): Attributes =>
  new Map(
    [...attributes].filter(([key, value]) => {
      if (WHOLE.includes(key)) return true
      return INPUT_KEYS.includes(key) && typeof value === 'string' && Buffer.byteLength(value) <= LONGEST_INPUT_BYTES
    }),
  )
