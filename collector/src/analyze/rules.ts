// The names of the rules by which the analysis finds a cause that no single span tells.

export const ANALYSIS_RULES = [
  'receiver-missing-keys',
  'handoff-size-differs',
  'step-refused-its-state',
  'answer-of-last-call-cut',
  'failed-call-before-the-end',
  'error-is-about-last-step',
  'read-older-than-write',
  'same-work-twice',
  'failed-call-in-good-step',
  'handoff-without-receipt',
  'check-said-no-to-the-end',
  'score-targets-step',
  'ended-asking-again',
] as const
export type AnalysisRule = (typeof ANALYSIS_RULES)[number]
