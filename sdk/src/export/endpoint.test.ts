import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { seamtraceProcessor } from '../processor.ts'
import { forgetWarnings } from '../warn.ts'
import { urlOf } from './endpoint.ts'
import { createSender } from './send.ts'

let warnings: unknown[]
beforeEach(() => {
  forgetWarnings()
  warnings = []
  vi.spyOn(process, 'emitWarning').mockImplementation((...args: unknown[]) => void warnings.push(Reflect.get(Object(args[1]), 'code')))
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

it.each([
  ['http://collector:4318/', 'http://collector:4318/v1/traces', false],
  ['http://collector:4318/v1/traces', 'http://collector:4318/v1/traces', false],
  ['https://collector/base', 'https://collector/base/v1/traces', false],
  ['localhost:4318', 'http://localhost:4318/v1/traces', true],
  ['collector', 'http://collector/v1/traces', true],
  [' [::1]:4318/base/', 'http://[::1]:4318/base/v1/traces', true],
  ['grpc://collector:4317', 'http://localhost:4318/v1/traces', true],
  ['javascript:alert(1)', 'http://localhost:4318/v1/traces', true],
  ['http://', 'http://localhost:4318/v1/traces', true],
  ['', 'http://localhost:4318/v1/traces', true],
  [7, 'http://localhost:4318/v1/traces', true],
  [{}, 'http://localhost:4318/v1/traces', true],
])('%j goes to %s', (endpoint, url, isTold) => {
  expect(urlOf(endpoint, 'traces')).toBe(url)
  urlOf(endpoint, 'logs')
  expect(warnings).toEqual(isTold ? ['bad-endpoint'] : [])
})

it('what the operator says is mended too, and else left to OpenTelemetry', () => {
  const target = { endpoint: 'http://program:1', headers: {} }
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', 'https://operator:2/base')
  expect(createSender(target).url).toBe('https://operator:2/base/v1/traces')
  expect(warnings).toEqual([])
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', 'operator:2')
  expect(createSender(target).url).toBe('http://operator:2/v1/traces')
  vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'operator:3/traces')
  expect(createSender(target).url).toBe('http://operator:3/traces')
  expect(warnings).toEqual(['bad-endpoint'])
})

it('a password in it is not printed', () => {
  const messages: unknown[] = []
  vi.spyOn(process, 'emitWarning').mockImplementation((...args: unknown[]) => void messages.push(args[0]))
  void seamtraceProcessor({ endpoint: 'grpc://anna:secret@collector', spool: 'off' }).shutdown()
  expect(String(messages)).not.toContain('secret')
  expect(messages).toHaveLength(1)
})
