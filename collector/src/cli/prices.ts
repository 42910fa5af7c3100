// `seamtrace prices list|set|remove`: what the models of a project cost, on a running server.
import { readFileSync } from 'node:fs'
import { messageOf, ProjectPrice, type Rates, SeamtraceError, type SetPrice } from '@seamtrace/schema'
import { ask, SERVER_FLAGS, type Server, serverOf } from './ask.ts'
import { parseFlags } from './config.ts'
import { type Command, EXIT, type Io } from './io.ts'
import { formatTable } from './table.ts'

/** Options of `set`, and the rate that each gives. */
const RATE_FLAGS = {
  input: 'input',
  output: 'output',
  'cached-input': 'cachedInput',
  'cache-write': 'cacheWrite',
  'cache-write-1h': 'cacheWrite1h',
  reasoning: 'reasoning',
  'audio-input': 'audioInput',
  'audio-output': 'audioOutput',
} as const satisfies Record<string, keyof Rates>
const BATCH = 'batch-'

const HELP = `seamtrace prices: what the models of a project cost, in USD per million tokens; they go before the built-in prices

  prices list
  prices set MODEL --input N --output N [--cached-input N] [--cache-write N] [--cache-write-1h N] [--reasoning N]
             [--audio-input N] [--audio-output N] [--batch-input N --batch-output N --batch-cached-input N …]
             [--provider P] [--from DAY] [--until DAY] [--regional FACTOR]
  prices set --file FILE      one price or a list, as JSON: also tiers and rates of long prompts
  prices remove MODEL [--provider P] [--from DAY]

MODEL and P are names, or patterns in which * stands for any text. A day is written as 2026-11-20; --until is the first day on which the
price does not hold any more. A kind of token without a rate makes the calls that used it unpriced, never free; reasoning without one
costs what other output does.

Runs are priced when they are analyzed: seamtrace reanalyze does that anew for all that are stored.

Options: --url --json
  --key K     to list, a key that may read; to change, an admin key or the admin token; or SEAMTRACE_API_KEY

Examples:
  seamtrace prices set 'llama-3*' --input 0.1 --output 0.3
  seamtrace prices set gpt-4.1 --provider azure.ai.openai --input 1.6 --cached-input 0.4 --output 6.4 --from 2026-10-01
  seamtrace prices list --json > prices.json
`

const FLAGS = {
  ...SERVER_FLAGS,
  ...(Object.fromEntries(
    Object.keys(RATE_FLAGS).flatMap((flag) => [flag, `${BATCH}${flag}`].map((name) => [name, { type: 'string' }])),
  ) as Record<string, { type: 'string' }>),
  provider: { type: 'string' },
  from: { type: 'string' },
  until: { type: 'string' },
  regional: { type: 'string' },
  file: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const

type Values = Record<string, unknown>

const textAt = (values: Values, flag: string): string | undefined => {
  const value = values[flag]
  return typeof value === 'string' ? value : undefined
}

const numberAt = (values: Values, flag: string): number | undefined => {
  const text = textAt(values, flag)
  if (text === undefined) return undefined
  if (!/^\d+(\.\d+)?$/.test(text)) throw new SeamtraceError('usage', `cannot read --${flag} ${text}: write a number of USD such as 2.5`)
  return Number(text)
}

const ratesOf = (values: Values, prefix: string): Record<string, number> =>
  Object.fromEntries(
    Object.entries(RATE_FLAGS).flatMap(([flag, rate]) => {
      const amount = numberAt(values, `${prefix}${flag}`)
      return amount === undefined ? [] : [[rate, amount]]
    }),
  )

/** @throws SeamtraceError usage that names what is wrong */
const checked = (price: unknown, what: string): ProjectPrice => {
  const parsed = ProjectPrice.strict().safeParse(price)
  if (parsed.success) return parsed.data
  const saying = (message: string): string => (message.includes('received undefined') ? 'it is missing' : message)
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the price'}: ${saying(message)}`)
  throw new SeamtraceError('usage', `cannot set ${what}: ${faults.join('; ')}`)
}

const priceOfFlags = (model: string, values: Values): ProjectPrice => {
  const batch = ratesOf(values, BATCH)
  const regional = numberAt(values, 'regional')
  const texts = ['provider', 'from', 'until'].flatMap((flag) => (textAt(values, flag) === undefined ? [] : [[flag, values[flag]]]))
  return checked(
    {
      ...{ model, rates: ratesOf(values, '') },
      ...Object.fromEntries(texts),
      ...(regional !== undefined && { regional }),
      ...(Object.keys(batch).length > 0 && { tiers: { batch: { rates: batch } } }),
    },
    `the price of ${model}`,
  )
}

/** What `prices list --json` printed is taken as well. */
const pricesOfFile = (file: string): ProjectPrice[] => {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new SeamtraceError('usage', `cannot read ${file}: ${messageOf(error)}`)
  }
  const listed = typeof json === 'object' && json !== null && 'items' in json ? json.items : json
  return (Array.isArray(listed) ? listed : [listed]).map((price: unknown, index) => {
    const { updatedAt: _, setBy: __, ...rest } = (typeof price === 'object' && price !== null ? price : {}) as Partial<SetPrice>
    return checked(rest, `price ${index + 1} of ${file}`)
  })
}

const RATE_NAMES = Object.values(RATE_FLAGS)
const amount = (rate: number | undefined): string => (rate === undefined ? '' : String(rate))

const list = async (server: Server, io: Io, asJson: boolean): Promise<void> => {
  const answer = await ask(server, 'prices')
  if (asJson) {
    io.out(`${JSON.stringify(answer, null, 2)}\n`)
    return
  }
  const used = RATE_NAMES.filter(
    (name) => name === 'input' || name === 'output' || answer.items.some(({ rates }) => rates[name] !== undefined),
  )
  const head = [
    'model',
    'provider',
    'from',
    'until',
    ...used.map((name) => name.replace(/[A-Z1]/g, (letter) => ` ${letter.toLowerCase()}`)),
    'also',
    'set by',
  ]
  const rows = answer.items.map((price) => [
    ...[price.model, price.provider ?? 'any', price.from ?? '', price.until ?? ''],
    ...used.map((name) => amount(price.rates[name])),
    [
      ...Object.keys(price.tiers ?? {}),
      ...(price.long ? [`prompts over ${price.longAbove}`] : []),
      ...(price.regional ? [`regional × ${price.regional}`] : []),
    ].join(', '),
    price.setBy,
  ])
  io.out(rows.length === 0 ? 'the project set no prices of its own\n' : formatTable(head, rows))
  const { date, models, sources } = answer.builtIn
  const from = sources.map(({ url, asOf }) => `  ${url} (as of ${asOf})\n`).join('')
  io.err(`\nUSD per million tokens. All other models: built-in prices of ${date} for ${models} models, from\n${from}`)
}

export const run: Command = async (args, io) => {
  const { values, positionals } = parseFlags(args, FLAGS, true)
  if (values.help) {
    io.out(HELP)
    return EXIT.ok
  }
  const server = serverOf(values, io.env)
  const [what, model, ...more] = positionals
  const asJson = values.json === true
  if (what === 'list' && model === undefined) {
    await list(server, io, asJson)
    return EXIT.ok
  }
  const file = textAt(values, 'file')
  if (what === 'set' && more.length === 0 && (model === undefined) !== (file === undefined)) {
    const prices = file === undefined ? [priceOfFlags(model ?? '', values)] : pricesOfFile(file)
    const set = []
    for (const price of prices) set.push(await ask(server, 'setPrice', { body: price }))
    if (asJson) io.out(`${JSON.stringify(set, null, 2)}\n`)
    else for (const { price } of set) io.out(`set the price of ${price.model}\n`)
    const [first] = set
    if (first) io.err(`${first.note}\n`)
    return EXIT.ok
  }
  if (what === 'remove' && model !== undefined && more.length === 0) {
    const name = ['provider', 'from'].flatMap((flag) => (textAt(values, flag) === undefined ? [] : [[flag, textAt(values, flag) ?? '']]))
    const removed = await ask(server, 'removePrice', { query: { model, ...Object.fromEntries(name) } })
    io.out(asJson ? `${JSON.stringify(removed, null, 2)}\n` : `removed the price of ${removed.price.model}\n`)
    io.err(`${removed.note}\n`)
    return EXIT.ok
  }
  throw new SeamtraceError('usage', 'cannot tell what to do with prices: say list, set MODEL, set --file FILE or remove MODEL')
}
