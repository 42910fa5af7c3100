// One configuration for every test: beside the files, and under test/ what crosses packages.
import { defineConfig } from 'vitest/config'

const source = ['seamtrace-source', 'node', 'development|production', 'default']

export default defineConfig({
  resolve: { conditions: source },
  ssr: { resolve: { conditions: source } },
  test: {
    include: ['{schema,sdk,collector,dashboard,examples}/src/**/*.test.{ts,tsx}', 'test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // engines and browsers are processes of their own: two files at a time are what two cores carry
    maxWorkers: 2,
    // what a test leaves behind must not reach the next one; tests of the SDK's spool name a folder of their own
    env: { SEAMTRACE_SPOOL: 'off' },
  },
})
