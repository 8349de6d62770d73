import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Server } from './server.ts'

const lookAgainMs = 50

/**
 * Ends the sessions of a login, and looks until they are gone: the signal to end is only sent. Where people `mayReturn`,
 * those that were there at the first look are meant: what begins after a take has nothing by it.
 */
export async function cutSessions(
  server: Server,
  login: string,
  { mayReturn, signal }: { mayReturn: boolean; signal: AbortSignal },
): Promise<void> {
  let open: number[] | null = null
  do {
    if (open !== null) await sleep(lookAgainMs)
    // Since when a session is there is not shown to whoever may only end it.
    const told: { pid: number }[] = await server.readAsOwner(`end the sessions of ${login}`, {
      text: `SELECT pid, pg_catalog.pg_terminate_backend(pid)
             FROM pg_catalog.pg_stat_activity
             WHERE usename = $1 AND pid <> pg_catalog.pg_backend_pid() AND ($2::integer[] IS NULL OR pid = ANY ($2))`,
      values: [login, mayReturn ? open : null],
      row: session,
      signal,
    })
    open = told.map(({ pid }) => pid)
  } while (open.length > 0)
}

const session = z.object({ pid: z.number() })
