// The one error class of Seamtrace and the table of its codes.

/** HTTP status and exit code of every error we raise ourselves. */
export const ERROR_CODES = {
  bad_request: { status: 400, title: 'Bad request', exit: 3 },
  unauthorized: { status: 401, title: 'Key needed', exit: 4 },
  forbidden: { status: 403, title: 'Not allowed', exit: 4 },
  not_found: { status: 404, title: 'Not found', exit: 1 },
  method_not_allowed: { status: 405, title: 'Method not allowed', exit: 1 },
  timeout: { status: 408, title: 'Took too long', exit: 5 },
  conflict: { status: 409, title: 'Conflict', exit: 1 },
  too_large: { status: 413, title: 'Body too large', exit: 1 },
  unsupported_media_type: { status: 415, title: 'Unsupported media type', exit: 1 },
  misdirected: { status: 421, title: 'Misdirected request', exit: 1 },
  unavailable: { status: 503, title: 'Temporarily unavailable', exit: 5 },
  internal: { status: 500, title: 'Internal error', exit: 1 },
  port_taken: { status: 500, title: 'Port taken', exit: 1 },
  data_folder_in_use: { status: 500, title: 'Data folder in use', exit: 1 },
  unreachable: { status: 503, title: 'Unreachable', exit: 5 },
  usage: { status: 400, title: 'Wrong usage', exit: 3 },
} as const
export type ErrorCode = keyof typeof ERROR_CODES

/**
 * An error whose message may be shown to a user: lower case, says what, where and what to do.
 * @example throw new SeamtraceError('bad_request', 'cannot decode OTLP body of 812 bytes: unexpected wire type 6')
 */
export class SeamtraceError extends Error {
  readonly code: ErrorCode
  /** names of the parameters at fault, for problem+json */
  readonly parameters: readonly string[]

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; parameters?: readonly string[] } = {}) {
    super(message, { cause: options.cause })
    this.name = 'SeamtraceError'
    this.code = code
    this.parameters = options.parameters ?? []
  }
}

/** The message of anything that was thrown. */
export const messageOf = (thrown: unknown): string => {
  if (!(thrown instanceof Error)) return String(thrown)
  if (thrown.message !== '') return thrown.message
  // a connection that was refused at every address of a host says so only inside
  if (thrown instanceof AggregateError && thrown.errors.length > 0) return messageOf(thrown.errors[0])
  return 'code' in thrown ? String(thrown.code) : thrown.name
}
