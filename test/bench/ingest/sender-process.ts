// The process that sends: makes its requests, waits to be told, sends, tells what it sent, ends.
import { once } from 'node:events'
import { createRequests } from './requests.ts'
import { type FromSender, type SendOptions, send } from './send.ts'

const tell = (message: FromSender): void => {
  process.send?.(message)
}

// nobody is there any more to be told
const orphaned = (): void => process.exit(1)
process.once('disconnect', orphaned)

try {
  const options: SendOptions = JSON.parse(process.argv[2] ?? '')
  const requests = createRequests(options)
  const told = once(process, 'message')
  tell({ type: 'ready' })
  await told
  tell({ type: 'sent', sent: await send(options, requests) })
} catch (error) {
  tell({ type: 'failed', reason: error instanceof Error ? (error.stack ?? error.message) : String(error) })
}
process.off('disconnect', orphaned)
process.disconnect?.()
