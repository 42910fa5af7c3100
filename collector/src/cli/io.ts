// What a command may touch of the world: its streams and its environment.

export type Io = {
  /** data */
  out: (text: string) => void
  /** messages */
  err: (text: string) => void
  env: Record<string, string | undefined>
}

/** A command: its arguments in, its exit code out. What it throws is printed by {@link file://./main.ts}. */
export type Command = (args: string[], io: Io) => Promise<number>

/** Exit codes that scripts may rely on; those of errors stand with their codes in the schema package. */
export const EXIT = { ok: 0, error: 1, usage: 3, auth: 4, unreachable: 5, nothing: 6 } as const
