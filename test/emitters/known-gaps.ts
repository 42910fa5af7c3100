// Where the answer is not the truth yet: read from known-gaps.json, which replay.ts writes anew on demand.
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { CANNOT_SHOW } from './cannot-show.ts'
import { type CaptureName, captureNames, runsOf, truthOf } from './captures.ts'
import { differences } from './compare.ts'

/** capture → field → reason */
export type Gaps = Record<CaptureName, Record<string, string>>

const FILE = path.join(import.meta.dirname, 'known-gaps.json')
const NO_REASON_YET = 'not recognized yet'

const reasonOf = (name: CaptureName, field: string, known: string | undefined): string => {
  const unseen = CANNOT_SHOW.find(({ system, scenario, fields }) => `${system}/${scenario}` === name && fields.includes(field))
  return unseen ? `cannot be seen: ${unseen.remedy}` : (known ?? NO_REASON_YET)
}

export const readGaps = (): Gaps => JSON.parse(readFileSync(FILE, 'utf8')) as Gaps

/** The gaps of today; a reason that somebody wrote stays with its gap. */
const gapsOfToday = (known: Gaps): Gaps =>
  Object.fromEntries(
    captureNames()
      .map((name): [string, Record<string, string>] => [
        name,
        Object.fromEntries(
          differences(truthOf(name), runsOf(name)).map(({ field }) => [field, reasonOf(name, field, known[name]?.[field])]),
        ),
      ])
      .filter(([, fields]) => Object.keys(fields).length > 0),
  )

/** @returns how many fields are gaps now */
export const updateGaps = (): number => {
  const gaps = gapsOfToday(readGaps())
  writeFileSync(FILE, `${JSON.stringify(gaps, null, 2)}\n`)
  return Object.values(gaps).reduce((sum, fields) => sum + Object.keys(fields).length, 0)
}
