// What counts as a secret or as a person's data in a text. Every pattern is bounded and cannot start inside its own match, so that no
// text makes it slow; what a pattern cannot tell (check digits, placeholders) a function decides.
import { isIban, isLuhn } from './checksum.ts'

export interface Detector {
  kind: string
  /** with a group `keep`, what stands before the secret stays */
  pattern: RegExp
  /** of what was found, without what is kept */
  holds?: (found: string) => boolean
}

const hasDigit = (text: string): boolean => /\d/.test(text)

// Issuers of cards by their first digits and lengths: https://en.wikipedia.org/wiki/Payment_card_number
const CARD =
  /^(?:4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12,15}|62\d{14,17}|35\d{14})$/

const isCard = (text: string): boolean => {
  const digits = text.replace(/[ -]/g, '')
  return CARD.test(digits) && isLuhn(digits)
}

/** `react@18.2.0` is none, nor is the address of a repository. */
const isAddress = (text: string): boolean => {
  const [local = '', domain = ''] = text.split('@')
  return local !== 'git' && !/^\d+\.\d/.test(domain) && /\.[A-Za-z]{2,24}$/.test(domain)
}

const PLACEHOLDER =
  /^(?:[<[{$*%]|x{4,}|\.{3}|(?:null|none|true|false|undefined|string|required|redacted|masked|process\.env|os\.environ)(?![A-Za-z0-9]))/i
const isSecretValue = (text: string): boolean => !PLACEHOLDER.test(text)
/** After a colon without quotes most words are prose. */
const isUnlikeProse = (text: string): boolean => isSecretValue(text) && (hasDigit(text) || /[^A-Za-z0-9.,!?)]/.test(text))

const NAMED = `(?:api[_-]?key|apikey|secret|secret[_-]?key|client[_-]?secret|access[_-]?key|private[_-]?key|password|passwd|passphrase|pwd|auth[_-]?token|access[_-]?token|refresh[_-]?token|token)`

/** In this order: what an earlier one found is not looked at again. */
export const DETECTORS: readonly Detector[] = [
  {
    kind: 'private_key',
    pattern: /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----[A-Za-z0-9+/=\s\\]{0,16384}(?:-----END [A-Z0-9 ]{0,40}-----)?/g,
  },
  // header and payload are JSON objects: eyJ is {" in base64
  { kind: 'token', pattern: /(?<![\w-])eyJ[\w-]{8,8192}\.[\w-]{4,8192}(?:\.[\w-]{0,8192}){0,3}/g },
  { kind: 'key', pattern: /(?<![A-Za-z0-9])(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}(?![A-Za-z0-9])/g },
  { kind: 'key', pattern: /(?<!\w)(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{22,255}|glpat-[\w-]{20,255})/g },
  // OpenAI, Anthropic, OpenRouter, DeepSeek …
  { kind: 'key', pattern: /(?<![\w-])sk-[\w-]{20,255}/g, holds: hasDigit },
  { kind: 'key', pattern: /(?<!\w)(?:[sr]k|pk|whsec)_(?:live_|test_)?[A-Za-z0-9]{16,255}/g, holds: hasDigit },
  { kind: 'key', pattern: /(?<![\w-])AIza[\w-]{35}(?![\w-])/g },
  { kind: 'token', pattern: /(?<![\w-])ya29\.[\w-]{20,1024}/g },
  { kind: 'token', pattern: /(?<![\w-])xox[abeoprs]-[A-Za-z0-9-]{10,255}/g, holds: hasDigit },
  {
    kind: 'key',
    pattern: /(?<![\w-])(?:hf|npm|gsk|r8|pcsk|lsv2_[a-z]{2}|dop_v1|shpat|tvly|pypi|nvapi|fw)[_-][\w-]{20,255}/g,
    holds: hasDigit,
  },
  { kind: 'key', pattern: /(?<![\w-])SG\.[\w-]{16,64}\.[\w-]{16,64}/g },
  { kind: 'webhook', pattern: /(?<keep>hooks\.slack\.com\/services\/)[\w/]{20,120}/g },
  {
    kind: 'credentials',
    pattern: /(?<keep>\b(?:bearer|basic)\s{1,3})[\w.~+/=-]{12,4096}/gi,
    holds: (text) => hasDigit(text) || text.length > 40,
  },
  { kind: 'password', pattern: /(?<keep>:\/\/[^\s:@/"'<>]{0,64}:)[^\s@/"'<>]{1,256}(?=@[\w.-])/g, holds: isSecretValue },
  {
    kind: 'secret',
    pattern: new RegExp(
      String.raw`(?<keep>(?<![A-Za-z0-9])${NAMED}\\?["']?\s{0,3}(?:=|:\s{0,3}\\?["'])\s{0,3}\\?["']?)[^\s"',;&\\}]{4,512}`,
      'gi',
    ),
    holds: isSecretValue,
  },
  {
    kind: 'secret',
    pattern: new RegExp(String.raw`(?<keep>(?<![A-Za-z0-9])${NAMED}\s{0,3}:\s{0,3})[^\s"',;&\\}]{6,512}`, 'gi'),
    holds: isUnlikeProse,
  },
  { kind: 'email', pattern: /(?<![\w.%+-])[\w.%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}/g, holds: isAddress },
  {
    kind: 'iban',
    pattern: /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])/g,
    holds: (text) => isIban(text.replaceAll(' ', '')),
  },
  { kind: 'card', pattern: /(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])/g, holds: isCard },
  { kind: 'ssn', pattern: /(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])/g },
  { kind: 'phone', pattern: /(?<![\w.+-])\+[1-9](?:[ .()/-]{0,2}\d){7,14}(?![\w-])/g },
  { kind: 'phone', pattern: /(?<![\w.(-])(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[-. ])[2-9]\d{2}[-.]\d{4}(?![\w-])/g },
]
