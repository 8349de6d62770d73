import { arch, cpus, loadavg, totalmem } from 'node:os'

/** One line of figures. Columns beyond the first are named with their unit, such as `p99Ms`. */
export type Row = { readonly name: string; readonly n: number } & Readonly<Record<string, number | string>>

export interface Goal {
  readonly what: string
  readonly limit: number
  readonly measured: number
  readonly met: boolean
}

export interface Report {
  readonly bench: string
  /** From what to what was measured. */
  readonly what: string
  readonly rows: readonly Row[]
  readonly goals: readonly Goal[]
  /** What a reader must know to judge the figures. */
  readonly notes: readonly string[]
}

/** Nearest rank; 0 is the least, 1 the greatest. NaN of nothing. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN
}

export const spread = (ms: readonly number[]) => ({
  p50Ms: rounded(quantile(ms, 0.5)),
  p99Ms: rounded(quantile(ms, 0.99)),
  maxMs: rounded(quantile(ms, 1)),
})

export function rounded(ms: number): number {
  return Math.round(ms * 100) / 100
}

export const atMost = (what: string, limit: number, measured: number): Goal => ({
  what,
  limit: rounded(limit),
  measured: rounded(measured),
  met: measured <= limit,
})

const loadBefore = rounded(loadavg()[0] ?? 0)

const machine = () => ({
  cores: cpus().length,
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  memoryGB: Math.round(totalmem() / 1024 ** 3),
  node: process.version,
  os: `${process.platform} ${arch()}`,
  /** Of the minute before the bench: far from 0, others were at work too. */
  loadBefore,
})

export function print({ bench, what, rows, goals, notes }: Report, { json }: { json: boolean }): void {
  const { cores, cpu, memoryGB, node, os } = machine()
  console.log(`\n${bench}: ${what}`)
  console.log(`${cores} cores (${cpu}), ${memoryGB} GB, Node ${node}, ${os}, load before ${loadBefore}\n`)
  console.log(table(rows))
  for (const note of notes) console.log(`- ${note}`)
  for (const { what: goal, limit, measured, met } of goals) {
    console.log(`${met ? 'met   ' : 'MISSED'} ${goal}: ${measured}, at most ${limit}`)
  }
  if (json) console.log(JSON.stringify({ bench, machine: machine(), rows, goals }))
}

function table(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const lines = [columns, ...rows.map((row) => columns.map((column) => String(row[column] ?? '')))]
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)))
  const padded = lines.map((line) =>
    line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
  )
  return `${padded.join('\n')}\n`
}
