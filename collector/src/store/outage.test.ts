// Which errors of the engine mean that rows are bad, and which that something is away.
import { ClickHouseError } from '@clickhouse/client'
import { expect, it } from 'vitest'
import { isOutage, refusesRows } from './outage.ts'

const refusal = (code: string, message: string) => new ClickHouseError({ code, message, type: '' })
const asked = (error: unknown) => ({ outage: isOutage(error), rows: refusesRows(error) })

it('takes a shard that died in the middle of an insert for away, though its code is that of bad rows', () => {
  const eof = 'Attempt to read after eof: while receiving packet from 10.0.0.2:9000, local address: 10.0.0.1:5000: Insertion status:'
  expect(asked(refusal('32', eof))).toEqual({ outage: true, rows: false })
  expect(asked(refusal('279', 'All connection tries failed'))).toEqual({ outage: true, rows: false })
})

it('takes rows for bad whatever words stand in them', () => {
  expect(asked(refusal('32', 'Attempt to read after eof: (at row 3)'))).toEqual({ outage: false, rows: true })
  const quoted = 'Cannot parse input: expected a number before: Attempt to read after eof: while receiving packet from'
  expect(asked(refusal('27', quoted))).toEqual({ outage: false, rows: true })
})

it('takes silence for an outage', () => {
  expect(asked(new Error('connect ECONNREFUSED'))).toEqual({ outage: true, rows: false })
})
