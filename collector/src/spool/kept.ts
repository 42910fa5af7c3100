// Inserted blocks, kept for a while in case the store loses what it had not yet synced.
import type { SpoolState, StoredBlock } from './state.ts'

export type Kept = {
  /** the oldest first */
  blocks: { block: StoredBlock; untilMs: number }[]
  bytes: number
  timer: NodeJS.Timeout | undefined
}

export const keep = (state: SpoolState, block: StoredBlock): void => {
  const { kept, limits, now } = state
  kept.blocks.push({ block, untilMs: now() + limits.keepMs })
  kept.bytes += block.bytes
  // After an unclean stop they all wait again: then there must be room for new rows too.
  void removeWhile(state, () => kept.bytes > limits.maxBytes / 2)
  if (kept.blocks.length === 1) scheduleExpiry(state)
}

/** Removes the oldest until so many more bytes fit the bound of the spool. */
export const makeRoom = async (state: SpoolState, bytes: number): Promise<void> => {
  const { kept, limits } = state
  await removeWhile(state, () => state.heldBytes + kept.bytes + bytes > limits.maxBytes)
}

export const removeExpired = (state: SpoolState): Promise<void> => {
  const { kept, now } = state
  return removeWhile(state, () => (kept.blocks[0]?.untilMs ?? Number.POSITIVE_INFINITY) <= now())
}

const removeWhile = async (state: SpoolState, tooMuch: () => boolean): Promise<void> => {
  const { kept, fs, crash } = state
  while (tooMuch()) {
    const oldest = kept.blocks.shift()
    if (!oldest) return
    kept.bytes -= oldest.block.bytes
    // One that cannot be removed is found again at the next start.
    await fs.remove(oldest.block.path).catch(() => undefined)
    crash('kept-removed')
  }
}

const scheduleExpiry = (state: SpoolState): void => {
  const oldest = state.kept.blocks[0]
  clearTimeout(state.kept.timer)
  if (!oldest || state.closed) return
  const expire = (): void => void removeExpired(state).then(() => scheduleExpiry(state))
  // Not more often than once a second: at full load a dozen blocks fall due in it.
  state.kept.timer = setTimeout(expire, Math.min(Math.max(1_000, oldest.untilMs - state.now()), 2 ** 31 - 1)).unref()
}
