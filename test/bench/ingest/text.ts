// Text for the messages and results of benchmark runs: readable sentences and records, from a seed, about as compressible as real ones.
import type { Random } from '../../../examples/src/faults/random.ts'

const words = (text: string): string[] => text.trim().split(/\s+/)

const NOUNS = words(`order refund invoice parcel customer warehouse shipment policy contract agreement payment card account balance ticket
  request reply attachment photograph receipt discount voucher subscription plan upgrade downgrade renewal deadline carrier driver address
  apartment street depot country region currency exchange rate tax exemption document passage section clause paragraph summary estimate
  forecast budget variance ledger entry supplier vendor quote shipment pallet container batch recall defect warranty repair replacement
  battery charger screen keyboard sensor firmware update outage incident alert threshold dashboard migration replica backup region cluster
  patient appointment prescription referral laboratory result claim coverage premium deductible adjuster inspection tenant lease deposit`)
const VERBS = words(`confirms rejects approves delays returns ships cancels updates describes requires covers excludes repeats mentions
  contradicts supports replaces extends shortens reopens closes escalates forwards reconciles books credits debits verifies audits flags
  schedules assigns measures reports explains omits duplicates corrects translates summarizes compares estimates charges reimburses`)
const ADJECTIVES = words(`late early damaged missing partial complete duplicate original second third final open pending overdue disputed
  verified unpaid prepaid international domestic regional seasonal annual monthly weekly daily urgent minor severe recurring isolated manual
  automatic temporary permanent internal external signed unsigned expired valid incorrect translated archived preliminary revised`)
const LINKS = words('because although while after before unless since whereas once until')
const ADVERBS = words('usually rarely already again still probably apparently immediately eventually explicitly not only partly fully')
const NAMES = words(`Amara Bjarne Chiara Dmitri Elif Farah Goran Hana Ines Jonas Kaveh Leilani Mateo Nadia Oskar Priya Quentin Rosa Sanjay
  Tomoko Ulrike Viktor Wanjiru Ximena Yusuf Zofia`)
const CITIES = words(
  'Aarhus Bilbao Cork Durban Essen Faro Graz Haifa Izmir Jaipur Kyoto Lviv Malaga Nantes Oulu Porto Quito Riga Split Turin',
)

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`

export type Prose = {
  /** an identifier such as `ORD-48213` */
  reference(prefix: string): string
  amount(): string
  day(): string
  name(): string
  /** whole sentences, at least so many characters */
  paragraph(characters: number): string
  /** rows of a table as JSON would hold them, at least so many characters of it */
  records(characters: number): object[]
}

export const proseFrom = (random: Random): Prose => {
  const reference = (prefix: string): string => `${prefix}-${random.integer(10_000, 99_999)}`
  const amount = (): string => (random.integer(199, 99_999) / 100).toFixed(2)
  const day = (): string => `2026-${String(random.integer(1, 12)).padStart(2, '0')}-${String(random.integer(1, 28)).padStart(2, '0')}`
  const name = (): string => random.pick(NAMES)
  const noun = (): string => (random.next() < 0.5 ? `${random.pick(ADJECTIVES)} ${random.pick(NOUNS)}` : random.pick(NOUNS))
  const fact = (): string =>
    random.pick([
      () => `on ${day()}`,
      () => `for ${amount()} EUR`,
      () => `in ${random.pick(CITIES)}`,
      () => `by ${name()}`,
      () => `under ${reference('REF')}`,
      () => `within ${random.integer(2, 90)} days`,
    ])()
  const clause = (): string => {
    const adverb = random.next() < 0.4 ? `${random.pick(ADVERBS)} ` : ''
    const end = random.next() < 0.5 ? ` ${fact()}` : ''
    return `the ${noun()} ${adverb}${random.pick(VERBS)} the ${noun()}${end}`
  }
  const sentence = (): string => {
    const more = random.next() < 0.5 ? ` ${random.pick(LINKS)} ${clause()}` : ''
    return `${capital(clause())}${more}.`
  }
  const paragraph = (characters: number): string => {
    let text = sentence()
    while (text.length < characters) text += ` ${sentence()}`
    return text
  }
  const record = () => ({
    id: reference('ORD'),
    customer: name(),
    city: random.pick(CITIES),
    placed: day(),
    amount: Number(amount()),
    status: random.pick(ADJECTIVES),
    note: sentence(),
  })
  const records = (characters: number): object[] => {
    const rows: object[] = []
    for (let length = 0; length < characters; ) {
      const row = record()
      rows.push(row)
      length += JSON.stringify(row).length + 1
    }
    return rows
  }
  return { reference, amount, day, name, paragraph, records }
}
