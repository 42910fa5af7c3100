// `node --import @seamtrace/sdk/register app.js`: starts recording with what the environment says; the program is not changed.
import { instrumentInstalled } from './instrumentations.ts'
import { start } from './start.ts'

start()
await instrumentInstalled(`${process.cwd()}/`)
