// docs/benchmarks.md: the figures of everything, then sections of single benchmarks between marks, each replaced on its own.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

export const BENCHMARKS_FILE = 'docs/benchmarks.md'

const SECTION = /\n<!-- section: (?<name>[\w-]+) -->\n[\s\S]*?<!-- end of section -->\n/g

const sectionText = (name: string, text: string): string => `\n<!-- section: ${name} -->\n${text.trim()}\n<!-- end of section -->\n`

/** The document with another text in front of its sections. */
export const withMainText = (document: string, text: string): string =>
  [`${text.trim()}\n`, ...[...document.matchAll(SECTION)].map(([section]) => section)].join('')

/** The document with that section replaced, or added at its end. */
export const withSection = (document: string, name: string, text: string): string => {
  const known = [...document.matchAll(SECTION)].find((match) => match.groups?.name === name)
  return known ? document.replace(known[0], () => sectionText(name, text)) : `${document.trimEnd()}\n${sectionText(name, text)}`
}

const update = (change: (document: string) => string): void =>
  writeFileSync(BENCHMARKS_FILE, change(existsSync(BENCHMARKS_FILE) ? readFileSync(BENCHMARKS_FILE, 'utf8') : '# Benchmarks\n'))

export const saveMainText = (text: string): void => update((document) => withMainText(document, text))

export const saveSection = (name: string, text: string): void => update((document) => withSection(document, name, text))
