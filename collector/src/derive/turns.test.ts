import { describe, expect, it } from 'vitest'
import { createTurns } from './turns.ts'

const isOver = async (waiting: Promise<void>): Promise<boolean> =>
  Promise.race([waiting.then(() => true), new Promise<boolean>((resolve) => setImmediate(resolve, false))])

describe('createTurns', () => {
  it('lets the analysis go on while nothing waits, and holds it up while something does', async () => {
    const turns = createTurns(new AbortController().signal)
    expect(await isOver(turns.turn())).toBe(true)
    turns.busy(true)
    const held = turns.turn()
    expect(await isOver(held)).toBe(false)
    turns.busy(true)
    expect(await isOver(held)).toBe(false)
    turns.busy(false)
    await held
    expect(await isOver(turns.turn())).toBe(true)
  })

  it('holds it up for so long at the most, and not when it is to stop', async () => {
    const stopping = new AbortController()
    const turns = createTurns(stopping.signal, 5)
    turns.busy(true)
    await turns.turn()
    const patient = createTurns(stopping.signal)
    patient.busy(true)
    const held = patient.turn()
    stopping.abort()
    await held
    await patient.turn()
  })
})
