import { setTimeout as sleep } from 'node:timers/promises'
import { writeActiveGrants } from './active-grants.ts'
import { benchSystem } from './catalog.ts'
import { markIn, onFit } from './device-catalog.ts'
import { holdersOf, type DeviceDay } from './device-day.ts'
import { takesOf } from './device-takes.ts'
import { rounded, spread } from './report.ts'
import { cpuMsOf, type Bench } from './run-bench.ts'

const heldMs = 3_600_000
const patienceMs = 30_000

/** Everything that so many people hold is on devices of which one delivery tells that they are not fit any more. */
export async function unfitAtOnce({ grants }: Bench, day: DeviceDay) {
  const { connection, target, people, posted, catalog, lanes, app } = day
  const holders = holdersOf(people.slice(0, grants))
  await target.ask({ what: 'hold', principals: holders.map(({ principal }) => principal) })
  const endsAt = new Date(Date.now() + heldMs)
  const posture = { rule: markIn(catalog, onFit.entitlement), until: endsAt, on: null, unfit: null }
  await writeActiveGrants(connection, {
    holders,
    system: benchSystem,
    endsAt,
    posted,
    what: onFit,
    posture: () => posture,
    ids: 'unfit',
  })
  await sleep(2_000)
  const cpuBeforeMs = await cpuMsOf(app.pid)
  const sentAtMs = Date.now()
  await lanes.curfew.batch(holders.map((_, i) => ({ i, values: { firewall: false } })))
  const answeredMs = Date.now() - sentAtMs
  const { first, again } = await takesOf(target, grants, sentAtMs + patienceMs)
  const tookMs = [...first.values()].map((atMs) => atMs - sentAtMs)
  const isDone = async () => (await connection.collection('grants').countDocuments({ isOpen: true })) === 0
  while (!(await isDone())) {
    if (Date.now() > sentAtMs + patienceMs) throw new Error('what is not fit does not end')
    await sleep(50)
  }
  const recordedMs = Date.now() - sentAtMs
  const cpuMsEach = rounded(((await cpuMsOf(app.pid)) - cpuBeforeMs) / grants)
  // What is shown of it in Slack is still under way.
  await sleep(5_000)
  return { n: tookMs.length, again, ...spread(tookMs), answeredMs, allRecordedMs: recordedMs, cpuMsEach }
}
