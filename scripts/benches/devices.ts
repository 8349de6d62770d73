import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { silentGoals, whoFallSilent } from './device-silence.ts'
import { aDeviceDay, deviceCount, personCount } from './device-day.ts'
import { paced, type Reported } from './device-sender.ts'
import { lookedAt, lookGoals } from './device-minute.ts'
import { unfitAtOnce } from './device-unfit.ts'
import { callPlainly } from './plainly.ts'
import { atMost, rounded, spread, type Report } from './report.ts'
import { cpuMsOf, databaseOf, runBench, troubles } from './run-bench.ts'

const perSecond = 500
const blockSeconds = 4
const warmSeconds = 3
/** Of so many reports one says something new. */
const oneChangesIn = 50

await runBench(
  async (bench): Promise<Report> => {
    const day = await aDeviceDay(bench)
    const { app, target, url, mongod, lanes } = day
    const total = Math.ceil(bench.seconds / blockSeconds) * blockSeconds * perSecond
    const took = { curfew: [] as number[], bare: [] as number[] }
    const cpuMs = { curfew: 0, bare: 0 }
    for (const name of ['curfew', 'bare'] as const)
      await paced(
        reports(deviceCount - warmSeconds * perSecond, warmSeconds * perSecond),
        perSecond,
        lanes[name].one,
      )
    const block = perSecond * blockSeconds
    for (let from = 0, round = 0; from < total; from += block, round++) {
      const order = ['curfew', 'bare'] as const
      for (const name of round % 2 === 0 ? order : order.toReversed()) {
        const before = await cpuMsOf(lanes[name].pid)
        took[name].push(...(await paced(reports(from, block), perSecond, lanes[name].one)))
        await sleep(500)
        cpuMs[name] += (await cpuMsOf(lanes[name].pid)) - before
      }
    }
    const reportsRow = (name: 'curfew' | 'bare') => ({
      name: `${name}: reports at ${perSecond} a second`,
      n: took[name].length,
      ...spread(took[name]),
      cpuMsEach: rounded(cpuMs[name] / total),
      load: load(),
    })
    const heard = [reportsRow('curfew'), reportsRow('bare')]

    const unfit = await unfitAtOnce(bench, day)
    const unfitRow = {
      name: 'curfew: one delivery makes them unfit → their takes arrive',
      ...unfit,
      load: load(),
    }
    const mongodbUri = databaseOf(mongod, 'timer_bench')
    const timer = await callPlainly({
      bench,
      how: 'timer',
      action: 'take',
      target,
      url,
      mongodbUri,
      aheadMs: 10_000,
    })
    const silent = await whoFallSilent(day)
    const silentRow = {
      name: 'curfew: maxAge of what fell silent is over → its take arrives',
      ...silent,
      load: load(),
    }
    const said = troubles(app)
    await app.stop()
    const minute = await lookedAt(bench, day)
    return {
      bench: 'devices',
      what: `${deviceCount} devices of ${personCount} people: reports, what they end, silence, and the look of each minute`,
      rows: [
        ...heard,
        unfitRow,
        { name: 'calls alone, by a timer', ...timer },
        silentRow,
        ...minute.rows.map((row) => ({ ...row, load: load() })),
      ],
      goals: [
        atMost(`curfew, p99 of a report at ${perSecond} a second (ms)`, 50, spread(took.curfew).p99Ms),
        atMost(
          'curfew, CPU beside 3 × the bare handler (ms each)',
          (3 * cpuMs.bare) / total,
          cpuMs.curfew / total,
        ),
        atMost(`curfew, p99 until the takes of ${bench.grants} made unfit arrive (ms)`, 1_000, unfit.p99Ms),
        atMost('made unfit and not taken', 0, bench.grants - unfit.n),
        ...silentGoals(silent),
        ...lookGoals(minute),
      ],
      notes: [
        `one report a delivery, signed; one of ${oneChangesIn} changes a value, the others instants alone; in blocks of ${blockSeconds} s in turn`,
        'bare handler: Hono and the driver; it verifies the same signature and stores the same by one upsert of the same write concern',
        'cpuMs: CPU time of the process, of curfew with all else that it does meanwhile; load: of the machine over the minute before',
        ...said,
      ],
    }
  },
  { grants: 1_000, longestMs: 600_000 },
)

function load(): number {
  return rounded(loadavg()[0] ?? 0)
}

/** Of so many devices one after the other. */
function reports(from: number, count: number): Reported[] {
  return Array.from({ length: count }, (_, k) => {
    const i = (from + k) % deviceCount
    return { i, ...(k % oneChangesIn === 0 ? { values: { osVersion: '15.2' } } : {}) }
  })
}
