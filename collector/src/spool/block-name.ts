// The name of a block's file: its table, its place in the order, its identity, and how far it has come.

/** open: still written to · sealed: complete, waits for its insert · inserted: kept in case the store loses it */
export type BlockState = 'open' | 'sealed' | 'inserted'

export type BlockIdentity = {
  table: string
  /** order among the blocks of the table */
  sequence: number
  /** 64 random bits as hex: an identity never comes again, whatever the clock does */
  nonce: string
}

export const TABLE_NAME = /^[a-z][a-z0-9_]{0,27}$/
const FILE_NAME = /^([a-z][a-z0-9_]{0,27})-(\d{10,14})-([0-9a-f]{16})\.(open|sealed|inserted)$/

/** `spans-0000000042-9f3ab2c41d770e15` */
export const idOf = ({ table, sequence, nonce }: BlockIdentity): string => `${table}-${String(sequence).padStart(10, '0')}-${nonce}`

export const parseFileName = (name: string): (BlockIdentity & { state: BlockState }) | null => {
  const [, table, sequence, nonce, state] = FILE_NAME.exec(name) ?? []
  if (!table || !sequence || !nonce) return null
  return { table, sequence: Number(sequence), nonce, state: state as BlockState }
}
