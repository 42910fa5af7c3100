// Wrong use works as well as it can: it is told once, with where to read on, and never breaks the program.

/** The anchors of docs/sdk-warnings.md. */
export type WarningCode =
  | 'started-twice'
  | 'provider-present'
  | 'content-mode'
  | 'bad-endpoint'
  | 'refused'
  | 'collector-away'
  | 'outside-pipeline'
  | 'unknown-layer'
  | 'received-twice'
  | 'decided-twice'
  | 'no-ticket'
  | 'not-a-carrier'
  | 'ended-twice'
  | 'left-open'
  | 'budget-exceeded'
  | 'unknown-run'

const told = new Set<WarningCode>()

/** Once a process and code, until `start` begins anew. */
export function warnOnce(code: WarningCode, message: string): void {
  if (told.has(code)) return
  told.add(code)
  try {
    process.emitWarning(`${message}; see docs/sdk-warnings.md#${code} of Seamtrace`, { type: 'SeamtraceWarning', code })
  } catch {
    // a program may have replaced it
  }
}

export const forgetWarnings = (): void => told.clear()
