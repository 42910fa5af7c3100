// How much of what is planted is found, how much of what only looks like it is taken, and that no text makes it slow.
import { expect, it } from 'vitest'
import { LOOK_ALIKES, makers, PERSONAL, randomFrom, SECRETS, SECRETS_IN_PLACE } from './corpus.fixture.ts'
import { mask } from './mask.ts'

const SEED = Number(process.env.SEAMTRACE_MASK_SEED ?? Date.now() % 1_000_000)
const EACH = 200
const FRAMES = [
  (text: string) => text,
  (text: string) => `The answer is ${text}, they said.`,
  (text: string) => `{"note":"${text}"}`,
  (text: string) => `(${text})\n`,
]

const shareOf = (kinds: Record<string, (make: ReturnType<typeof makers>) => boolean>): { share: number; worst: string } => {
  const make = makers(randomFrom(SEED))
  let [held, all] = [0, 0]
  const misses: string[] = []
  for (const [kind, holds] of Object.entries(kinds)) {
    const right = Array.from({ length: EACH }, () => holds(make)).filter(Boolean).length
    held += right
    all += EACH
    if (right < EACH) misses.push(`${kind} ${EACH - right}`)
  }
  return { share: held / all, worst: misses.join(', ') }
}
const mapped = <T>(record: Record<string, T>, holds: (make: ReturnType<typeof makers>, value: T) => boolean) =>
  Object.fromEntries(Object.entries(record).map(([kind, value]) => [kind, (make: ReturnType<typeof makers>) => holds(make, value)]))

it(`finds 99 % of secrets (seed ${SEED})`, () => {
  const { share, worst } = shareOf({
    ...mapped(SECRETS, (make, of) => {
      const secret = of(make)
      return !mask(make.pick(FRAMES)(secret)).includes(secret.slice(-12))
    }),
    ...mapped(SECRETS_IN_PLACE, (make, of) => {
      const [text, secret] = of(make)
      return !mask(text).includes(secret)
    }),
  })
  expect(share, worst).toBeGreaterThanOrEqual(0.99)
})

it(`finds 95 % of personal data (seed ${SEED})`, () => {
  const { share, worst } = shareOf(
    mapped(PERSONAL, (make, of) => {
      const planted = of(make)
      return !mask(make.pick(FRAMES)(planted)).includes(planted)
    }),
  )
  expect(share, worst).toBeGreaterThanOrEqual(0.95)
})

it(`takes at most 1 % of look-alikes (seed ${SEED})`, () => {
  const { share, worst } = shareOf(
    mapped(LOOK_ALIKES, (make, of) => {
      const text = make.pick(FRAMES)(of(make))
      return mask(text) === text
    }),
  )
  expect(1 - share, worst).toBeLessThanOrEqual(0.01)
})

it('says what it took, and leaves the rest as it was', () => {
  expect(mask('mail ada@example.com, key sk-proj-1234567890abcdefghij')).toBe('mail [email], key [key]')
  expect(mask('{"user":"ada","password":"hunter2!","retries":3}')).toBe('{"user":"ada","password":"[secret]","retries":3}')
  expect(mask('mysql://root:toor@db/x')).toBe('mysql://root:[password]@db/x')
  expect(mask('card 4111 1111 1111 1111, or 4111 1111 1111 1112')).toBe('card [card], or 4111 1111 1111 1112')
  expect(mask('')).toBe('')
})

// Steps are counted by time against a text of the same length that holds nothing: a quadratic pattern is ten thousand times slower, a bounded one up to some hundred.
it('no text of 200 kB takes much longer than another', () => {
  const LENGTH = 200_000
  const timeOf = (unit: string): number => {
    const text = unit.repeat(Math.ceil(LENGTH / unit.length)).slice(0, LENGTH)
    return Math.min(
      ...Array.from({ length: 3 }, () => {
        const from = process.cpuUsage()
        mask(text)
        const { user, system } = process.cpuUsage(from)
        return user + system
      }),
    )
  }
  const plain = timeOf('lorem ipsum dolor sit amet ')
  const units = [
    'eyJ',
    'eyJa-',
    'a@',
    'a.',
    '1',
    '1 ',
    '1-',
    'sk-',
    'AB12 ',
    'A1',
    '+1',
    '-----BEGIN PRIVATE KEY-----',
    'token',
    'token:',
    'token=',
    '://a:',
    'x:',
    'ya29.',
    'SG.',
    'bearer ',
    ' ',
    '"',
    '(',
    '555-',
    'password: "',
    'api_key\\"',
    '%',
    'é',
    '😀',
  ]
  const slow = units.filter((unit) => timeOf(unit) > plain * 300)
  expect(slow).toEqual([])
})
