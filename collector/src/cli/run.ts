// `seamtrace run ID`: one run of a running server.
import { SeamtraceError } from '@seamtrace/schema'
import { ask, SERVER_FLAGS, serverOf } from './ask.ts'
import { parseFlags } from './config.ts'
import { type Command, EXIT } from './io.ts'
import { runText } from './run-text.ts'

const HELP = `seamtrace run ID: story, steps, attempts and failures of one run

Options: --url --key --json

Example:
  seamtrace run 4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7
`

export const run: Command = async (args, io) => {
  const { values, positionals } = parseFlags(args, { ...SERVER_FLAGS, json: { type: 'boolean' }, help: { type: 'boolean' } }, true)
  if (values.help) {
    io.out(HELP)
    return EXIT.ok
  }
  const [id, ...more] = positionals
  if (id === undefined || more.length > 0)
    throw new SeamtraceError('usage', 'cannot show a run: give one run id; seamtrace runs lists them')
  const answer = await ask(serverOf(values, io.env), 'run', { params: { id } })
  io.out(values.json ? `${JSON.stringify(answer, null, 2)}\n` : answer.runs.map(runText).join('\n'))
  return EXIT.ok
}
