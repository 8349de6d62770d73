import { createWriteStream } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import pg from 'pg'
import { z } from 'zod'
import type { Seen } from './seen.ts'

/*
 * A process of its own that knows nothing of Curfew: it reads the three systems ten times a second, each by itself, and
 * writes down who holds what whenever that changed, and when it could not see.
 */

const { orders, billing, vpn, to } = z
  .object({ orders: z.string(), billing: z.string(), vpn: z.string(), to: z.string() })
  .parse(JSON.parse(process.argv[2] ?? ''))

const everyMs = 100
/** A look that is further from the last one leaves something unseen. */
const blindMs = 450
const file = createWriteStream(to)
const write = (seen: Seen) => file.write(`${JSON.stringify(seen)}\n`)

let isOver = false
process.on('SIGTERM', () => (isOver = true))

async function watch(system: Seen['system'], look: () => Promise<string[]>): Promise<void> {
  let [last, lastAt] = ['', Date.now()]
  while (!isOver) {
    const at = Date.now()
    const held = await look().catch(() => null)
    // What it answers was so at some instant between asking and having the answer.
    const doneAt = Date.now()
    if (held !== null) {
      const now = JSON.stringify(held.sort())
      if (doneAt - lastAt > blindMs) write({ system, unseen: { from: lastAt, to: doneAt } })
      if (now !== last) write({ system, between: [lastAt, doneAt], held })
      last = now
      lastAt = at
    }
    await sleep(Math.max(0, at + everyMs - Date.now()))
  }
  write({ system, between: [lastAt, Date.now()], held: JSON.parse(last || '[]') as string[], isLast: true })
}

const database = new MongoClient(orders, { serverSelectionTimeoutMS: 1_000, socketTimeoutMS: 1_000 })
const pool = new pg.Pool({
  connectionString: billing,
  max: 2,
  query_timeout: 1_000,
  connectionTimeoutMillis: 1_000,
})
pool.on('error', () => undefined)
const users = z.object({
  users: z.array(
    z.object({ user: z.string(), roles: z.array(z.object({ role: z.string(), db: z.string() })) }),
  ),
})

await Promise.all([
  watch('orders', async () => {
    const answer = await database.db('admin').command({ usersInfo: { forAllDBs: true } })
    return users
      .parse(answer)
      .users.flatMap(({ user, roles }) =>
        roles.flatMap(({ role, db }) => (db === 'admin' ? [] : [`${user} ${db}/${role}`])),
      )
  }),
  watch('billing', async () => {
    const { rows } = await pool.query<{ login: string; role: string }>(
      `SELECT m.rolname AS login, r.rolname AS role FROM pg_auth_members a
       JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
       WHERE r.rolname LIKE 'billing%' AND m.rolname NOT LIKE 'curfew%'`,
    )
    return rows.map(({ login, role }) => `${login} ${role}`)
  }),
  watch('vpn', async () => {
    const answer = await fetch(`${vpn}/held`, { signal: AbortSignal.timeout(1_000) })
    return z.array(z.string()).parse(await answer.json())
  }),
])
file.end(() => process.exit(0))
