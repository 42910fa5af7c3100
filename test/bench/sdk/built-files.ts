// Which files a built entry loads of our own code.
import { readFileSync } from 'node:fs'
import path from 'node:path'

/** A built file with every chunk that it loads. */
export const filesOf = (file: string, seen = new Set<string>()): Set<string> => {
  if (seen.has(file)) return seen
  seen.add(file)
  for (const [, relative = ''] of readFileSync(file, 'utf8').matchAll(/(?:from|import) ?["'](\.[^"']+)["']/g))
    filesOf(path.join(path.dirname(file), relative), seen)
  return seen
}
