import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { SEAMTRACE } from '@seamtrace/schema'
import { afterEach, expect, it, vi } from 'vitest'
import { announceFirstRun, dashboardOf, isDevelopment } from './announce.ts'

afterEach(() => vi.unstubAllEnvs())

it('is for terminals and for development, and never for production', () => {
  expect([isDevelopment('development', false), isDevelopment('', true)]).toEqual([true, true])
  expect([isDevelopment('production', true), isDevelopment('test', true), isDevelopment('', false)]).toEqual([false, false, false])
})

it('finds the dashboard beside the collector, unless it is told, and does not guess', () => {
  expect(dashboardOf('http://collector:4318/v1/traces')).toBe('http://collector:4319')
  expect(dashboardOf('http://[::1]:4318/v1/traces')).toBe('http://[::1]:4319')
  expect(dashboardOf('http://localhost:5318/v1/traces')).toBeUndefined()
  expect(dashboardOf('https://traces.example.test/v1/traces')).toBeUndefined()
  vi.stubEnv('SEAMTRACE_DASHBOARD_URL', 'https://seamtrace.example.test/')
  expect(dashboardOf('http://collector:4318/v1/traces')).toBe('https://seamtrace.example.test')
})

it('tells of the first run, once', () => {
  const lines: string[] = []
  const processor = announceFirstRun('http://127.0.0.1:4318/v1/traces', (line) => lines.push(line))
  const tracer = new BasicTracerProvider({ spanProcessors: [processor] }).getTracer('test')
  tracer.startSpan('of another library').end()
  for (const id of ['run 1', 'run 2'])
    tracer.startSpan('pipeline p', { attributes: { [SEAMTRACE.spanKind]: 'pipeline', [SEAMTRACE.runId]: id } }).end()
  expect(lines).toEqual(['seamtrace: http://127.0.0.1:4319/runs/run%201\n'])
})

it('tells the id of the run where it does not know the dashboard', () => {
  const lines: string[] = []
  const provider = new BasicTracerProvider({
    spanProcessors: [announceFirstRun('http://localhost:5318/v1/traces', (line) => lines.push(line))],
  })
  const attributes = { [SEAMTRACE.spanKind]: 'pipeline', [SEAMTRACE.runId]: 'run 1' }
  provider.getTracer('test').startSpan('pipeline p', { attributes }).end()
  expect(lines).toEqual(['seamtrace: run run 1; with SEAMTRACE_DASHBOARD_URL its address is told here\n'])
})

it('a printer that throws does not reach the program', () => {
  const processor = announceFirstRun('no address')
  const tracer = new BasicTracerProvider({ spanProcessors: [processor] }).getTracer('test')
  expect(() => tracer.startSpan('p', { attributes: { [SEAMTRACE.spanKind]: 'pipeline' } }).end()).not.toThrow()
})
