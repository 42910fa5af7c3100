// What is read of a damaged file: exactly the groups that are intact.
import { expect, test } from 'vitest'
import { GROUP_BYTES, HEADER_BYTES, TRAILER_BYTES, writeGroup, writeHeader, writeTrailer } from './block-format.ts'
import { type BlockState, idOf, parseFileName } from './block-name.ts'
import { rowBytesOf, scan } from './scan.ts'

const NONCE = '0123456789abcdef'
const GROUPS = ['one;', 'two;', 'three;', 'four;']

const fileOf = ({ sealed = true, groups = GROUPS }: { sealed?: boolean; groups?: readonly string[] } = {}): Buffer => {
  const head = Buffer.alloc(HEADER_BYTES)
  writeHeader(head, { table: 'spans', sequence: 7, nonce: NONCE, createdAtMs: 1_700_000_000_000 })
  let headersCrc = 0
  const parts = groups.map((rows) => {
    const part = Buffer.alloc(GROUP_BYTES + rows.length)
    headersCrc = writeGroup(part, NONCE, Buffer.from(rows, 'latin1'), 1, headersCrc)
    return part
  })
  const trailer = writeTrailer(NONCE, { groups: groups.length, rows: groups.length, headersCrc })
  return Buffer.concat(sealed ? [head, ...parts, trailer] : [head, ...parts])
}

const read = (bytes: Buffer, state: BlockState = 'sealed') => {
  const result = scan(bytes, { table: 'spans', sequence: 7, nonce: NONCE, state })
  const { rows, tornBytes } = result
  const reasons = result.damages.map(({ reason }) => reason.replace(/ \(.*\)/, ''))
  const lost = result.damages.reduce((sum, damage) => sum + damage.rows, 0)
  return { text: rowBytesOf(bytes, result.groups).toString(), rows, tornBytes, reasons, lost }
}

const at = (group: number): number => HEADER_BYTES + GROUPS.slice(0, group).reduce((sum, rows) => sum + GROUP_BYTES + rows.length, 0)
const changed = (bytes: Buffer, position: number): Buffer => {
  bytes.writeUInt8(bytes.readUInt8(position) ^ 0x10, position)
  return bytes
}

const bad = 'the rows of a group do not match their checksum'
const headless = 'a group has no valid header'
const endless = 'the trailer is missing: the end of the file may be lost'
const fewer = 'fewer groups than the trailer says'

test.each<[string, Buffer, BlockState, Partial<ReturnType<typeof read>>]>([
  ['an intact file', fileOf(), 'sealed', { text: GROUPS.join(''), rows: 4, reasons: [], tornBytes: 0 }],
  ['an open one', fileOf({ sealed: false }), 'open', { text: GROUPS.join(''), rows: 4, reasons: [], tornBytes: 0 }],
  ['an open one that has its trailer', fileOf(), 'open', { text: GROUPS.join(''), reasons: [], tornBytes: 0 }],
  ['a flipped bit in rows', changed(fileOf(), at(1) + GROUP_BYTES), 'sealed', { text: 'one;three;four;', reasons: [bad, fewer], lost: 1 }],
  ['a flipped bit in a length', changed(fileOf(), at(1) + 8), 'sealed', { text: 'one;three;four;', reasons: [headless, fewer], lost: 1 }],
  ['a flipped bit in a nonce', changed(fileOf(), at(2)), 'sealed', { text: 'one;two;four;', reasons: [headless, fewer], lost: 1 }],
  [
    'a flipped bit in the first group of an open file',
    changed(fileOf({ sealed: false }), at(0) + GROUP_BYTES),
    'open',
    { text: 'two;three;four;', reasons: [bad], lost: 1 },
  ],
  [
    'a flipped bit in the last group of an open file',
    changed(fileOf({ sealed: false }), at(3) + GROUP_BYTES),
    'open',
    { text: 'one;two;three;', reasons: [bad], lost: 1, tornBytes: 0 },
  ],
  [
    'a flipped bit in the header',
    changed(fileOf(), 20),
    'sealed',
    { text: GROUPS.join(''), reasons: ['the file has no valid header'], lost: 0 },
  ],
  ['a flipped bit in the trailer', changed(fileOf(), at(4) + 16), 'sealed', { text: GROUPS.join(''), reasons: [headless, endless] }],
  ['a sealed file without its end', fileOf().subarray(0, at(3)), 'sealed', { text: 'one;two;three;', reasons: [endless] }],
  ['an inserted file that was never sealed', fileOf({ sealed: false }), 'inserted', { text: GROUPS.join(''), reasons: [] }],
  [
    'bytes behind the trailer',
    Buffer.concat([fileOf(), Buffer.from('garbage')]),
    'sealed',
    { text: GROUPS.join(''), reasons: ['7 foreign bytes follow the trailer'], lost: 0 },
  ],
  [
    'a group cut out whole',
    Buffer.concat([fileOf().subarray(0, at(1)), fileOf().subarray(at(2))]),
    'sealed',
    { text: 'one;three;four;', reasons: [fewer], lost: 1 },
  ],
  [
    'a torn end',
    fileOf({ sealed: false }).subarray(0, at(3) + GROUP_BYTES + 2),
    'open',
    { text: 'one;two;three;', reasons: [], tornBytes: GROUP_BYTES + 2 },
  ],
  ['a torn group header', fileOf({ sealed: false }).subarray(0, at(3) + 5), 'open', { text: 'one;two;three;', reasons: [], tornBytes: 5 }],
  [
    'a torn trailer',
    fileOf().subarray(0, at(4) + TRAILER_BYTES - 1),
    'open',
    { text: GROUPS.join(''), reasons: [], tornBytes: TRAILER_BYTES - 1 },
  ],
  [
    'zeros where the content had not arrived',
    Buffer.concat([fileOf({ sealed: false }), Buffer.alloc(4096)]),
    'open',
    { text: GROUPS.join(''), reasons: [], tornBytes: 4096 },
  ],
  ['zeros in the middle', fileOf().fill(0, at(1), at(2)), 'sealed', { text: 'one;three;four;', reasons: [headless, fewer], lost: 1 }],
  ['nothing', Buffer.alloc(0), 'open', { text: '', reasons: [], tornBytes: 0 }],
  ['a torn header', fileOf().subarray(0, 20), 'open', { text: '', reasons: [], tornBytes: 20 }],
  ['nothing where something was sealed', Buffer.alloc(0), 'sealed', { text: '', reasons: ['the file has no valid header', endless] }],
])('%s', (_, bytes, state, expected) => {
  expect(read(Buffer.from(bytes), state)).toMatchObject(expected)
})

test('rows that look like a group cannot pass for one', () => {
  const forged = Buffer.alloc(GROUP_BYTES + 5)
  writeGroup(forged, 'ffffffffffffffff', Buffer.from('evil;'), 1, 0)
  const bytes = fileOf({ groups: ['one;', forged.toString('latin1'), 'three;'] })
  // the length of the group around it is damaged: where it ends has to be searched
  expect(read(changed(bytes, at(1) + 8)).text).toBe('one;three;')
})

test('a name is read back as it was written, and no other is taken for one', () => {
  const name = { table: 'spans', sequence: 42, nonce: NONCE }
  expect(parseFileName(`${idOf(name)}.sealed`)).toEqual({ ...name, state: 'sealed' })
  for (const other of ['owner', 'clean-stop', `${idOf(name)}.sealed~`, `${idOf(name)}.quarantined`, `Spans-0000000042-${NONCE}.open`])
    expect(parseFileName(other)).toBeNull()
})
