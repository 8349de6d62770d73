import { createHash } from 'node:crypto'
import { everyEntitlement, findEntitlement, type Entitlement } from '../domain/catalog.ts'
import { cut } from '../domain/cut.ts'
import type { EndCause, Granting } from '../domain/grant.ts'
import { refTo, type PersonFacts, type SlackIdentity } from '../domain/person.ts'
import { isAdmin, mayHold, placeFor, standingAsking } from '../domain/policy.ts'
import { pairOf, type StandingRow } from '../domain/ports.ts'
import { isRefusal, refuse, type Refusal } from '../domain/refusal.ts'
import { isStandingRule, termMs } from '../domain/standing.ts'
import { dueOf, startGiving, transition } from '../domain/transition.ts'
import type { World } from './world.ts'

/** So many people would lose something at once that an admin says first whether that is meant. */
export interface MassLoss {
  readonly resource: Entitlement['resource']
  readonly entitlement: { readonly id: string; readonly name: string }
  readonly channel: string
  /** Changes whenever the people do: a yes is for these and no others. */
  readonly mark: string
  readonly count: number
}

export interface Standing {
  /** Looks at everybody, gives to whoever matches now, takes from whoever does not. Never throws. */
  look(): Promise<void>
  /** Looks shortly, once for many calls: after people, groups or rules changed. */
  soon(): void
  /** What waits for an admin's word, as far as this process has looked. */
  losses(): readonly MassLoss[]
  /** An admin says that those people shall lose it; if they are others by now, nothing happens. */
  confirm(asked: {
    by: SlackIdentity
    resource: string
    entitlement: string
    mark: string
  }): Promise<Refusal | { taken: number }>
  stop(): void
}

/** Changes that come together are looked at together. */
const soonMs = 300
const atOnce = 32
/** What could not be given because the system refused is not asked of it again at once. */
const failedForMs = 3_600_000

interface Difference {
  readonly rule: Entitlement
  readonly give: readonly PersonFacts[]
  /** They left the workspace: nothing to be confirmed. */
  readonly offboarded: readonly StandingRow[]
  readonly unmatched: readonly StandingRow[]
  readonly isUnreadable: boolean
}

/**
 * Standing access: who holds it follows from the rules and the directory, looked at again and again. What cannot be read
 * changes nothing: nobody new is given anything, nobody loses it, and after `patienceMs` the admins are told.
 * Any number of processes may look at once: a grant is unique, and ending it twice is ending it.
 */
export function createStanding(
  world: World,
  { tell, patienceMs = 600_000 }: { tell: (words: string) => void; patienceMs?: number },
): Standing {
  let waiting: readonly MassLoss[] = []
  let running: Promise<void> | null = null
  let timer: NodeJS.Timeout | null = null
  const unreadableSince = new Map<string, { atMs: number; isTold: boolean }>()

  const noteUnreadable = (what: string, isUnreadable: boolean): void => {
    if (!isUnreadable) {
      unreadableSince.delete(what)
      return
    }
    const nowMs = world.clock.monotonicMs()
    const since = unreadableSince.get(what) ?? { atMs: nowMs, isTold: false }
    unreadableSince.set(what, since)
    if (since.isTold || nowMs - since.atMs < patienceMs) return
    since.isTold = true
    tell(`Slack does not say who holds ${what}. Nobody new gets it and nobody loses it until it does.`)
  }

  const lookNow = async (confirmed: string | null): Promise<number> => {
    const found = await differences(world)
    if (found === 'unknown') {
      noteUnreadable('standing access', true)
      return 0
    }
    noteUnreadable('standing access', false)
    const losses: MassLoss[] = []
    let taken = 0
    for (const { rule, give, offboarded, unmatched, isUnreadable } of found) {
      noteUnreadable(`${rule.name} on ${rule.resource.name}`, isUnreadable)
      const mark = markOf(unmatched)
      const mayTake = unmatched.length <= rule.confirmAbove || mark === confirmed
      if (!mayTake) losses.push(lossOf(rule, mark, unmatched.length))
      await inTurns(give, (facts) => giveTo(world, facts, rule))
      await inTurns(offboarded, (row) => takeFrom(world, row, 'offboarded'))
      if (mayTake) {
        await inTurns(unmatched, (row) => takeFrom(world, row, 'unmatched'))
        taken += unmatched.length
      }
    }
    waiting = losses
    return taken
  }

  const look = (): Promise<void> => {
    running ??= lookNow(null)
      .then(() => undefined)
      .catch((error: unknown) => world.log.error('could not look at standing access now', { error }))
      .finally(() => (running = null))
    return running
  }

  return {
    look,
    soon: () => {
      timer ??= setTimeout(() => {
        timer = null
        // One that began before the change does not count.
        void (running ?? Promise.resolve()).then(look)
      }, soonMs)
    },
    losses: () => waiting,
    confirm: async ({ by, resource, entitlement, mark }) => {
      const rule = findEntitlement(world.catalog(), resource, entitlement)
      const facts = await world.directory.facts(by)
      if (facts === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who you are'] })
      if (rule === null || !facts.isHere || !isAdmin(facts.person, rule)) return refuse('not-an-admin')
      await running
      const taken = await lookNow(mark)
      return taken > 0 ? { taken } : refuse('loss-changed')
    },
    stop: () => {
      if (timer !== null) clearTimeout(timer)
    },
  }
}

/** Who should hold what and does not, and the other way round; unknown when Slack does not list people. */
async function differences(world: World): Promise<readonly Difference[] | 'unknown'> {
  const rules = everyEntitlement(world.catalog()).filter(isStandingRule)
  if (rules.length === 0 || !world.clock.isSure()) return []
  const now = world.clock.now()
  const [people, rows, failed] = await Promise.all([
    world.directory.everyone(),
    world.grants.standing(),
    world.grants.standingFailed(new Date(now.getTime() - failedForMs)),
  ])
  if (people === 'unknown') return 'unknown'
  const held = new Map(rows.map((row) => [pairOf(row), row]))
  return rules.map((rule) => {
    const give: PersonFacts[] = []
    const offboarded: StandingRow[] = []
    const unmatched: StandingRow[] = []
    let isUnreadable = false
    for (const facts of people) {
      const pair = pairOf({ subjectId: facts.person.id, resource: rule.resource.id, entitlement: rule.id })
      const row = held.get(pair) ?? null
      const { answer } = mayHold(facts, rule, standingAsking(rule), now)
      if (answer === 'unknown') {
        isUnreadable = true
      } else if (answer === 'yes') {
        if (row === null) {
          if (!failed.has(pair)) give.push(facts)
        } else if (isRunning(row) && hasMoved(world, facts, rule, row)) unmatched.push(row)
      } else if (row !== null && isRunning(row)) (facts.isHere ? unmatched : offboarded).push(row)
    }
    return { rule, give, offboarded, unmatched, isUnreadable }
  })
}

const isRunning = ({ status }: StandingRow): boolean => status === 'granting' || status === 'active'

/** What is given is somewhere else now, or they are somebody else there: it is taken, and given anew at the next look. */
function hasMoved(world: World, facts: PersonFacts, rule: Entitlement, row: StandingRow): boolean {
  const place = placeFor(world.catalog(), facts, rule, standingAsking(rule), world.clock.now())
  return 'unresolved' in place || place.principal !== row.principal || place.canonical !== row.canonical
}

async function giveTo(world: World, facts: PersonFacts, rule: Entitlement): Promise<void> {
  const now = world.clock.now()
  const place = placeFor(world.catalog(), facts, rule, standingAsking(rule), now)
  if ('unresolved' in place) return
  const person = refTo(facts.person)
  const id = world.newId()
  const grant: Granting = {
    id,
    revision: 0,
    requestId: id,
    line: 0,
    resource: { id: rule.resource.id, name: rule.resource.name },
    entitlement: { id: rule.id, name: rule.name },
    ...{ system: rule.system, canonical: rule.canonical, channel: rule.channel, place },
    requester: person,
    subject: person,
    reason: cut(`held by rule: ${rule.who.source}`, 500),
    askedMs: termMs,
    ...{
      startsAt: null,
      pattern: null,
      window: null,
      notAfter: null,
      auto: null,
      whyReviewed: null,
      asker: null,
    },
    ...{ isBreakGlass: false, isStanding: true },
    needs: 0,
    requestedAt: now,
    reviews: [],
    history: [{ at: now, what: 'matches the rule', by: null, note: cut(rule.who.source, 500) }],
    dueAt: null,
    unshown: false,
    approvedAt: now,
    durationMs: termMs,
    endsAt: new Date(now.getTime() + termMs),
    ...{ warnMs: 0, alertMs: rule.alertMs, extensions: [], afterReview: null },
    ...startGiving(rule, now, now),
  }
  await world.grants.insert({ ...grant, dueAt: dueOf(grant) })
}

async function takeFrom(world: World, row: StandingRow, cause: EndCause): Promise<void> {
  const note = cause === 'offboarded' ? 'they left the workspace' : 'the rule does not say so any more'
  const ended = await world.grants.change(row.id, (grant, now) =>
    transition(grant, { type: 'end', cause, by: null, note, takeAt: now }, now),
  )
  if (isRefusal(ended)) world.log.debug('standing access was ended by somebody else', { grantId: row.id })
}

const lossOf = ({ resource, id, name, channel }: Entitlement, mark: string, count: number): MassLoss => ({
  resource,
  entitlement: { id, name },
  channel,
  mark,
  count,
})

const markOf = (rows: readonly StandingRow[]): string =>
  createHash('sha256')
    .update(JSON.stringify(rows.map(({ subjectId }) => subjectId).sort()))
    .digest('base64url')
    .slice(0, 12)

async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += atOnce) await Promise.all(items.slice(at, at + atOnce).map(work))
}
