// What a run is doing: on a terminal one line that changes; elsewhere a line every 30 s, so that nobody takes long work for a standstill.

let showsSteps = false
let shown = ''
let shownMs = 0

/** Every step on a line of its own from now on. */
export const showSteps = (): void => {
  showsSteps = true
}

export const showProgress = (text: string): void => {
  if (showsSteps && text !== '') process.stderr.write(`  ${performance.now().toFixed(0).padStart(8)} ms  ${text}\n`)
  else if (process.stderr.isTTY) process.stderr.write(`\r${text.padEnd(shown.length)}${text === '' ? '\r' : ''}`)
  else if (text !== '' && Date.now() - shownMs > 30_000) process.stderr.write(`  ${text}\n`)
  else return
  shown = text
  shownMs = Date.now()
}
