// `node --import @seamtrace/sdk/register app.js`, or `--require`: starts recording with what the environment says; the program is not changed.
import { dirname, resolve } from 'node:path'
import { isInternalThread } from 'node:worker_threads'
import { instrumentInstalled } from './instrumentations.ts'
import { hookOpenAI } from './openai-hook.ts'
import { safely } from './safe.ts'
import { start } from './start.ts'

// `--require` is obeyed in the threads of module hooks as well, where nothing of the program runs
if (!isInternalThread) {
  start()
  safely(hookOpenAI)
  const [, program] = process.argv
  safely(() => instrumentInstalled([...(program === undefined ? [] : [`${dirname(resolve(program))}/`]), `${process.cwd()}/`]))
}
