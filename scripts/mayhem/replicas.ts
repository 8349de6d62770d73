import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../test/support/free-port.ts'
import { freeze } from '../../test/support/freeze.ts'
import { ownWallClock } from '../../test/support/own-wall-clock.ts'
import { startNodeProcess, type AppProcess } from '../app-process.ts'
import type { Diary } from './diary.ts'

/** One Curfew of several, under a supervisor that starts it again; its wall clock is its own, and wrong. */
export interface Replica {
  readonly name: string
  readonly url: string
  /** Of its process; null while it is dead or frozen. */
  pid(): number | null
  /** Ends it as a machine that lost its power; the supervisor starts another. */
  kill(): void
  /** A machine that hangs, for so long. */
  freeze(forMs: number): Promise<void>
  setClock(aheadMs: number): Promise<void>
  /** Everything its processes logged, a line each. */
  readonly lines: readonly string[]
  stop(): Promise<void>
}

const againAfterMs = 500
const unpaced = join(import.meta.dirname, 'unpaced.mjs')

export async function startReplica(
  name: string,
  folder: string,
  environment: Readonly<Record<string, string>>,
  { aheadMs, diary }: { aheadMs: number; diary: Diary },
): Promise<Replica> {
  const own = join(folder, name)
  await mkdir(own)
  const [clock, port] = [await ownWallClock(own, aheadMs), await freePort()]
  const lines: string[] = []
  const now: { app: AppProcess | null; isFrozen: boolean; isOver: boolean } = {
    app: null,
    isFrozen: false,
    isOver: false,
  }
  const isOver = (): boolean => now.isOver
  const launch = async (): Promise<AppProcess> => {
    const own = { ...environment, ...clock.env, PORT: String(port) }
    return startNodeProcess([unpaced], {
      environment: own,
      running: 'curfew is running',
      // With the right time, which it does not know.
      hears: (line) => lines.push(`${new Date().toISOString()} ${line}`),
    })
  }
  now.app = await launch()
  const supervised = (async () => {
    while (!isOver()) {
      await now.app?.exited
      now.app = null
      if (isOver()) return
      const end = diary.trouble(name, 'killed or dead')
      while (now.app === null && !isOver()) {
        await sleep(againAfterMs)
        now.app = await launch().catch((error: unknown) => {
          lines.push(`did not start: ${error instanceof Error ? error.message : String(error)}`)
          return null
        })
      }
      end()
    }
  })()
  return {
    name,
    url: `http://127.0.0.1:${port}`,
    pid: () => (now.isFrozen ? null : (now.app?.pid ?? null)),
    kill: () => {
      if (now.app !== null && !now.isFrozen) process.kill(now.app.pid, 'SIGKILL')
    },
    freeze: async (forMs) => {
      if (now.app === null || now.isFrozen) return
      now.isFrozen = true
      const end = diary.trouble(name, 'frozen')
      const thaw = await freeze(now.app.pid).catch(() => null)
      if (thaw !== null) await sleep(forMs)
      thaw?.()
      end()
      now.isFrozen = false
    },
    setClock: (ms) => clock.set(ms),
    lines,
    stop: async () => {
      now.isOver = true
      await now.app?.stop()
      await supervised
    },
  }
}
