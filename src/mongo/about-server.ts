import { setTimeout as sleep } from 'node:timers/promises'
import { Timestamp } from 'mongodb'
import type { Connection } from 'mongoose'
import { z } from 'zod'
import { endedWithin } from './within.ts'

/** What a server says of itself to whoever may sign in. Reads alone. */
export interface AboutServer {
  /** "6.0.5" */
  readonly version: string
  /** Of the replica set; null: it is none. */
  readonly setName: string | null
  /** It only passes on to others, of a sharded cluster. */
  readonly isRouter: boolean
  readonly members: number
  readonly arbiters: number
  /** Its clock, at some moment of the round trip. */
  readonly localTime: Date
  readonly roundTripMs: number
}

const opTime = z.object({ ts: z.instanceof(Timestamp) })
const helloSchema = z.object({
  localTime: z.date(),
  setName: z.string().nullish(),
  msg: z.string().nullish(),
  hosts: z.array(z.string()).default([]),
  passives: z.array(z.string()).default([]),
  arbiters: z.array(z.string()).default([]),
  lastWrite: z.object({ opTime, majorityOpTime: opTime.optional() }).optional(),
})
const buildSchema = z.object({ version: z.string() })

async function hello(connection: Connection) {
  return helloSchema.parse(await connection.db?.command({ hello: 1 }, endedWithin(5_000)))
}

export async function aboutServer(connection: Connection): Promise<AboutServer> {
  const { version } = buildSchema.parse(await connection.db?.command({ buildInfo: 1 }, endedWithin(5_000)))
  const askedAtMs = performance.now()
  const said = await hello(connection)
  return {
    version,
    setName: said.setName ?? null,
    isRouter: said.msg === 'isdbgrid',
    members: said.hosts.length + said.passives.length,
    arbiters: said.arbiters.length,
    localTime: said.localTime,
    roundTripMs: performance.now() - askedAtMs,
  }
}

const lookEveryMs = 100

/**
 * Whether what is written is confirmed by a majority: the latest write of now, within this time. No other is made for it:
 * a primary writes something every ten seconds itself. Null where the server does not say.
 */
export async function isMajorityThere(connection: Connection, withinMs: number): Promise<boolean | null> {
  const untilMs = performance.now() + withinMs
  const latest = (await hello(connection)).lastWrite?.opTime.ts
  if (latest === undefined) return null
  for (;;) {
    const confirmed = (await hello(connection)).lastWrite?.majorityOpTime?.ts
    if (confirmed === undefined) return null
    if (confirmed.greaterThanOrEqual(latest)) return true
    if (performance.now() > untilMs) return false
    await sleep(lookEveryMs)
  }
}
