// Starts all fakes together: the world in which the example pipelines run.
import { type AddressInfo, createServer } from 'node:net'
import type { Injector } from '../faults/injector.ts'
import type { Queue } from '../pipelines/queue-handoff.ts'
import { serveInteractions, serveRegister } from './interactions.ts'
import { serveLedger } from './ledger.ts'
import { createMessageQueue } from './message-queue.ts'
import { serveModel } from './model-server.ts'
import { serveMail, serveOrders } from './orders-api.ts'
import type { Pace } from './pace.ts'
import { createPeople, type People } from './people.ts'
import { serveVectorSearch } from './vector-search.ts'

export type World = {
  injector: Injector
  pace: Pace
  people: People
  queue: Queue
  urls: { model: string; orders: string; mail: string; search: string; ledger: string; interactions: string }
  close(): Promise<void>
}

export const createWorld = async (injector: Injector, pace: Pace): Promise<World> => {
  const register = await serveRegister(injector, pace)
  const interactions = await serveInteractions(injector, pace, { registerUrl: register.url, deadRegisterUrl: await closedUrl() })
  const [model, orders, mail, search, ledger] = await Promise.all([
    serveModel(injector, pace),
    serveOrders(injector, pace),
    serveMail(injector, pace),
    serveVectorSearch(injector, pace),
    serveLedger(injector, pace),
  ])
  const servers = [register, interactions, model, orders, mail, search, ledger]
  return {
    injector,
    pace,
    people: createPeople(injector, pace),
    queue: createMessageQueue(injector),
    urls: {
      model: `${model.url}/v1`,
      orders: orders.url,
      mail: mail.url,
      search: search.url,
      ledger: ledger.url,
      interactions: `${interactions.url}/v1beta/interactions`,
    },
    close: async () => {
      await Promise.all(servers.map((server) => server.close()))
    },
  }
}

/** An address where nobody listens: connections to it are refused. */
const closedUrl = async (): Promise<string> => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return `http://127.0.0.1:${port}`
}
