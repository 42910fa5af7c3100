// Texts with planted secrets and personal data, and look-alikes without; made anew from a seed, so that nothing is tuned to a list.
import { isIban, isLuhn } from './checksum.ts'

export type Random = () => number

export const randomFrom = (seed: number): Random => {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const ALNUM = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const URL64 = `${ALNUM}-_`
const DIGITS = '0123456789'

export const makers = (random: Random) => {
  const below = (most: number): number => Math.floor(random() * most)
  const pick = <T>(of: readonly T[]): T => of[below(of.length)] as T
  const text = (length: number, of = ALNUM): string => Array.from({ length }, () => of[below(of.length)]).join('')
  // a digit in the middle, as in any real key of that length
  const key = (length: number, of = ALNUM): string => `${text(length >> 1, of)}${below(10)}${text(length - (length >> 1) - 1, of)}`
  const digits = (length: number): string => text(length, DIGITS)
  const until = (make: () => string, holds: (text: string) => boolean): string => {
    for (;;) {
      const made = make()
      if (holds(made)) return made
    }
  }
  const jwt = (): string => `eyJ${text(33, URL64)}.eyJ${text(60, URL64)}.${text(43, URL64)}`
  const card = (): string => {
    const prefix = pick(['4', '51', '55', '2221', '2720', '6011', '65'])
    const number = until(() => prefix + digits(16 - prefix.length), isLuhn)
    return pick([number, number.replace(/(\d{4})(?=\d)/g, '$1 '), number.replace(/(\d{4})(?=\d)/g, '$1-')])
  }
  const iban = (): string => {
    const [country, length] = pick([
      ['DE', 22],
      ['NL', 18],
      ['FR', 27],
      ['GB', 22],
      ['NO', 15],
    ] as const)
    const bank = country === 'NL' || country === 'GB' ? text(4, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') : digits(4)
    const number = until(() => country + digits(2) + bank + digits(length - 8), isIban)
    return pick([number, number.replace(/(.{4})(?=.)/g, '$1 ')])
  }
  const word = (): string => text(4 + below(6), 'abcdefghijklmnopqrstuvwxyz')
  const email = (): string =>
    `${word()}${pick(['.', '_', '+', ''])}${word()}@${word()}.${pick(['com', 'org', 'co.uk', 'io', 'example', 'de'])}`
  return { below, pick, text, key, digits, until, jwt, card, iban, word, email }
}

type Makers = ReturnType<typeof makers>

export const SECRETS: Record<string, (make: Makers) => string> = {
  jwt: ({ jwt }) => jwt(),
  aws: ({ text, pick }) => pick(['AKIA', 'ASIA']) + text(16, UPPER),
  github: ({ text, pick }) => pick(['ghp_', 'gho_', 'ghs_']) + text(36),
  githubPat: ({ text }) => `github_pat_${text(22)}_${text(59)}`,
  openai: ({ key }) => `sk-proj-${key(48, URL64)}`,
  openaiOld: ({ key }) => `sk-${key(48)}`,
  anthropic: ({ key }) => `sk-ant-api03-${key(93, URL64)}`,
  stripe: ({ key, pick }) => `${pick(['sk', 'rk'])}_${pick(['live', 'test'])}_${key(24)}`,
  google: ({ text }) => `AIza${text(35, URL64)}`,
  slack: ({ digits, text }) => `xoxb-${digits(11)}-${digits(12)}-${text(24)}`,
  huggingFace: ({ key }) => `hf_${key(34)}`,
  sendgrid: ({ text }) => `SG.${text(22, URL64)}.${text(43, URL64)}`,
  privateKey: ({ text }) => `-----BEGIN RSA PRIVATE KEY-----\n${text(64)}\n${text(64)}\n-----END RSA PRIVATE KEY-----`,
}

/** The secret is the last argument's return; the text around it is part of what tells it. */
export const SECRETS_IN_PLACE: Record<string, (make: Makers) => [text: string, secret: string]> = {
  bearer: ({ key }) => {
    const secret = key(40)
    return [`authorization: Bearer ${secret}`, secret]
  },
  url: ({ word, text }) => {
    const secret = text(14)
    return [`postgres://${word()}:${secret}@db.internal:5432/${word()}`, secret]
  },
  json: ({ text, pick }) => {
    const secret = text(12)
    return [`{"${pick(['password', 'api_key', 'client_secret', 'apiKey', 'accessToken', 'DB_PASSWORD'])}":"${secret}"}`, secret]
  },
  escapedJson: ({ text }) => {
    const secret = text(12)
    return [String.raw`{\"password\":\"${secret}\"}`, secret]
  },
  env: ({ text, pick }) => {
    const secret = text(16)
    return [`${pick(['PASSWORD', 'STRIPE_SECRET', 'GITHUB_TOKEN', 'X_API_KEY'])}=${secret}`, secret]
  },
}

export const PERSONAL: Record<string, (make: Makers) => string> = {
  email: ({ email }) => email(),
  card: ({ card }) => card(),
  iban: ({ iban }) => iban(),
  ssn: ({ below, digits }) => `${100 + below(500)}-${10 + below(89)}-${1 + below(8)}${digits(3)}`,
  phone: ({ digits, pick, below }) =>
    pick([
      `+49 ${2 + below(8)}${digits(2)} ${digits(7)}`,
      `+44 20 ${digits(4)} ${digits(4)}`,
      `+1 (${2 + below(8)}${digits(2)}) ${2 + below(8)}${digits(2)}-${digits(4)}`,
      `+47${2 + below(8)}${digits(7)}`,
      `(${2 + below(8)}${digits(2)}) ${2 + below(8)}${digits(2)}-${digits(4)}`,
      `${2 + below(8)}${digits(2)}-${2 + below(8)}${digits(2)}-${digits(4)}`,
    ]),
}

const hex = '0123456789abcdef'

/** None of these is a secret or about a person. */
export const LOOK_ALIKES: Record<string, (make: Makers) => string> = {
  traceId: ({ text }) => text(32, hex),
  uuid: ({ text }) => `${text(8, hex)}-${text(4, hex)}-4${text(3, hex)}-a${text(3, hex)}-${text(12, hex)}`,
  sha: ({ text }) => `sha256:${text(64, hex)}`,
  millis: ({ digits }) => `17${digits(11)}`,
  nanos: ({ digits }) => `17${digits(17)}`,
  time: ({ below }) => `2026-11-${10 + below(19)}T0${below(10)}:1${below(10)}:2${below(10)}.${100 + below(900)}+02:00`,
  cardWithoutCheck: ({ digits, until }) =>
    until(
      () => `4${digits(15)}`,
      (number) => !isLuhn(number),
    ),
  ibanWithoutCheck: ({ digits, until }) =>
    until(
      () => `DE${digits(20)}`,
      (number) => !isIban(number),
    ),
  package: ({ word, below }) => `${word()}@${below(20)}.${below(20)}.${below(20)}-beta.next`,
  repository: ({ word }) => `git@github.com:${word()}/${word()}.git`,
  handle: ({ word }) => `@${word()} said`,
  prose: ({ word }) => `the password: ${word()} is asked for, and a token ${word()} is not`,
  placeholder: ({ pick }) =>
    pick(['api_key=<your key>', 'password: "***"', 'token: null', '"secret": "[masked]"', 'apiKey: process.env.KEY']),
  counts: ({ digits }) => `"total_tokens": ${digits(5)}, "max_tokens":${digits(4)}, token_count=${digits(6)}`,
  version: ({ below }) => `v${below(9)}.${below(20)}.${below(20)} (build ${100 + below(900)}.${below(999)}.${below(999)})`,
  address: ({ below }) => `10.${below(255)}.${below(255)}.${below(255)}:8080`,
  order: ({ digits }) => `order ORD-${digits(4)}-${digits(6)}, invoice ${digits(3)}-${digits(3)}`,
  url: ({ word, digits }) => `https://${word()}.example/${word()}/${digits(12)}?page=2#${word()}`,
  kebab: ({ word }) => `sk-${word()}-${word()}-${word()}-${word()}-${word()}`,
  base64: ({ text }) => `data:image/png;base64,${text(80)}`,
  money: ({ digits }) => `$${digits(3)},${digits(3)}.00 and +${digits(2)} %`,
}
