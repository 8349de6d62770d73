import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { startAppProcess, type AppProcess } from '../app-process.ts'
import type { Workspace } from '../../test/workspace/workspace.ts'
import { print, type Report } from './report.ts'

const usual = {
  grants: 1_000,
  entries: 10_000_000,
  people: 100_000,
  entitlements: 50_000,
  longestMs: 400_000,
}

export interface Bench {
  readonly seconds: number
  readonly grants: number
  /** Of the record, where one is made. */
  readonly entries: number
  /** Of the database, and of the catalog, where a large one is made. */
  readonly people: number
  readonly entitlements: number
  /** Done when the bench ends, however that comes about: the last one first. */
  atEnd(end: () => Promise<unknown>): void
}

/** Runs one bench, prints what it found and ends the process: 0 also when a goal was missed. */
export async function runBench(
  measure: (bench: Bench) => Promise<Report>,
  given: Partial<typeof usual> = {},
): Promise<never> {
  const { grants, entries, people, entitlements, longestMs } = { ...usual, ...given }
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      seconds: { type: 'string', default: '20' },
      grants: { type: 'string', default: String(grants) },
      entries: { type: 'string', default: String(entries) },
      people: { type: 'string', default: String(people) },
      entitlements: { type: 'string', default: String(entitlements) },
    },
  })
  const endings: (() => Promise<unknown>)[] = []
  const end = async (code: number): Promise<never> => {
    setTimeout(() => process.exit(code), 15_000).unref()
    for (const ending of endings.splice(0)) await ending().catch((error: unknown) => console.error(error))
    process.exit(code)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end(130))
  setTimeout(() => {
    console.error(`not done after ${longestMs / 1_000} s`)
    void end(1)
  }, longestMs).unref()
  const starter = process.ppid
  setInterval(() => process.ppid === starter || void end(1), 1_000).unref()
  try {
    const report = await measure({
      seconds: Number(values.seconds),
      grants: Number(values.grants),
      entries: Number(values.entries),
      people: Number(values.people),
      entitlements: Number(values.entitlements),
      atEnd: (ending) => endings.unshift(ending),
    })
    print(report, values)
    return await end(0)
  } catch (error) {
    console.error(error)
    return end(1)
  }
}

/** Curfew itself, built, in its own process. `BENCH_NODE_OPTIONS` reaches it alone, for profiles. */
export async function startCurfew(options: {
  workspace: Workspace
  mongodbUri: string
  catalog: string
  environment: Record<string, string>
  tellsMemory?: true
}): Promise<AppProcess> {
  const { workspace, mongodbUri, catalog, environment, tellsMemory } = options
  const folder = join(import.meta.dirname, '../../.cache/bench')
  const path = join(folder, 'catalog.yml')
  await mkdir(folder, { recursive: true })
  await writeFile(path, catalog)
  const nodeOptions = process.env['BENCH_NODE_OPTIONS']
  const variables = {
    ...connectedTo(workspace, mongodbUri),
    CATALOG: path,
    ...(nodeOptions ? { NODE_OPTIONS: nodeOptions } : {}),
    ...environment,
  }
  return startAppProcess(variables, tellsMemory ? { tellsMemory } : {})
}

/** Of the app's process alone, for profiles. */
export const nodeOptions = (): string[] =>
  (process.env['BENCH_NODE_OPTIONS'] ?? '').split(' ').filter((option) => option !== '')

/** What tells an app its Slack and its database. */
export const connectedTo = (workspace: Workspace, mongodbUri: string): Record<string, string> => ({
  SLACK_BOT_TOKEN: workspace.botToken,
  SLACK_APP_TOKEN: workspace.appToken,
  SLACK_API_URL: workspace.apiUrl,
  MONGODB_URI: mongodbUri,
  NODE_ENV: 'production',
})

/** What Curfew warned of or failed at while it was measured: none, or the figures need a footnote. */
export function troubles({ lines }: AppProcess): string[] {
  const counts = new Map<string, number>()
  for (const line of lines) {
    const said = logLine.safeParse(line.startsWith('{') ? JSON.parse(line) : null).data
    if (said === undefined || (said.level !== 'warn' && said.level !== 'error')) continue
    const why =
      said.error === undefined
        ? ''
        : ` (${said.error.message.slice(0, 120).replace(/\d+ seconds/, 'some seconds')})`
    const words = `${said.level}, ${said.message}${why}`
    counts.set(words, (counts.get(words) ?? 0) + 1)
  }
  return [...counts].map(([words, times]) => `curfew logged ${times} times: ${words}`)
}

const logLine = z.object({
  level: z.string(),
  message: z.string(),
  error: z.object({ message: z.string() }).optional(),
})

/** CPU time that a process has used so far, in ms; NaN where the system does not tell it as Linux does. */
export async function cpuMsOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  return ticks * 10
}

export function databaseOf(server: string, name: string): string {
  const uri = new URL(server)
  uri.pathname = `/${name}`
  return uri.toString()
}
