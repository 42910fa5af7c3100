// `node test/faults/main.ts [text]`: the development runs whose description holds the text, and what is told wrongly of them.
import { verdictOf } from './judge.ts'
import { runFaults } from './run.ts'

const started = performance.now()
const judged = await runFaults('development', [1, 2], process.argv[2])
const verdicts = judged.map(verdictOf)
for (const { judged, wrong } of verdicts.filter(({ wrong }) => wrong.length > 0)) {
  const { pipeline, role, how, manner, seed } = judged.label
  console.log(`${pipeline} ${role} ${how} ${manner} ${seed}: ${wrong.join(' · ')}\n    [${judged.runs[0]?.attributedTo?.rule}] ${judged.runs[0]?.story}`)
}
console.log(`${verdicts.length} runs, ${verdicts.filter(({ wrong }) => wrong.length > 0).length} told wrongly, ${Math.round(performance.now() - started)} ms`)
