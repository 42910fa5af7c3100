// What a call was given: options may be left out, and JavaScript callers pass what the types forbid.

type Body = (...args: never[]) => unknown

/** The options and the function of `step(name, fn)` or `step(name, options, fn)`; what cannot be options counts as none. */
export function optionsAndBody<O extends object, F extends Body>(first: O | F | undefined, second: F | undefined): [O, F] {
  if (typeof first === 'function' && typeof second !== 'function') return [optionsOf<O>(second), first as F]
  return [optionsOf<O>(first), second as F]
}

/** Every option may be missing at run time, whatever its type says. */
export const optionsOf = <O extends object>(given: unknown): O => (typeof given === 'object' && given !== null ? given : {}) as O

/** At most 64 texts, of whatever stands where a list of paths belongs. */
export const textsOf = (given: unknown): string[] =>
  Array.isArray(given) ? given.slice(0, 64).filter((item) => typeof item === 'string') : []

/** A number of a policy, at most the longest time that a timer can wait (24 days). */
export const numberOf = <D>(given: unknown, otherwise: D): number | D =>
  typeof given === 'number' && !Number.isNaN(given) ? Math.min(given, MAX_TIMER_MS) : otherwise

// Timers fire at once when they are asked for more.
const MAX_TIMER_MS = 2 ** 31 - 1
