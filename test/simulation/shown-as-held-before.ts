import { extendGrant } from '../../src/operations/extend.ts'
import { requestAccess } from '../../src/operations/request.ts'
import { reviewGrant } from '../../src/operations/review.ts'
import { ConnectorError } from '../../src/domain/connector.ts'
import { termsOf } from '../../src/domain/grant.ts'
import { isRefusal } from '../../src/domain/refusal.ts'
import { aScene, heldThere } from './a-scene.ts'
import { admins, askers, catalog } from './catalog.ts'
import type { Replica } from './replica.ts'

/** `one` may be extended by a minute soon after it began; `byTwo`: where two of its reviewers say yes. */
function longer({ byTwo }: { byTwo: boolean }): typeof catalog {
  const db = catalog.resources.get('db')
  const one = db?.entitlements.get('one')
  const [stage] = one?.review.stages ?? []
  if (!db || !one || !stage) throw new Error('the catalog has no such entitlement')
  const extend = { maxTimes: 3, totalMs: 300_000, stepMs: 60_000, afterShare: 0.1, isReviewed: byTwo }
  const duration = { ...one.duration, maxMs: 300_000 }
  const review = byTwo ? { ...one.review, stages: [{ ...stage, needs: 2 }] as const } : one.review
  const entitlements = new Map([...db.entitlements, ['one', { ...one, extend, duration, review }] as const])
  return { ...catalog, resources: new Map([['db', { ...db, entitlements }]]) }
}

/** What Slack says of whether somebody is still here. */
export type Word = 'yes' | 'no' | 'unknown'

interface Trouble {
  /** To each replica, from when it is shown on. */
  readonly says?: (replica: Replica) => Word | Promise<Word>
  readonly isSilent?: () => boolean
  readonly refuses?: () => boolean
  readonly hasLeft?: () => boolean
}

/** Shown as held before, though another process gave it late: its system lets it lapse at `lapsesMs`. */
export async function shownAsHeldBefore({
  lapsesMs,
  durationMs,
  byTwo = false,
  trouble = {},
}: {
  lapsesMs: number
  durationMs: number
  byTwo?: boolean
  trouble?: Trouble
}) {
  const scene = aScene({
    current: () => longer({ byTwo }),
    connects: (connector) => ({
      ...connector,
      give: async (call) => {
        if (trouble.refuses?.()) throw new ConnectorError('refused', { retryable: true, happened: 'no' })
        return connector.give(call)
      },
    }),
  })
  const { time, db, system, one, other, until, approve } = scene
  system.habits.expires = true
  system.held.set(heldThere, { untilMs: lapsesMs, sinceMs: 0 })
  const missing: number[] = []
  for (let ms = 3_000; ms < 90_000; ms += 500)
    time.look(ms, () => {
      const isActive = [...db.grants.values()].some(({ status }) => status === 'active')
      if (isActive && !system.isHeld(heldThere)) missing.push(ms)
    })
  let isShown = false
  const sayAnyway = (): Word => (trouble.isSilent?.() ? 'unknown' : trouble.hasLeft?.() ? 'no' : 'yes')
  for (const replica of [one, other]) {
    const { directory } = replica.world
    const { facts } = { ...directory }
    directory.facts = async (person) => {
      const word = (isShown ? await trouble.says?.(replica) : null) ?? sayAnyway()
      const said = word === 'unknown' ? word : await facts(person)
      return said !== 'unknown' && word === 'no' ? { ...said, isHere: false } : said
    }
  }
  const asks = async () => {
    const asked = { requestId: 'one', by: askers[0], resource: 'db', entitlement: 'one', durationMs }
    await requestAccess(one.world, { ...asked, reason: 'a good reason', startsAt: null, recurrence: null })
    await approve(one.world, 'one')
    const [grant] = [...db.grants.values()]
    const said = { verdict: 'approve', durationMs: null, note: '' } as const
    if (byTwo && grant?.status === 'pending')
      await reviewGrant(one.world, { grantId: grant.id, by: admins[1], terms: termsOf(grant), ...said })
  }
  time.at(1_100, () => void asks())
  await until(8_000)
  const [grant] = [...db.grants.values()]
  const [hold] = [...db.holds.values()]
  if (grant?.status !== 'active' || !grant.heldBefore || !hold) throw new Error('not as it was meant')
  isShown = true
  return {
    ...scene,
    grant,
    missing,
    extend: () => extendGrant(one.world, { grantId: grant.id, by: askers[0], seenEndsAt: grant.endsAt }),
    turnsOutOurs: () => other.world.holds.watch(hold, { gave: true, forMs: 20_000 }),
  }
}

export type Scene = Awaited<ReturnType<typeof shownAsHeldBefore>>

/** Once, right before a replica notes that the system was told. */
export function beforeTold({ one, other }: Scene, then: (replica: Replica) => Promise<unknown>): void {
  let isOver = false
  for (const replica of [one, other]) {
    const { grants, clock } = replica.world
    const { change } = { ...grants }
    grants.change = async (id, decide, seen) => {
      const next = seen?.status === 'active' && seen.owed !== null ? decide(seen, clock.now()) : null
      const isTold = next !== null && !isRefusal(next) && next.status === 'active' && next.owed === null
      if (isTold && !isOver) {
        isOver = true
        await then(replica)
      }
      return change(id, decide, seen)
    }
  }
}

/** Right as an end later than the grant's is written. */
export function onMoreTime(
  { one, other, grant }: Pick<Scene, 'one' | 'other' | 'grant'>,
  then: () => void,
): void {
  for (const { world } of [one, other]) {
    const { change } = { ...world.grants }
    world.grants.change = (id, decide, seen) =>
      change(
        id,
        (now, at) => {
          const next = decide(now, at)
          if (!isRefusal(next) && next.status === 'active' && next.endsAt > grant.endsAt) then()
          return next
        },
        seen,
      )
  }
}
