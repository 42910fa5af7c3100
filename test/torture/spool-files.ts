// The files of a spool as something outside the collector finds them, and the ways in which a disk damages them.
import { appendFileSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GROUP_BYTES, HEADER_BYTES } from '../../collector/src/spool/block-format.ts'
import { type BlockState, parseFileName } from '../../collector/src/spool/block-name.ts'
import { scan } from '../../collector/src/spool/scan.ts'

export type BlockFile = { path: string; state: BlockState; table: string; rows: number; bytes: number; isIntact: boolean }

/** The blocks of a data folder whose collector does not run, in their order. */
export const blocksIn = (dataDir: string): BlockFile[] => {
  const folder = join(dataDir, 'spool')
  return namesIn(folder).flatMap((name) => {
    const parsed = parseFileName(name)
    if (!parsed) return []
    const path = join(folder, name)
    const bytes = readFileSync(path)
    const { rows, damages } = scan(bytes, parsed)
    return [{ path, state: parsed.state, table: parsed.table, rows, bytes: bytes.length, isIntact: damages.length === 0 }]
  })
}

const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder).sort()
  } catch {
    return []
  }
}

export const DAMAGES = ['torn', 'zeroed', 'flipped', 'header', 'empty', 'garbage', 'missing'] as const
export type Damage = (typeof DAMAGES)[number]

const PAGE = 4096

export const damageBlock = ({ path, bytes }: BlockFile, damage: Damage): void => {
  if (damage === 'torn') return truncateSync(path, bytes - Math.min(PAGE, bytes >> 1))
  if (damage === 'empty') return truncateSync(path, 0)
  if (damage === 'missing') return rmSync(path)
  if (damage === 'garbage') return appendFileSync(path, Buffer.alloc(PAGE, 'garbage '))
  const content = readFileSync(path)
  // in the rows of the first group: what stands before them would be another damage
  const at = damage === 'header' ? 3 : HEADER_BYTES + GROUP_BYTES + 10
  if (damage === 'zeroed') content.fill(0, at, at + PAGE)
  else content[at] = (content[at] ?? 0) ^ 1
  writeFileSync(path, content)
}

/** The name of the one with the content of the other. */
export const swapBlocks = (one: BlockFile, other: BlockFile): void => {
  renameSync(one.path, `${one.path}.swap`)
  renameSync(other.path, one.path)
  renameSync(`${one.path}.swap`, other.path)
}
