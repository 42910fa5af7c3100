// The answers of a receiver, read back by an independent protobuf reader.
import { describe, expect, it } from 'vitest'
import { encodeExportResponse, encodeStatus } from './answers.ts'
import { decodeMessage } from './otlp.fixture.ts'

const rejected = [
  { reason: 'trace id is zero', count: 300, sample: 'span "a"' },
  { reason: 'other', count: 1, sample: 'span "b"' },
]
const message = '300 × trace id is zero (span "a"); 1 × other (span "b")'

describe('encodeExportResponse', () => {
  it('leaves partial_success unset when all was taken', () => {
    expect(encodeExportResponse([], 'protobuf')).toHaveLength(0)
    expect(encodeExportResponse([], 'json').toString()).toBe('{}')
  })

  it('counts what was left out and says why', () => {
    expect(decodeMessage('ExportTraceServiceResponse', encodeExportResponse(rejected, 'protobuf'))).toEqual({
      partialSuccess: { rejectedSpans: '301', errorMessage: message },
    })
    expect(JSON.parse(encodeExportResponse(rejected, 'json').toString())).toEqual({
      partialSuccess: { rejectedSpans: '301', errorMessage: message },
    })
  })

  it('stays short', () => {
    expect(encodeExportResponse([{ reason: 'x'.repeat(1e7), count: 1, sample: '' }], 'protobuf').length).toBeLessThan(2_100)
  })
})

describe('encodeStatus', () => {
  it('is a google.rpc.Status in both encodings', () => {
    expect(decodeMessage('RpcStatus', encodeStatus(400, 'cannot decode', 'protobuf'))).toEqual({ code: 3, message: 'cannot decode' })
    expect(JSON.parse(encodeStatus(503, 'full', 'json').toString())).toEqual({ code: 14, message: 'full' })
  })
})
