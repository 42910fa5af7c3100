// A log record survives its row, and has the same identity however it is sent; through the engine: test/otlp/conformance.test.ts.
import { isDeepStrictEqual } from 'node:util'
import type { LogRecord } from '@seamtrace/schema'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromLogRow, toLogRow } from './log-row.ts'
import { attributes, attributeValue, span } from './span.fixture.ts'

const log: fc.Arbitrary<LogRecord> = fc
  .tuple(span, attributeValue, fc.boolean())
  .map(([{ resource, resourceSchemaUrl, scopeName, scopeVersion, scopeAttributes, scopeSchemaUrl, ...own }, body, inTrace]) => ({
    timeUnixNano: own.startTimeUnixNano,
    observedTimeUnixNano: own.endTimeUnixNano,
    severityNumber: own.kind,
    severityText: own.statusMessage,
    body,
    eventName: own.name,
    attributes: own.attributes,
    droppedAttributesCount: own.droppedAttributesCount,
    flags: own.flags,
    traceId: inTrace ? own.traceId : '',
    spanId: inTrace ? own.spanId : '',
    resource,
    resourceSchemaUrl,
    scopeName,
    scopeVersion,
    scopeAttributes,
    scopeSchemaUrl,
  }))

describe('toLogRow and fromLogRow', () => {
  it('give back the same record', () => {
    fc.assert(
      fc.property(log, (record) => {
        expect(isDeepStrictEqual(fromLogRow(JSON.parse(JSON.stringify(toLogRow('p', record)))), record)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})

describe('the identity of a record', () => {
  const identityOf = (record: LogRecord, project = 'p') => toLogRow(project, record).identity_hex

  it('does not depend on the order of its attributes', () => {
    fc.assert(
      fc.property(log, attributes, (record, more) => {
        const forth = { ...record, attributes: more }
        const back = { ...record, attributes: new Map([...more].reverse()) }
        expect(identityOf(forth)).toBe(identityOf(back))
        expect(identityOf(forth)).toMatch(/^[0-9a-f]{32}$/)
      }),
      { numRuns: 100 },
    )
  })

  it('differs when anything differs', () => {
    const [record] = fc.sample(log, { numRuns: 1, seed: 9 })
    if (!record) throw new Error('no sample')
    const others = [
      { ...record, body: 'another' },
      { ...record, timeUnixNano: record.timeUnixNano + 1n },
      { ...record, attributes: new Map([...record.attributes, ['one more', 1n]]) },
      { ...record, resource: new Map([...record.resource, ['one more', '1']]) },
      { ...record, scopeName: `${record.scopeName}.` },
    ]
    expect(new Set([record, ...others].map((each) => identityOf(each))).size).toBe(others.length + 1)
    expect(identityOf(record, 'q')).not.toBe(identityOf(record))
  })
})
