// `seamtrace projects create|list`: the projects of a running server.
import { SeamtraceError } from '@seamtrace/schema'
import { ask, SERVER_FLAGS, serverOf } from './ask.ts'
import { parseFlags } from './config.ts'
import { type Command, EXIT } from './io.ts'
import { formatTable } from './table.ts'

const HELP = `seamtrace projects: make and list projects of a running server

  projects create NAME    only with the admin token; then: seamtrace keys create --project NAME …
  projects list

Options: --url --json
  --key K                 the admin token or an admin key, or SEAMTRACE_API_KEY

Each project sees its own runs and nothing else. Which one a request is about is told by its key alone.

Example:
  SEAMTRACE_API_KEY=$SEAMTRACE_ADMIN_TOKEN seamtrace projects create acme
`

export const run: Command = async (args, io) => {
  const { values, positionals } = parseFlags(args, { ...SERVER_FLAGS, json: { type: 'boolean' }, help: { type: 'boolean' } }, true)
  if (values.help) {
    io.out(HELP)
    return EXIT.ok
  }
  const server = serverOf(values, io.env)
  const [what, project, ...more] = positionals
  if (what === 'create' && project !== undefined && more.length === 0) {
    const made = await ask(server, 'createProject', { body: { project } })
    if (values.json) io.out(`${JSON.stringify(made, null, 2)}\n`)
    else io.err(`project ${made.project} is made\n`)
    return EXIT.ok
  }
  if (what === 'list' && project === undefined) {
    const answer = await ask(server, 'projects')
    const rows = answer.items.map((item) => [item.project, item.createdAt ?? '', item.createdBy])
    io.out(values.json ? `${JSON.stringify(answer, null, 2)}\n` : formatTable(['project', 'made', 'by'], rows))
    return EXIT.ok
  }
  throw new SeamtraceError('usage', 'cannot manage projects: say create NAME or list')
}
