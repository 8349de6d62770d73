import { setTimeout as sleep } from 'node:timers/promises'
import type { MongoClient } from 'mongodb'
import { z } from 'zod'
import type { Lane } from './lives.ts'
import { rounded } from './report.ts'

/** So many lives are begun a second. */
export const perSecond = 4
const idleMs = 20_000

const serverStatus = z.object({
  metrics: z.object({
    commands: z.record(z.string(), z.unknown()),
    queryExecutor: z.object({ scanned: z.coerce.number(), scannedObjects: z.coerce.number() }),
  }),
})
const counted = [
  'find',
  'insert',
  'update',
  'delete',
  'findAndModify',
  'aggregate',
  'count',
  'distinct',
  'getMore',
]

/** Of one life, beyond what the idle app costs in that time. */
export interface Cost {
  readonly commands: Readonly<Record<string, number>>
  readonly documents: number
  readonly cpuMs: number
  readonly slack: Readonly<Record<string, number>>
}

export async function costOf(lane: Lane, client: MongoClient, lives: number): Promise<Cost> {
  const [first, ...others] = lane.people.slice(0, lives + 1)
  if (first === undefined) throw new Error('nobody to live')
  // The code is warm.
  await lane.live(first, others.length + 1)
  await sleep(3_000)
  const beforeIdle = await countsOf(lane, client)
  await sleep(idleMs)
  const before = await countsOf(lane, client)
  const startedAtMs = performance.now()
  const running: Promise<void>[] = []
  for (const [i, person] of others.entries()) {
    const waitMs = startedAtMs + (i * 1_000) / perSecond - performance.now()
    if (waitMs > 0) await sleep(waitMs)
    running.push(lane.live(person, i))
  }
  await Promise.all(running)
  // What is told last may still be under way.
  await sleep(5_000)
  const after = await countsOf(lane, client)
  const idle = (key: string) =>
    ((before.get(key) ?? 0) - (beforeIdle.get(key) ?? 0)) / (before.atMs - beforeIdle.atMs)
  const perLife = (key: string) =>
    rounded(((after.get(key) ?? 0) - (before.get(key) ?? 0) - idle(key) * (after.atMs - before.atMs)) / lives)
  const of = (prefix: string) =>
    Object.fromEntries(
      [...after.keys()]
        .filter((key) => key.startsWith(prefix))
        .map((key) => [key.slice(prefix.length), perLife(key)]),
    )
  return {
    commands: of('command '),
    slack: of('slack '),
    documents: perLife('documents'),
    cpuMs: perLife('cpu'),
  }
}

async function countsOf(lane: Lane, client: MongoClient): Promise<Map<string, number> & { atMs: number }> {
  const metrics = await metricsOf(client)
  const found = new Map<string, number>()
  for (const name of counted) {
    const { total } = z.object({ total: z.coerce.number() }).parse(metrics.commands[name])
    found.set(`command ${name}`, total)
  }
  found.set('documents', metrics.queryExecutor.scannedObjects)
  found.set('cpu', z.number().parse(await lane.app.ask({ what: 'cpu' })))
  for (const [method, times] of lane.calls) found.set(`slack ${method}`, times)
  return Object.assign(found, { atMs: performance.now() })
}

/** What the server read so far, for whoever asked. */
export async function examinedBy(client: MongoClient): Promise<{ documents: number; keys: number }> {
  const { queryExecutor } = await metricsOf(client)
  return { documents: queryExecutor.scannedObjects, keys: queryExecutor.scanned }
}

async function metricsOf(client: MongoClient) {
  return serverStatus.parse(await client.db('admin').command({ serverStatus: 1 })).metrics
}

export function commandsOf({ commands }: Cost): number {
  return sum(Object.values(commands))
}

function sum(values: readonly number[]): number {
  return values.reduce((all, one) => all + one, 0)
}

export function said(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .filter(([, count]) => Math.abs(count) >= 0.01)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')
}
