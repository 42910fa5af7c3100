// Whether captures are freed of what tells of a machine, and of nothing else.
import { expect, it } from 'vitest'
import { decodeTraces } from '../../collector/src/decode/decode-traces.ts'
import { encodeTraces } from '../../collector/src/decode/encode-traces.ts'
import { captureNames, spansOf } from './captures.ts'
import { withoutMachine } from './without-machine.ts'

it('keeps every span of every capture as it came', () => {
  for (const name of captureNames().slice(0, 40)) {
    const spans = spansOf(name)
    const body = encodeTraces(
      spans.map((span) => ({
        ...span,
        resource: new Map([...span.resource, ['host.arch', 'amd64'], ['os.version', '6.1'], ['process.pid', 7n]]),
      })),
      'protobuf',
    )
    const kept = decodeTraces(withoutMachine(body), 'protobuf').spans
    expect(kept).toEqual(decodeTraces(encodeTraces(spans, 'protobuf'), 'protobuf').spans)
  }
})
