// `node test/faults/main.ts [text]`: the development runs whose description holds the text, and what is told wrongly of them; `--save`
// writes docs/faults.md with all runs.
import { faultsDocument, saveDocument } from './document.ts'
import type { Verdict } from './judge.ts'
import { judgeAll } from './run.ts'

const show = ({ label, runs, wrong }: Verdict): void => {
  const { pipeline, role, how, manner, seed } = label
  console.log(`${pipeline} ${role} ${how} ${manner}, seed ${seed}`)
  for (const [field, told] of wrong) console.log(`    ${field}: ${told}`)
  console.log(`    ${runs[0]?.attributedTo?.rule ?? 'no rule'}: ${runs[0]?.story ?? 'no run'}`)
}

const [argument = ''] = process.argv.slice(2)
const saves = argument === '--save'
const { development, 'hold-out': holdOut } = await judgeAll(saves ? ['development', 'hold-out'] : ['development'], saves ? '' : argument)
const wrong = development.filter((verdict) => verdict.wrong.size > 0)
if (saves) saveDocument(faultsDocument(development, holdOut))
else for (const verdict of wrong) show(verdict)
console.log(`${development.length} development runs, ${wrong.length} told otherwise than they were`)
