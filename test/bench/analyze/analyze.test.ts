import { expect, it } from 'vitest'
import { runAnalyzeBench } from './analyze.ts'

it('refuses a case or an option that there is not, and names those that there are', () => {
  expect(() => runAnalyzeBench(['deeper'])).toThrow(/cannot measure deeper: .*\n[\s\S]*one-trace, deep/)
  expect(() => runAnalyzeBench(['--seve'])).toThrow(/cannot measure --seve/)
})
