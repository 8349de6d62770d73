import { createHash } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { findEntitlement, type Catalog, type Entitlement } from '../../domain/catalog.ts'
import { anyResumes } from '../../domain/devices/asked-for.ts'
import { cut } from '../../domain/cut.ts'
import { explainAll } from '../../domain/explain.ts'
import type { EndCause } from '../../domain/grant.ts'
import type { Known, PersonFacts } from '../../domain/person.ts'
import { mayKeep, windowStillFits, type Verdict } from '../../domain/policy.ts'
import type { CutRow, HeldRow } from '../../domain/ports/grants.ts'
import type { MassLoss } from '../../domain/ports/losses.ts'
import { isRefusal } from '../../domain/refusal.ts'
import { isStandingRule, standingRules } from '../../domain/standing.ts'
import type { Event } from '../../domain/event.ts'
import { transition } from '../../domain/transition.ts'
import { asAct } from '../as-act.ts'
import { wordAct } from '../word-act.ts'
import { leftNow } from './left-now.ts'
import { lookWhereRulesChanged } from './device-watch.ts'
import { holdersOf, type Holders } from './holders.ts'
import { giveByRule, type Failing } from './standing.ts'
import { isOutdated, newRules, type World } from '../world.ts'

/*
 * While it is held. Everything that is held, or approved and waiting, is asked the same as right before giving, again
 * and again: nothing is held that would not be given now.
 */

/** What a look found out besides what it did. */
export interface Look {
  /** What nobody can say now, in words: nobody new is given it, nobody loses it. */
  readonly unreadable: ReadonlySet<string>
  /** Of somebody who holds something Slack did not say what was asked: worth asking again soon. */
  readonly isUnsure: boolean
  /** Could not be given by its rule: for each entitlement, whom and why. */
  readonly failing: readonly Failing[]
}

const nothingFound: Look = { unreadable: new Set(), isUnsure: false, failing: [] }

/** Between what is done for so many, other work has its turn. */
const atOnce = 100
/** Another replica may have heard of what this one reads only within a minute. */
const quietMs = 70_000

/**
 * Looks at everything that is held or waits to be, and at each of its holders, and ends what would not be given now: at
 * once where the holder left, or the catalog names it no longer; where the rules say no, unless the catalog keeps it or
 * so many would lose it that an admin says first. What cannot be read changes nothing. Then gives what is held by rule
 * to whoever lacks it. What was remembered of people, up to `maxAgeMs` old, only says whom to ask about: nobody loses
 * anything by it alone. Any number of replicas may look at once: ending twice is ending, and a grant is unique.
 */
export async function lookAtHeld(
  world: World,
  { maxAgeMs = 60_000 }: { maxAgeMs?: number } = {},
): Promise<Look> {
  const catalog = world.catalog()
  const rows = await world.grants.held()
  const pending = await world.grants.pending(5_000)
  const words = await world.preApprovals.running(world.clock.now())
  const cut = await mayGoOn(world, catalog)
  const hasRules = standingRules(catalog).length > 0
  const holders = await holdersOf(
    world,
    [
      ...rows.map(({ subject }) => subject),
      ...cut.map(({ subject }) => subject),
      ...pending.flatMap(({ requester, subject }) => [requester, subject]),
      ...words.flatMap(({ approver, subject }) => [approver, subject]),
    ],
    { isEverybodyNeeded: hasRules, maxAgeMs },
  )
  await closeWhatIsAsked(world, pending, holders)
  await stopWords(world, words, holders)
  const found = await judge(world, catalog, rows, holders)
  // Judged by rules that are not in force any more: whoever changed them has a look made by the new ones.
  const one = { catalog: () => catalog }
  if (isOutdated(world, one)) return nothingFound
  await endEach(world, found.gone, one)
  await endOfLeavers(world, cut, holders)
  await lookWhereRulesChanged(world, rows)
  const first = withoutDoubted(found.unmatched, found.doubtful)
  const { asking, waiting } = await butWaiting(world, first.sure)
  const losing = new Set([...found.left, ...asking].map(({ id }) => id))
  const sure = await judgeAfresh(
    world,
    catalog,
    rows.filter(({ id }) => losing.has(id)),
  )
  // Slack took its time to answer: the rules may be others by now.
  if (isOutdated(world, one)) return nothingFound
  await endEach(world, sure.left)
  const second = withoutDoubted(sure.unmatched, sure.doubtful)
  await takeWhatIsMeant(world, one, second.sure, [...waiting, ...first.doubted, ...second.doubted])
  if (isOutdated(world, one)) return nothingFound
  const given = hasRules ? await giveByRule(world, catalog, holders.everybody) : null
  return {
    unreadable: new Set([...found.unreadable, ...sure.unreadable, ...(given?.unreadable ?? [])]),
    isUnsure: sure.unreadable.size + found.unreadable.size > 0,
    failing: given?.failing ?? [],
  }
}

/** Gives to these people what they lack and have by a rule; nobody loses anything by it. */
export async function giveToThese(world: World, people: readonly Known<PersonFacts>[]): Promise<void> {
  const catalog = world.catalog()
  const known = people.flatMap((facts) => (facts === 'unknown' || !facts.isHere ? [] : facts))
  if (known.length > 0) await giveByRule(world, catalog, known, { isOnly: true })
}

/** A source said that this person changed: whatever they have ends at once where they left. */
export async function lookAtPerson(world: World, userId: string): Promise<'left' | 'stays' | 'unknown'> {
  const seen = await world.people.bySlackUser(userId)
  // Whoever was never seen here has nothing to lose.
  if (seen === null) return 'stays'
  const { id } = seen
  const open = await world.grants.openOf(id)
  const asked = (await world.grants.pending(5_000)).filter(
    ({ requester, subject }) => requester.id === id && subject.id !== id,
  )
  const said = (await world.preApprovals.running(world.clock.now())).filter(
    ({ approver, subject }) => approver.id === id || subject.id === id,
  )
  const cut = await mayGoOn(world, world.catalog(), [id])
  if ([open, asked, said, cut].every(({ length }) => length === 0)) return 'stays'
  const facts = await world.directory.freshFacts(seen)
  if (facts === 'unknown' || facts.isHere) return facts === 'unknown' ? facts : 'stays'
  const theirs = [...asked, ...open.flatMap((grant) => (grant.status === 'pending' ? grant : []))]
  const holders: Holders = {
    everybody: 'unknown',
    of: (person) => (person.id === id ? facts : 'unknown'),
  }
  await endEach(
    world,
    open.map((grant) => ({ id: grant.id, ...leftNow(grant.subject, facts) })),
  )
  await endOfLeavers(world, cut, holders)
  await closeWhatIsAsked(world, theirs, holders)
  await stopWords(world, said, holders)
  return 'left'
}

interface Ending {
  readonly id: string
  readonly cause: EndCause
  readonly note: string
}

interface Concerned {
  readonly entitlement: Entitlement
  readonly subjectId: string
}

interface Unmatched extends Ending, Concerned {}

interface Found {
  readonly gone: Ending[]
  readonly left: Ending[]
  readonly unmatched: Unmatched[]
  readonly unreadable: Set<string>
  /** Those of whom nobody can say. */
  readonly doubtful: Concerned[]
}

async function judge(
  world: World,
  catalog: Catalog,
  rows: readonly HeldRow[],
  holders: Holders,
): Promise<Found> {
  const found: Found = { gone: [], left: [], unmatched: [], unreadable: new Set(), doubtful: [] }
  for (const [at, row] of rows.entries()) {
    if (at % atOnce === atOnce - 1) await turn()
    const entitlement = findEntitlement(catalog, row.resource.id, row.entitlement.id)
    const note = whyGone(entitlement, row)
    if (entitlement === null || note !== null) {
      found.gone.push({ id: row.id, cause: 'removed', note: note ?? '' })
      continue
    }
    const facts = holders.of(row.subject)
    if (facts !== 'unknown' && !facts.isHere) {
      found.left.push({ id: row.id, ...leftNow(row.subject, facts) })
      continue
    }
    const verdict = verdictOn(world, entitlement, catalog, { row, facts })
    // That an admin is to answer something is known: they keep what they have, and nobody else waits for it.
    if (verdict.reasons.some(({ kind }) => kind === 'in-question')) continue
    if (verdict.answer === 'unknown') {
      found.unreadable.add(`${entitlement.name} on ${entitlement.resource.name}`)
      found.doubtful.push({ entitlement, subjectId: row.subject.id })
    } else if (verdict.answer === 'no') {
      const why = explainAll(verdict.reasons)
      found.unmatched.push({
        id: row.id,
        cause: 'unmatched',
        note: why,
        entitlement,
        subjectId: row.subject.id,
      })
    }
  }
  return found
}

/** Before anybody loses anything, Slack is asked about them now: another replica may have heard what this one has not. */
async function judgeAfresh(world: World, catalog: Catalog, rows: readonly HeldRow[]): Promise<Found> {
  const people = new Map(rows.map(({ subject }) => [subject.slack.userId, subject]))
  const isAnew = people.size === 0 || (await world.directory.freshGroups())
  const facts = new Map(
    await Promise.all(
      [...people].map(
        async ([userId, person]) => [userId, await world.directory.freshFacts(person)] as const,
      ),
    ),
  )
  const of = ({ slack }: HeldRow['subject']): Known<PersonFacts> => {
    const found = facts.get(slack.userId) ?? 'unknown'
    return found === 'unknown' || isAnew ? found : { ...found, groups: 'unknown' }
  }
  return judge(world, catalog, rows, { everybody: 'unknown', of })
}

/** What is not open yet is judged as of the moment at which it opens. */
function verdictOn(
  world: World,
  entitlement: Entitlement,
  catalog: Catalog,
  { row, facts }: { row: HeldRow; facts: PersonFacts | 'unknown' },
): Verdict {
  if (facts === 'unknown') return { answer: 'unknown', reasons: [] }
  // All its windows are made, and each is judged by itself.
  if (row.status === 'recurring' && row.opensAt === null) return { answer: 'yes', reasons: [] }
  const now = world.clock.now()
  const at = row.opensAt !== null && row.opensAt > now ? row.opensAt : now
  // Its end is being prepared: it goes by itself, at its instant.
  if (row.status === 'active' && row.endsAt.getTime() - now.getTime() < 1_000)
    return { answer: 'yes', reasons: [] }
  const verdict = mayKeep(catalog, facts, row, at)
  const isWindow = row.window !== null && row.status !== 'recurring'
  return verdict.answer === 'yes' && isWindow ? windowStillFits(entitlement, at, row.endsAt) : verdict
}

function whyGone(entitlement: Entitlement | null, row: HeldRow): string | null {
  if (entitlement === null) return 'it is not in the catalog any more'
  if (entitlement.system !== row.system) return 'it is on another system now'
  if (row.isStanding && !isStandingRule(entitlement)) return 'it is to be asked for now'
  if (!row.isStanding && isStandingRule(entitlement)) return 'it is held by its rule now'
  if (row.isSession !== (entitlement.mode === 'session')) return 'it is had in another way now'
  return null
}

/** What an admin was asked about already, the same people and nobody's yes since, waits on: Slack is not asked again. */
async function butWaiting(
  world: World,
  unmatched: readonly Unmatched[],
): Promise<{ asking: Unmatched[]; waiting: MassLoss[] }> {
  const asking: Unmatched[] = []
  const waiting: MassLoss[] = []
  const known = new Map((await world.losses.all()).map((loss) => [loss.mark, loss]))
  for (const those of byEntitlement(unmatched)) {
    const loss = massLossOf(those)
    if (loss === null || known.get(loss.mark)?.isConfirmed !== false || (await world.losses.note(loss)))
      asking.push(...those)
    else waiting.push(loss)
  }
  return { asking, waiting }
}

/**
 * Of an entitlement that many would lose, were all of whom Slack does not answer among them, all wait until it does: of
 * the others fewer might be left than it takes to ask an admin. What was asked or said of them stands meanwhile.
 */
function withoutDoubted(
  unmatched: readonly Unmatched[],
  doubtful: readonly Concerned[],
): { sure: Unmatched[]; doubted: MassLoss[] } {
  const held = new Map<Entitlement, MassLoss>()
  for (const those of byEntitlement(unmatched)) {
    const [first] = those
    const unread = doubtful.filter(({ entitlement }) => entitlement === first?.entitlement)
    const loss = unread.length === 0 ? null : massLossOf([...those, ...unread])
    if (first && loss !== null) held.set(first.entitlement, loss)
  }
  return {
    sure: unmatched.filter(({ entitlement }) => !held.has(entitlement)),
    doubted: [...held.values()],
  }
}

/** Ends what the rules do not allow any more; where many would lose the same at once, once an admin has said so. */
async function takeWhatIsMeant(
  world: World,
  one: Pick<World, 'catalog'>,
  unmatched: readonly Unmatched[],
  alreadyWaiting: readonly MassLoss[],
): Promise<void> {
  const waiting = [...alreadyWaiting]
  for (const those of byEntitlement(unmatched)) {
    if (isOutdated(world, one)) return
    const loss = massLossOf(those)
    if (loss === null) await endEach(world, those, one)
    else if (await world.losses.note(loss)) {
      // Of a yes that could not be carried out nothing is forgotten.
      if (await endEach(world, those, one)) await world.losses.taken(loss)
    } else waiting.push(loss)
  }
  if (isOutdated(world, one)) return
  await world.losses.forgetBut(waiting, quietMs)
}

function byEntitlement(unmatched: readonly Unmatched[]): Unmatched[][] {
  const found = new Map<Entitlement, Unmatched[]>()
  for (const one of unmatched) {
    const those = found.get(one.entitlement)
    if (those === undefined) found.set(one.entitlement, [one])
    else those.push(one)
  }
  return [...found.values()]
}

/** Null where so few would lose it that nobody is asked. */
function massLossOf(those: readonly Concerned[]): MassLoss | null {
  const [first] = those
  const people = new Set(those.map(({ subjectId }) => subjectId))
  return first === undefined || people.size <= first.entitlement.confirmAbove
    ? null
    : lossOf(first.entitlement, people)
}

const lossOf = ({ resource, id, name, channel }: Entitlement, people: ReadonlySet<string>): MassLoss => ({
  resource: { id: resource.id, name: resource.name },
  entitlement: { id, name },
  channel,
  mark: createHash('sha256')
    .update(JSON.stringify([resource.id, id, ...[...people].sort()]))
    .digest('base64url')
    .slice(0, 12),
  count: people.size,
})

/** True where all of it is written. What is ended by the rules of one catalog is only for as long as that is in force. */
async function endEach(
  world: World,
  endings: readonly Ending[],
  one: Pick<World, 'catalog'> | null = null,
): Promise<boolean> {
  const now = world.clock.now()
  let isAll = true
  for (let at = 0; at < endings.length; at += atOnce) {
    if (one !== null && isOutdated(world, one)) return false
    const written = await Promise.all(
      endings
        .slice(at, at + atOnce)
        .map(({ id, cause, note }) =>
          recordEnd(world, id, { type: 'end', cause, by: null, note: cut(note, 500), takeAt: now }, one),
        ),
    )
    isAll &&= written.every(Boolean)
  }
  return isAll
}

/** What was cut by a device, and goes on by itself once that is fit again. */
async function mayGoOn(world: World, catalog: Catalog, of?: readonly string[]): Promise<readonly CutRow[]> {
  return anyResumes(catalog) ? world.grants.cut(world.clock.now(), of) : []
}

/** It does not go on for whoever left, though they come back. */
async function endOfLeavers(world: World, cut: readonly CutRow[], holders: Holders): Promise<void> {
  for (const { id, subject } of cut) {
    const gone = hasLeft(holders, subject) ? await goneNow(world, subject) : null
    if (gone) await endEach(world, [{ id, ...leftNow(subject, gone) }])
  }
}

/** Requests of whoever left, or for them, end as well. */
async function closeWhatIsAsked(
  world: World,
  pending: readonly { id: string; requester: HeldRow['subject']; subject: HeldRow['subject'] }[],
  holders: Holders,
): Promise<void> {
  for (const { id, requester, subject } of pending) {
    const left = [subject, requester].find((person) => hasLeft(holders, person))
    const gone = left && (await goneNow(world, left))
    if (left && gone) await recordEnd(world, id, { type: 'drop', note: leftNow(left, gone).note })
  }
}

/** What was approved ahead by whoever left, or for them, answers nothing any more. */
async function stopWords(
  world: World,
  words: readonly { id: string; approver: HeldRow['subject']; subject: HeldRow['subject'] }[],
  holders: Holders,
): Promise<void> {
  for (const { id, approver, subject } of words) {
    const gone = [approver, subject].find((person) => hasLeft(holders, person))
    if (gone && (await goneNow(world, gone))) await stopWord(world, id)
  }
}

async function stopWord(world: World, id: string): Promise<void> {
  const word = await world.preApprovals.get(id)
  if (word === null || word.stoppedAt !== null) return
  await asAct(
    world,
    wordAct('approval-ahead-stopped', word, { curfew: true }),
    () => world.preApprovals.stop(id, null, world.clock.now()),
    (stopped) => (stopped === null ? null : 'done'),
  )
}

function hasLeft(holders: Holders, person: HeldRow['subject']): boolean {
  const facts = holders.of(person)
  return facts !== 'unknown' && !facts.isHere
}

/** Null where they did not leave, or nobody can say. */
async function goneNow(world: World, person: HeldRow['subject']): Promise<PersonFacts | null> {
  const facts = await world.directory.freshFacts(person)
  return facts !== 'unknown' && !facts.isHere ? facts : null
}

/** One that cannot be written now (false) is found again by the next look, and keeps no other from ending. */
async function recordEnd(
  world: World,
  grantId: string,
  event: Event,
  one: Pick<World, 'catalog'> | null = null,
): Promise<boolean> {
  try {
    const changed = await world.grants.change(grantId, (grant, now) =>
      one !== null && isOutdated(world, one) ? newRules(grant) : transition(grant, event, now),
    )
    if (isRefusal(changed) && changed.refused === 'rules-changed') return false
    if (isRefusal(changed)) world.log.debug('it moved on by itself meanwhile', { grantId })
    return true
  } catch (error) {
    world.log.error('could not end what would not be given now', { grantId, error })
    return false
  }
}
