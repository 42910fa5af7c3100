// Spans of no convention for agents, and of our own: calls by their kind, HTTP, RPC, databases.
import { describe, expect, it } from 'vitest'
import { recognize } from '../recognize.ts'
import { type Sent, sentSpan } from '../sent.fixture.ts'

type Case = [title: string, sent: Sent, expected: object]
const table = (scope: string, cases: Case[]): void => {
  it.each(cases)('%s', (_title, sent, expected) => expect(recognize(sentSpan({ scope, ...sent }))).toMatchObject(expected))
}

describe('an unknown emitter', () => {
  table('who.knows', [
    [
      'a call',
      { name: 'charge', kind: 'client' },
      { type: 'tool', tool: 'charge', emitter: 'otel', layer: 'execution', layerRule: 'generic' },
    ],
    ['a message sent', { name: 'orders publish', kind: 'producer' }, { type: 'tool' }],
    ['work inside the process', { name: 'handle', kind: 'internal' }, { type: 'other', layer: 'execution', layerRule: 'default' }],
    [
      'a look at how work at a model vendor goes, which infers nothing',
      { name: 'GET', kind: 'client', attributes: { 'http.request.method': 'GET', 'server.address': 'generativelanguage.googleapis.com' } },
      { type: 'other' },
    ],
    ['a request served', { name: 'GET /', kind: 'server' }, { type: 'other' }],
    [
      'an error',
      { name: 'handle', error: 'boom', exception: { type: 'TypeError', message: 'boom' } },
      { outcome: 'failure', errorType: 'TypeError', errorMessage: 'boom', failureKind: 'exception' },
    ],
    [
      'a task of asyncio that was cancelled',
      { name: 'handle', error: '', exception: { type: 'asyncio.exceptions.CancelledError' } },
      { outcome: 'cancelled' },
    ],
    ['a text that only begins like a command', { name: 'handle', error: 'Command failed with exit code 1' }, { outcome: 'failure' }],
  ])
})

describe('http and rpc', () => {
  table('@opentelemetry/instrumentation-undici', [
    [
      'a request',
      {
        name: 'GET',
        kind: 'client',
        attributes: { 'http.request.method': 'GET', 'server.address': 'orders.internal', 'http.response.status_code': 503 },
        error: '',
      },
      { type: 'tool', tool: 'GET orders.internal', emitter: 'http', outcome: 'failure', failureKind: 'tool_unavailable' },
    ],
    [
      'a request in older keys',
      {
        name: 'HTTP POST',
        kind: 'client',
        attributes: { 'http.method': 'POST', 'net.peer.name': 'orders.internal', 'http.status_code': 401 },
        error: '',
      },
      { type: 'tool', tool: 'POST orders.internal', failureKind: 'tool_auth' },
    ],
    [
      'a request to a model vendor',
      {
        name: 'POST',
        kind: 'client',
        attributes: { 'http.request.method': 'POST', 'server.address': 'api.openai.com', 'http.response.status_code': 429 },
        error: '',
      },
      { type: 'model', costUsd: '0', failureKind: 'rate_limited' },
    ],
    ['a request served', { name: 'POST /runs', kind: 'server', attributes: { 'http.request.method': 'POST' } }, { type: 'other' }],
    [
      'a search in Vertex AI Vector Search that was not allowed',
      {
        scope: 'opentelemetry.instrumentation.grpc',
        name: '/google.cloud.aiplatform.v1.MatchService/FindNeighbors',
        kind: 'client',
        attributes: {
          'rpc.system': 'grpc',
          'rpc.service': 'google.cloud.aiplatform.v1.MatchService',
          'rpc.method': 'FindNeighbors',
          'rpc.grpc.status_code': 7,
        },
        error: '_InactiveRpcError: <_InactiveRpcError of RPC that terminated with: status = StatusCode.PERMISSION_DENIED',
      },
      { type: 'retrieval', tool: 'vertex_ai', layer: 'context', failureKind: 'tool_auth' },
    ],
    [
      'a search in Weaviate',
      {
        name: '/weaviate.v1.Weaviate/Search',
        kind: 'client',
        attributes: { 'rpc.system': 'grpc', 'rpc.service': 'weaviate.v1.Weaviate', 'rpc.method': 'Search' },
      },
      { type: 'retrieval', tool: 'weaviate' },
    ],
    [
      'what is written to Weaviate',
      {
        name: '/weaviate.v1.Weaviate/BatchObjects',
        kind: 'client',
        attributes: { 'rpc.system': 'grpc', 'rpc.service': 'weaviate.v1.Weaviate', 'rpc.method': 'BatchObjects' },
      },
      { type: 'tool', tool: 'weaviate.v1.Weaviate/BatchObjects' },
    ],
    [
      'a remote procedure',
      { name: 'a', kind: 'client', attributes: { 'rpc.system': 'grpc', 'rpc.service': 'Orders', 'rpc.method': 'Get' } },
      { type: 'tool', tool: 'Orders/Get', emitter: 'rpc' },
    ],
  ])
})

describe('db', () => {
  table('@opentelemetry/instrumentation-pg', [
    [
      'a statement',
      {
        name: 'SELECT * FROM orders WHERE id = 17',
        kind: 'client',
        attributes: { 'db.system.name': 'postgresql', 'db.operation.name': 'SELECT', 'db.collection.name': 'orders' },
      },
      { type: 'tool', tool: 'postgresql SELECT orders', emitter: 'db' },
    ],
    [
      'a query of a vector store',
      { name: 'query', kind: 'client', attributes: { 'db.system': 'weaviate', 'db.operation': 'query' } },
      { type: 'retrieval', tool: 'weaviate query', layer: 'context' },
    ],
    [
      'a write into a vector store',
      { name: 'upsert', kind: 'client', attributes: { 'db.system': 'qdrant', 'db.operation': 'upsert' } },
      { type: 'tool' },
    ],
    ['a pool inside the process', { name: 'pg-pool.connect', attributes: { 'db.system': 'postgresql' } }, { type: 'other' }],
  ])
})

describe('seamtrace', () => {
  table('@seamtrace/sdk', [
    [
      'a handoff',
      {
        name: 'handoff a→b',
        attributes: {
          'seamtrace.span.kind': 'handoff',
          'seamtrace.handoff.source.name': 'a',
          'seamtrace.handoff.target.name': 'b',
          'seamtrace.handoff.status': 'dropped',
        },
      },
      { type: 'handoff', handoffFrom: 'a', handoffTo: 'b', handoffStatus: 'dropped', emitter: 'seamtrace' },
    ],
    [
      'a check',
      { attributes: { 'seamtrace.span.kind': 'check', 'seamtrace.check.name': 'policy', 'seamtrace.check.result': 'fail' } },
      { type: 'check', tool: 'policy', verdict: 'fail' },
    ],
    [
      'a person',
      { attributes: { 'seamtrace.span.kind': 'human', 'seamtrace.human.name': 'approve', 'seamtrace.human.decision': 'edited' } },
      { type: 'human', verdict: 'edited' },
    ],
    [
      'a tool',
      { attributes: { 'seamtrace.span.kind': 'tool', 'seamtrace.tool.result.status': 'empty' } },
      { type: 'tool', verdict: 'empty', failureKind: 'tool_empty' },
    ],
  ])
  it('goes before every other emitter, whose keys a program sets beside', () => {
    const span = sentSpan({
      scope: 'langsmith',
      attributes: { 'seamtrace.span.kind': 'step', 'seamtrace.step.name': 's', 'langsmith.span.kind': 'llm' },
    })
    expect(recognize(span)).toMatchObject({ type: 'step', step: 's', emitter: 'seamtrace' })
  })
  it('names and outcomes go before what an emitter tells', () => {
    const attributes = { 'openinference.span.kind': 'CHAIN', 'seamtrace.pipeline.name': 'refund', 'seamtrace.outcome': 'cancelled' }
    expect(recognize(sentSpan({ isRoot: true, name: 'chain', attributes }))).toMatchObject({
      type: 'pipeline',
      pipeline: 'refund',
      outcome: 'cancelled',
    })
  })
})
