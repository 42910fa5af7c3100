// The answers of a receiver, read back by an independent protobuf reader.
import { describe, expect, it } from 'vitest'
import { encodeExportResponse, encodeRetryStatus, encodeStatus } from './answers.ts'
import { decodeMessage } from './otlp.fixture.ts'

const all = { rejected: [], truncated: [] }
const rejected = [
  { reason: 'trace id is zero', count: 300, sample: 'span "a"' },
  { reason: 'other', count: 1, sample: 'span "b"' },
]
const message = '300 × trace id is zero (span "a"); 1 × other (span "b")'

describe('encodeExportResponse', () => {
  it('leaves partial_success unset when all was taken', () => {
    expect(encodeExportResponse(all, 'protobuf')).toHaveLength(0)
    expect(encodeExportResponse(all, 'json').toString()).toBe('{}')
  })

  it('counts what was left out and says why', () => {
    expect(decodeMessage('ExportTraceServiceResponse', encodeExportResponse({ rejected, truncated: [] }, 'protobuf'))).toEqual({
      partialSuccess: { rejectedSpans: '301', errorMessage: message },
    })
    expect(JSON.parse(encodeExportResponse({ rejected, truncated: [] }, 'json').toString())).toEqual({
      partialSuccess: { rejectedSpans: '301', errorMessage: message },
    })
  })

  it('warns of what was cut without rejecting anything', () => {
    const warned = { rejected: [], truncated: [{ reason: 'key of more than 1024 bytes: cut', count: 2, sample: '"a"' }] }
    const errorMessage = '2 × key of more than 1024 bytes: cut ("a")'
    expect(decodeMessage('ExportTraceServiceResponse', encodeExportResponse(warned, 'protobuf'))).toEqual({
      partialSuccess: { errorMessage },
    })
    expect(JSON.parse(encodeExportResponse(warned, 'json', 'logs').toString())).toEqual({ partialSuccess: { errorMessage } })
  })

  it('names what was rejected as its signal does', () => {
    const outcome = { rejected, truncated: [] }
    expect(encodeExportResponse(outcome, 'json', 'logs').toString()).toContain('"rejectedLogRecords":"301"')
    expect(encodeExportResponse(outcome, 'json', 'metrics').toString()).toContain('"rejectedDataPoints":"301"')
  })

  it('stays short', () => {
    expect(
      encodeExportResponse({ rejected: [{ reason: 'x'.repeat(1e7), count: 1, sample: '' }], truncated: [] }, 'protobuf').length,
    ).toBeLessThan(2_100)
  })
})

describe('encodeStatus', () => {
  it('is a google.rpc.Status in both encodings', () => {
    expect(decodeMessage('RpcStatus', encodeStatus(400, 'cannot decode', 'protobuf'))).toEqual({ code: 3, message: 'cannot decode' })
    expect(JSON.parse(encodeStatus(503, 'full', 'json').toString())).toEqual({ code: 14, message: 'full' })
  })
})

describe('encodeRetryStatus', () => {
  it('carries a RetryInfo', () => {
    expect(decodeMessage('RpcStatus', encodeRetryStatus(14, 'full', 2))).toEqual({
      code: 14,
      message: 'full',
      details: [{ typeUrl: 'type.googleapis.com/google.rpc.RetryInfo', value: Buffer.from('0a020802', 'hex') }],
    })
  })
})
