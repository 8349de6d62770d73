import { mkdir, readFile } from 'node:fs/promises'
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
  const hunger = watchHunger(() => (now.isFrozen ? null : (now.app?.pid ?? null)), name, diary)
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
      hunger.stop()
      await now.app?.stop()
      await supervised
    },
  }
}

/** What is said of a replica that the machine gives no time. */
export const noCpu = 'had no CPU'
const hungerEachMs = 250
/** More of its time waiting for a CPU than this, and its calls are late for no reason of its own. */
const mostHunger = 0.3

/** By the kernel's own count of how long its main thread was ready and had no CPU. Told by Linux alone. */
function watchHunger(pidNow: () => number | null, name: string, diary: Diary): { stop(): void } {
  let last: { pid: number; waitedNs: number; atMs: number } | null = null
  let end: (() => void) | null = null
  const look = async (): Promise<void> => {
    const pid = pidNow()
    const text = pid === null ? '' : await readFile(`/proc/${pid}/schedstat`, 'utf8').catch(() => '')
    const [, waited] = text.split(' ')
    const [waitedNs, atMs] = [Number(waited), performance.now()]
    if (pid === null || waited === undefined || last?.pid !== pid) {
      last = pid === null || waited === undefined ? null : { pid, waitedNs, atMs }
      return
    }
    const share = (waitedNs - last.waitedNs) / 1e6 / (atMs - last.atMs)
    last = { pid, waitedNs, atMs }
    if (share > mostHunger) end ??= diary.trouble(name, noCpu)
    else {
      end?.()
      end = null
    }
  }
  const timer = setInterval(() => void look(), hungerEachMs)
  return { stop: () => clearInterval(timer) }
}
