// `seamtrace keys create|list|revoke`: the API keys of a running server.
import { type ApiKey, Role, SeamtraceError } from '@seamtrace/schema'
import { ask, SERVER_FLAGS, serverOf } from './ask.ts'
import { parseFlags } from './config.ts'
import { type Command, EXIT } from './io.ts'
import { formatTable } from './table.ts'

const HELP = `seamtrace keys: make, list and revoke API keys of a running server

  keys create --role ingest|read|admin [--name N] [--project P]
              ingest sends telemetry, read asks, admin asks and manages keys; the key is shown this once
  keys list [--project P]
  keys revoke ID [--project P]
              other collectors on the same store take a revoked key for some seconds more

Options: --url --json
  --key K     an admin key or the admin token, or SEAMTRACE_API_KEY; only the admin token may name a project

While a server on loopback has no key, none is needed. The first one must be an admin key: from then on every request needs a key.

Examples:
  seamtrace keys create --role admin --name me
  seamtrace keys create --role ingest --name checkout-service --key smt_a_…
  seamtrace keys revoke key_0f8e2b61c94d7a35 --key smt_a_…
`

export const run: Command = async (args, io) => {
  const { values, positionals } = parseFlags(
    args,
    {
      ...SERVER_FLAGS,
      role: { type: 'string' },
      name: { type: 'string' },
      project: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
    true,
  )
  if (values.help) {
    io.out(HELP)
    return EXIT.ok
  }
  const server = serverOf(values, io.env)
  const project: { project?: string } = typeof values.project === 'string' ? { project: values.project } : {}
  const json = (answer: unknown): void => io.out(`${JSON.stringify(answer, null, 2)}\n`)
  const [what, id, ...more] = positionals

  if (what === 'create' && id === undefined) {
    const role = readRole(values.role)
    const made = await ask(server, 'createKey', { body: { role, ...project, ...(values.name !== undefined && { name: values.name }) } })
    if (values.json) json(made)
    else io.out(`${made.key}\n`)
    io.err(`${made.id}: may ${role === 'ingest' ? 'send to' : role} project ${made.project}; keep the key, it is not shown again\n`)
    return EXIT.ok
  }
  if (what === 'list' && id === undefined) {
    const answer = await ask(server, 'keys', { query: project })
    if (values.json) json(answer)
    else io.out(formatTable(['id', 'role', 'project', 'name', 'made', 'by', 'revoked'], answer.items.map(rowOf)))
    return EXIT.ok
  }
  if (what === 'revoke' && id !== undefined && more.length === 0) {
    const revoked = await ask(server, 'revokeKey', { params: { id }, query: project })
    if (values.json) json(revoked)
    else io.err(`${revoked.id} is revoked\n`)
    return EXIT.ok
  }
  throw new SeamtraceError('usage', 'cannot manage keys: say create, list or revoke ID; seamtrace keys --help shows them')
}

const rowOf = ({ id, role, project, name, createdAt, createdBy, revokedAt }: ApiKey): string[] => [
  id,
  role,
  project,
  name,
  createdAt,
  createdBy,
  revokedAt ?? '',
]

const readRole = (given: unknown): Role => {
  const role = Role.safeParse(given)
  if (role.success) return role.data
  throw new SeamtraceError('usage', `cannot make a key: say --role ${Role.options.join(', ')}`, { parameters: ['role'] })
}
