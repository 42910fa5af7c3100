// `seamtrace reanalyze`: after a change of rules or prices, has a running server recognize and price its history anew.
import { ask, SERVER_FLAGS, serverOf } from './ask.ts'
import { parseFlags } from './config.ts'
import { type Command, EXIT } from './io.ts'

const HELP = `seamtrace reanalyze: recognize stored spans by the rules of this release, and analyze their traces again

Runs that were made before the prices of the project changed are priced anew. Spans that are up to date are left alone: it may be stopped and started again at any time, and traces may come meanwhile.
Runs of which spans have expired stay as they are. It works on the project of the key.

Options: --url --json
  --key K     an admin key or the admin token, or SEAMTRACE_API_KEY

Example:
  seamtrace reanalyze --key smt_a_…
`

const TELL_EVERY_SPANS = 50_000

export const run: Command = async (args, io) => {
  const { values } = parseFlags(args, { ...SERVER_FLAGS, json: { type: 'boolean' }, help: { type: 'boolean' } })
  if (values.help) {
    io.out(HELP)
    return EXIT.ok
  }
  const server = serverOf(values, io.env)
  const done = { spans: 0, runs: 0, frozenSpans: 0 }
  let told = 0
  for (let after: string | null = ''; after !== null; ) {
    const batch: { spans: number; runs: number; frozenSpans: number; next: string | null } = await ask(server, 'reanalyze', {
      body: { after },
    })
    done.spans += batch.spans
    done.runs += batch.runs
    done.frozenSpans += batch.frozenSpans
    after = batch.next
    if (done.spans - told < TELL_EVERY_SPANS) continue
    told = done.spans
    io.err(`${done.spans} spans so far\n`)
  }
  if (values.json) io.out(`${JSON.stringify(done, null, 2)}\n`)
  else io.out(`${done.spans} spans were recognized anew; their traces are analyzed in the next seconds\n`)
  if (done.runs > 0 && !values.json)
    io.out(`${done.runs} runs are priced anew, since the prices of the project changed after they were made\n`)
  if (done.frozenSpans > 0) io.err(`${done.frozenSpans} spans stay as they are: others of their runs have expired\n`)
  return EXIT.ok
}
