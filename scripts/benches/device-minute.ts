import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { writeActiveGrants } from './active-grants.ts'
import { benchSystem } from './catalog.ts'
import { alsoOnFit, markIn, onFit } from './device-catalog.ts'
import { holdersOf, personCount, type DeviceDay } from './device-day.ts'
import { botOf } from './lives.ts'
import { repeatHeld } from './many-held.ts'
import { startPart } from './part.ts'
import { atMost, quantile, rounded, type Goal } from './report.ts'
import type { Bench } from './run-bench.ts'

const heldCount = 20_000
const times = 20
const heldMs = 7_200_000

const answered = z.object({
  held: z.number(),
  rulesMs: z.array(z.number()),
  minuteMs: z.array(z.number()),
  wholeMs: z.array(z.number()),
})

const cpu = (ms: readonly number[]) => ({
  cpuMs: rounded(quantile(ms, 0.5)),
  cpuMaxMs: rounded(quantile(ms, 1)),
})

/** The look of each minute at so many that are held on devices, where nothing changed. */
export async function lookedAt(bench: Bench, day: DeviceDay) {
  const { connection, people, workspace, mongodbUri, catalog, environment } = day
  // Those whose devices are not fit were cut, and wait to go on.
  const fit = people.slice(bench.grants)
  await holdBy(day, onFit, fit)
  await holdBy(day, alsoOnFit, fit.slice(0, heldCount - personCount + bench.grants))
  const cut = await connection
    .collection('grants')
    .countDocuments({ cause: 'unfit', 'resource.id': onFit.resource })
  const folder = join(import.meta.dirname, '../../.cache/bench')
  const catalogPath = join(folder, 'devices.yml')
  await mkdir(folder, { recursive: true })
  await writeFile(catalogPath, catalog)
  const app = startPart('curfew-app.ts')
  bench.atEnd(() => app.stop())
  await app.ask({ what: 'start', ...botOf(workspace), mongodbUri, catalogPath, environment })
  const { held, rulesMs, minuteMs, wholeMs } = answered.parse(await app.ask({ what: 'looks', times }))
  if (held !== heldCount) throw new Error(`${held} are held`)
  await app.stop()
  const ofDevices = rulesMs.map((ms, i) => ms + (minuteMs[i] ?? 0))
  const row = (name: string, ms: readonly number[]) => ({ name, n: held, ...cpu(ms) })
  return {
    ofDevices,
    rows: [
      row('each minute: what was judged by another rule', rulesMs),
      row(`each minute: what is to go on, of ${cut} that were cut`, minuteMs),
      row('each minute: the whole look, Slack and all', wholeMs),
    ],
  }
}

export const lookGoals = ({ ofDevices }: Awaited<ReturnType<typeof lookedAt>>): Goal[] => [
  atMost('CPU of what is about devices each minute, the median (ms)', 100, quantile(ofDevices, 0.5)),
]

async function holdBy(
  { connection, posted, catalog }: DeviceDay,
  what: typeof onFit,
  people: DeviceDay['people'],
): Promise<void> {
  const [first, ...others] = people
  if (first === undefined) return
  const ids = `many-${what.resource}`
  const endsAt = new Date(Date.now() + heldMs)
  const posture = { rule: markIn(catalog, what.entitlement), until: endsAt, on: null, unfit: null }
  await writeActiveGrants(connection, {
    holders: holdersOf([first]),
    system: benchSystem,
    endsAt,
    posted,
    what,
    posture: () => posture,
    ids,
  })
  await repeatHeld(connection, { grantId: `${ids}-0`, people: others, ids: `${ids}-other` })
}
