// `npm run build`: what would be published: JavaScript and types of schema, sdk and collector, and the built dashboard.
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'

const run = (command: string, args: string[]): void => {
  console.log(`${command} ${args.join(' ')}`)
  const { status } = spawnSync(command, args, { stdio: 'inherit', shell: process.platform === 'win32' })
  if (status !== 0) process.exit(status ?? 1)
}

// in this order: each package is checked against the built types of those before it
run('node', ['scripts/build-library.ts', 'schema', 'sdk'])
rmSync('collector/dist', { recursive: true, force: true })
run('tsc', ['-p', 'collector/tsconfig.build.json'])
run('npm', ['run', '--silent', 'build', '--workspace', 'dashboard'])
