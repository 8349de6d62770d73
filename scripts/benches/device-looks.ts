import { setTimeout as sleep } from 'node:timers/promises'
import { lookWhereRulesChanged, watchDevices } from '../../src/operations/by-itself/device-watch.ts'
import { lookAtHeld } from '../../src/operations/by-itself/while-held.ts'
import type { World } from '../../src/operations/world.ts'

export interface Looks {
  readonly held: number
  /** CPU of the process while each was under way, every time. */
  readonly rulesMs: readonly number[]
  readonly minuteMs: readonly number[]
  readonly wholeMs: readonly number[]
}

const apartMs = 200
/** It takes far longer. */
const wholeTimes = 3

/** What each minute asks of everything that is held, some times over. */
export async function lookAgain(world: World, times: number): Promise<Looks> {
  const rows = await world.grants.held()
  const watch = watchDevices(world, { changed: () => undefined })
  const cost = async (work: () => Promise<unknown>): Promise<number> => {
    await sleep(apartMs)
    const before = process.cpuUsage()
    await work()
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1_000
  }
  const rulesMs: number[] = []
  const minuteMs: number[] = []
  const wholeMs: number[] = []
  try {
    for (let time = 0; time < times; time++) {
      rulesMs.push(await cost(() => lookWhereRulesChanged(world, rows)))
      minuteMs.push(await cost(() => watch.minute()))
    }
    for (let time = 0; time < wholeTimes; time++) wholeMs.push(await cost(() => lookAtHeld(world)))
  } finally {
    await watch.stop()
  }
  return { held: rows.length, rulesMs, minuteMs, wholeMs }
}
