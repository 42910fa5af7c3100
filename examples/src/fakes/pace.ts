// How time passes in the fakes: services answer many times faster than life, people and jobs at once.
import { setTimeout as sleep } from 'node:timers/promises'

export type Pace = {
  /** how many times faster than life the fakes are */
  speed: number
  /** waits as long as life would, divided by the speed */
  wait(lifeMs: number): Promise<void>
  /** lets a long time pass for one subject without waiting: a person thinks, a job runs */
  pass(subject: string, lifeMs: number): void
}

/** @param pass tells the demo clock; tests need none */
export const createPace = (speed: number, pass: Pace['pass'] = () => {}): Pace => ({
  speed,
  wait: async (lifeMs) => {
    await sleep(lifeMs / speed)
  },
  pass,
})
