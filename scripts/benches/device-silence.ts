import { writeActiveGrants } from './active-grants.ts'
import { benchSystem } from './catalog.ts'
import { markIn, onAwake, silentAfterMs } from './device-catalog.ts'
import { holdersOf, type DeviceDay } from './device-day.ts'
import { paced } from './device-sender.ts'
import { takesOf } from './device-takes.ts'
import { atMost, spread, type Goal } from './report.ts'

const count = 200
const firstPerson = 2_000
const rounds = 3
const perSecond = 50
const heldMs = 3_600_000
const patienceMs = 20_000

type Silent = Awaited<ReturnType<typeof whoFallSilent>>

/** Their devices report again and again, and then no more: how long after `maxAge` what is held on each is taken. */
export async function whoFallSilent({ connection, target, people, posted, catalog, lanes }: DeviceDay) {
  const holders = holdersOf(people.slice(firstPerson, firstPerson + count))
  await target.ask({ what: 'hold', principals: holders.map(({ principal }) => principal) })
  const lastAt = new Map<string, Date>()
  const all = holders.map(({ principal }, k) => ({ principal, i: firstPerson + k }))
  const report = () =>
    paced(all, perSecond, async ({ principal, i }) => {
      lastAt.set(principal, await lanes.curfew.one({ i }))
    })
  await report()
  const until = (principal: string): Date =>
    new Date((lastAt.get(principal)?.getTime() ?? Number.NaN) + silentAfterMs)
  await writeActiveGrants(connection, {
    holders,
    system: benchSystem,
    endsAt: new Date(Date.now() + heldMs),
    posted,
    what: onAwake,
    posture: ({ principal }) => ({
      rule: markIn(catalog, onAwake.entitlement),
      until: until(principal),
      on: null,
      unfit: null,
    }),
    ids: 'silent',
  })
  for (let round = 0; round < rounds; round++) await report()
  const { first, again } = await takesOf(target, count, Date.now() + silentAfterMs + patienceMs)
  const lateMs = [...first].map(([principal, atMs]) => atMs - until(principal).getTime())
  return { n: lateMs.length, early: lateMs.filter((ms) => ms < 0).length, again, ...spread(lateMs) }
}

export const silentGoals = ({ n, early, maxMs }: Silent): Goal[] => [
  atMost('curfew, the last take after maxAge was over (ms)', 5_000, maxMs),
  atMost('silent and not taken', 0, count - n),
  atMost('taken before maxAge was over', 0, early),
]
