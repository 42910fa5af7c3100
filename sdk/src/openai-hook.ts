// Lets every OpenAI client of the program report its calls: the class is wrapped where the client's own file defines it.
import { registerHooks } from 'node:module'
import { instrumentOpenAI } from './adapters/openai.ts'
import { safely } from './safe.ts'

// both of its forms, from version 5 on
const CLIENT = /\/node_modules\/openai\/client\.(?:mjs|js)$/
const WRAP = Symbol.for('seamtrace.openai')
const APPENDED = `
;if (typeof OpenAI === 'function' && globalThis[Symbol.for('seamtrace.openai')]) {
  OpenAI = globalThis[Symbol.for('seamtrace.openai')](OpenAI);
  if (typeof exports === 'object') exports.OpenAI = OpenAI;
}
`

const wrapped = <C extends new (...args: never[]) => object>(OpenAI: C): C =>
  new Proxy(OpenAI, { construct: (target, args, newTarget) => instrumentOpenAI(Reflect.construct(target, args, newTarget)) })

/** Must come before the program imports `openai`; for what was imported already there is `instrumentOpenAI`. */
export const hookOpenAI = (): void => {
  Reflect.set(globalThis, WRAP, wrapped)
  registerHooks({
    load: (url, context, next) => {
      const loaded = next(url, context)
      if (!CLIENT.test(url) || loaded.source == null) return loaded
      const source = safely(() => `${Buffer.from(loaded.source as Buffer).toString('utf8')}${APPENDED}`)
      return source === undefined ? loaded : { ...loaded, source }
    },
  })
}
