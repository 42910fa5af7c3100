import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { modelName } from './model-name.ts'
import { costOfCall, ProjectPrice, priceOf } from './price-of-model.ts'
import { PRICES } from './prices.ts'

const model = (name: string): string | undefined => priceOf(name)?.model
const day = (text: string): { atMs: number } => ({ atMs: Date.parse(text) })
const plain = (input: number, output = 0) => ({ input, cachedInput: 0, output })

describe('a model is found', () => {
  it.each([
    ['gpt-4.1', 'gpt-4.1'],
    ['openai/gpt-4.1', 'gpt-4.1'],
    ['openai:gpt-4.1', 'gpt-4.1'],
    ['openrouter/openai/gpt-4.1', 'gpt-4.1'],
    ['azure/gpt-4.1-2025-04-14', 'gpt-4.1'],
    ['gpt-4.1-2025-04-14', 'gpt-4.1'],
    ['GPT-4o-mini-2024-07-18', 'gpt-4o-mini'],
    ['gpt-4o-2024-08-06', 'gpt-4o'],
    ['gpt-4o-2024-05-13', 'gpt-4o-2024-05-13'],
    ['claude-sonnet-4-5-20250929', 'claude-sonnet-4-5'],
    ['claude-sonnet-4-5@20250929', 'claude-sonnet-4-5'],
    ['claude-opus-4-8[1m]', 'claude-opus-4-8'],
    ['anthropic/claude-opus-4.5', 'claude-opus-4-5'],
    ['anthropic.claude-3-5-sonnet-20240620-v1:0', 'claude-3-5-sonnet'],
    ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'claude-sonnet-4-5'],
    ['bedrock/global.anthropic.claude-haiku-4-5-20251001-v1:0', 'claude-haiku-4-5'],
    ['arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-opus-4-1-20250805-v1:0', 'claude-opus-4-1'],
    ['projects/p/locations/us-east5/publishers/anthropic/models/claude-opus-4-1@20250805', 'claude-opus-4-1'],
    ['publishers/google/models/gemini-2.5-pro', 'gemini-2.5-pro'],
    ['models/gemini-2.5-flash', 'gemini-2.5-flash'],
    ['vertex_ai/gemini-2.5-flash-001', 'gemini-2.5-flash'],
    ['google-gla:gemini-2.5-flash-lite', 'gemini-2.5-flash-lite'],
  ])('%s is %s', (name, listed) => expect(model(name)).toBe(listed))

  it.each([
    'gpt-5-pro',
    'gpt-4o-realtime-preview',
    'gpt-4o-audio-preview-2025-06-03',
    'gpt-4.1-turbo',
    'gpt-6.1-sol',
    'ft:gpt-4.1-2025-04-14:acme::b1',
    'openai/ft:gpt-4o-2024-08-06:acme::b1',
    'gemini-2.5-flash-preview-04-17',
    'gemini-2.5-flash-image',
    'claude-sonnet-4-5-thinking',
    'openai/gpt-4o:free',
    'acme/gpt-4.1',
    'accounts/acme/models/gpt-4.1',
    'arn:aws:bedrock:us-east-1:1:application-inference-profile/a1b2c3',
    'my-gpt-4.1',
    '',
    ' ',
  ])('%s is not: it may cost anything', (name) => expect(priceOf(name)).toBeNull())

  it('never by a mere beginning of its name', () => {
    fc.assert(
      fc.property(fc.constantFrom(...PRICES), fc.stringMatching(/^[a-z0-9.:/-]{1,12}$/), ({ model: listed }, more) => {
        const found = model(`${listed}${more}`)
        const [, whole] = modelName(`${listed}${more}`).names
        expect([undefined, `${listed}${more}`, whole]).toContain(found)
      }),
    )
  })
})

describe('the days of a price', () => {
  it.each([
    ['2026-08-20T23:59:59Z', '5.000000000000'],
    ['2026-08-21T00:00:00Z', '4.000000000000'],
    ['2026-11-21T23:59:59Z', '4.000000000000'],
  ])('on %s a million tokens of gpt-5.6-sol cost %s', (at, usd) =>
    // in parts, because a long prompt costs more
    expect(Number(costOfCall('gpt-5.6-sol', plain(200_000), day(at))) * 5).toBeCloseTo(Number(usd), 9),
  )

  it('before its first and after its last day a model has no price', () => {
    expect(priceOf('gpt-5.6-sol', day('2026-07-08'))).toBeNull()
    expect(priceOf('gpt-5.6-sol', day('2026-11-22'))).toBeNull()
  })

  it('do not overlap, and every model has a price on the day of the table or had one', () => {
    for (const name of new Set(PRICES.map((price) => price.model))) {
      const periods = PRICES.filter((price) => price.model === name).sort((a, b) => ((a.from ?? '') < (b.from ?? '') ? -1 : 1))
      periods.slice(1).forEach((price, index) => {
        expect(price.from, name).toBe(periods[index]?.until)
      })
    }
  })
})

describe('the price of a project', () => {
  const rates = { input: 1, cachedInput: 0.5, output: 2 }
  const prices: ProjectPrice[] = [
    { model: 'gpt-4.1*', rates: { input: 9, output: 9 } },
    { model: 'gpt-4.1', rates, from: '2026-01-01', until: '2026-07-01' },
    { model: 'gpt-4.1', rates: { ...rates, input: 0.5 }, from: '2026-07-01' },
    { model: 'acme/*-large', rates: { input: 0, output: 0 } },
  ]
  const cost = (name: string, at: string) => costOfCall(name, plain(1_000_000), { project: prices, ...day(at) })

  it('goes before the built-in one, on its days', () => {
    expect(cost('gpt-4.1-2025-04-14', '2026-03-01')).toBe('1.000000000000')
    expect(cost('gpt-4.1', '2026-07-01')).toBe('0.500000000000')
    expect(cost('gpt-4o', '2026-07-01')).toBe('2.500000000000')
  })

  it('may be for all names of a form: a name goes before a pattern', () => {
    expect(cost('gpt-4.1', '2025-12-31')).toBe('9.000000000000')
    expect(cost('gpt-4.1-internal', '2026-03-01')).toBe('9.000000000000')
    expect(cost('ACME/writer-large', '2026-03-01')).toBe('0.000000000000')
    expect(cost('acme/-large', '2026-03-01')).toBe('0.000000000000')
    expect(cost('acme/writer-small', '2026-03-01')).toBeNull()
    expect(cost('acme/large', '2026-03-01')).toBeNull()
  })

  it('is one that somebody may set: bounded, of at most six decimals', () => {
    expect(ProjectPrice.safeParse(prices[1]).success).toBe(true)
    for (const input of [-1, 1e9, 0.0000001])
      expect(ProjectPrice.safeParse({ model: 'm', rates: { input, output: 1 } }).success).toBe(false)
    expect(ProjectPrice.safeParse({ model: 'm', rates, from: 'tomorrow' }).success).toBe(false)
  })

  it('may be for one provider only, and then goes before one for all', () => {
    const project: ProjectPrice[] = [
      { model: 'gpt-4.1', rates },
      { model: 'gpt-4.1', provider: 'azure*', rates: { input: 5, output: 5 } },
    ]
    const of = (provider?: string) => costOfCall('gpt-4.1', plain(1_000_000), { project, provider })
    expect([of('azure.ai.openai'), of('openai'), of()]).toEqual(['5.000000000000', '1.000000000000', '1.000000000000'])
  })

  it('is refused where it contradicts itself or has a word that means nothing', () => {
    const refused = (price: object): boolean => !ProjectPrice.safeParse({ model: 'm', rates, ...price }).success
    expect(refused({ from: '2026-02-01', until: '2026-02-01' })).toBe(true)
    expect(refused({ long: rates })).toBe(true)
    expect(refused({ rates: { ...rates, cached: 1 } })).toBe(true)
    expect(refused({ tiers: { night: { rates } } })).toBe(true)
    expect(refused({ from: '2026-02-01', until: '2026-02-02', provider: 'azure*', tiers: { batch: { rates } } })).toBe(false)
  })

  // a search that goes back for every star would not come to an end
  it('takes any pattern', () => {
    const hostile: ProjectPrice = { model: `${'*a'.repeat(99)}b`, rates }
    expect(priceOf('a'.repeat(200), { project: [hostile] })).toBeNull()
  })
})
