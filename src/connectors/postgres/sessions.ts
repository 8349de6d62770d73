import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Server } from './server.ts'

const lookAgainMs = 50

/** Ends the sessions of a login, and looks until they are gone: the signal to end is only sent. */
export async function cutSessions(server: Server, login: string, signal: AbortSignal): Promise<void> {
  const doing = `end the sessions of ${login}`
  for (;;) {
    const open = await server.readAsOwner(doing, {
      text: `SELECT pg_catalog.pg_terminate_backend(pid) AS told
             FROM pg_catalog.pg_stat_activity
             WHERE usename = $1 AND pid <> pg_catalog.pg_backend_pid()`,
      values: [login],
      row: z.object({ told: z.boolean() }),
      signal,
    })
    if (open.length === 0) return
    await sleep(lookAgainMs)
  }
}
