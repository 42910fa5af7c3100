// Hostile keys are stored as they are, and harm nothing.
import { type Case, logs, traces } from './cases.ts'

const HOSTILE_KEYS = [
  '__proto__',
  '__proto__.polluted',
  'constructor',
  'constructor.prototype.polluted',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
  'length',
  'a.50000000.b',
  'gen_ai.prompt.50000000.content',
  'gen_ai.prompt.__proto__.polluted',
  'a[50000000]',
  'a..b',
  '.',
  '0',
  '-1',
  'null',
  'undefined',
  "'; DROP TABLE spans; --",
  '{k:String}',
  '{project:Identifier}',
  '%s%n',
  '../../etc/passwd',
  '\u0000',
  '\u202e',
  '<img src=x onerror=alert(1)>',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: what a template of somebody else would run
  '${7*7}',
  '`',
  '👩‍💻',
  ' ',
  'project',
]

const inSpans = (key: string): Case => ({
  name: `hostile key ${JSON.stringify(key)}`,
  request: (traceId) => {
    const both = [
      { key, value: { stringValue: 'v' } },
      { key: `${key}.more`, value: { intValue: '1' } },
    ]
    const request = traces(traceId, { attributes: both, events: [{ name: 'e', attributes: both }] })
    return { resourceSpans: [{ ...request.resourceSpans[0], resource: { attributes: both } }] }
  },
  answer: { status: 200, rejected: 0, message: '' },
  spans: [
    {
      attributes: new Map<string, string | bigint>([
        [key, 'v'],
        [`${key}.more`, 1n],
      ]),
      resource: new Map<string, string | bigint>([
        [key, 'v'],
        [`${key}.more`, 1n],
      ]),
    },
  ],
})

const inLogs = (key: string): Case => ({
  name: `hostile key of a log ${JSON.stringify(key)}`,
  signal: 'logs',
  request: (traceId) =>
    logs(traceId, {
      attributes: [{ key, value: { stringValue: 'v' } }],
      body: { kvlistValue: { values: [{ key, value: { stringValue: 'v' } }] } },
    }),
  answer: { status: 200, rejected: 0, message: '' },
  logs: [{ attributes: new Map([[key, 'v']]), body: new Map([[key, 'v']]) }],
})

export const keyCases: Case[] = [...HOSTILE_KEYS.map(inSpans), ...HOSTILE_KEYS.map(inLogs)]
