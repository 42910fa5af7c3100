// Plain text tables, and values as people read them.

/** Columns as wide as their widest cell, two blanks between them. */
export function formatTable(head: string[], rows: string[][]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)))
  const line = (cells: string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return `${[line(head.map((title) => title.toUpperCase())), ...rows.map((row) => line(row.map(oneLine)))].join('\n')}\n`
}

/** Control characters of somebody's span name must not move the cursor of a terminal. */
export const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')

export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`
}

export const formatUsd = (usd: number): string => (usd === 0 ? '$0' : `$${usd < 0.01 ? usd.toPrecision(2) : usd.toFixed(2)}`)

export const formatPercent = (share: number): string => `${(share * 100).toFixed(1)} %`
