import { decodeTraces } from '../../collector/src/decode/decode-traces.ts'
import { runFaults } from './run.ts'
const judged = await runFaults('development', [Number(process.argv[3] ?? 1)], process.argv[2])
for (const j of judged) { console.log('##', j.label.pipeline, j.label.role, j.label.how, j.label.manner, j.label.truth); for (const s of decodeTraces(j.bytes, 'protobuf').spans.toSorted((a, b) => Number(a.startTimeUnixNano - b.startTimeUnixNano))) console.log(s.traceId.slice(0,4), s.spanId.slice(0, 4), s.parentSpanId.slice(0, 4), s.statusCode, s.name, s.statusMessage, Object.fromEntries([...s.attributes].map(([k, v]) => [k, String(v).slice(0, 200)]))) }
