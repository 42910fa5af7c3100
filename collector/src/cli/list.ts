// What `runs` and `seams` have in common: one flag for each parameter of the endpoint, then a table or JSON.
import { ENDPOINTS, type EndpointName, type EndpointResponse } from '@seamtrace/schema'
import { ask, SERVER_FLAGS, serverOf } from './ask.ts'
import { parseFlags } from './config.ts'
import { EXIT, type Io } from './io.ts'
import { formatTable } from './table.ts'

type List<E extends EndpointName> = {
  endpoint: E
  help: string
  head: string[]
  row: (item: EndpointResponse<E> extends { items: (infer Item)[] } ? Item : never) => string[]
}

export async function list<E extends 'runs' | 'seams'>({ endpoint, help, head, row }: List<E>, args: string[], io: Io): Promise<number> {
  const names = Object.keys(ENDPOINTS[endpoint].query.shape)
  const texts = Object.fromEntries(names.map((name) => [flagOf(name), { type: 'string' as const }]))
  const { values } = parseFlags(args, { ...SERVER_FLAGS, ...texts, json: { type: 'boolean' }, help: { type: 'boolean' } })
  if (values.help) {
    io.out(`${help}\nOptions: ${['url', 'key', ...names].map((name) => `--${flagOf(name)}`).join(' ')} --json\n`)
    return EXIT.ok
  }
  const query: Record<string, string> = {}
  for (const name of names) {
    const value = values[flagOf(name)]
    if (typeof value === 'string') query[name] = value
  }
  const answer = await ask(serverOf(values, io.env), endpoint, { query })
  const items = answer.items as Parameters<typeof row>[0][]
  io.out(values.json ? `${JSON.stringify(answer, null, 2)}\n` : formatTable(head, items.map(row)))
  if (answer.nextCursor !== null) io.err(`there are more: --cursor ${answer.nextCursor}\n`)
  return EXIT.ok
}

const flagOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
