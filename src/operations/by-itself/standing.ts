import { setImmediate as turn } from 'node:timers/promises'
import type { Catalog, Entitlement } from '../../domain/catalog.ts'
import { after } from '../../domain/instants.ts'
import { byOwner, together } from '../../domain/devices/together.ts'
import type { GrantPlace } from '../../domain/grant.ts'
import { standingGrant } from '../../domain/new-grant.ts'
import { plainlyNamed, type Known, type PersonFacts } from '../../domain/person.ts'
import { mayHold, mayHoldAnywhere, placeFor, standingAsking } from '../../domain/policy.ts'
import { pairOf, type FailedRow } from '../../domain/ports/grants.ts'
import { standingRules } from '../../domain/standing.ts'
import { isOutdated, type World } from '../world.ts'

/** What is held by rule is given to whoever matches and lacks it; `lookAtHeld` takes it from whoever does not match. */

const atOnce = 32
const readAtOnce = 500
const HOUR_MS = 3_600_000
/** What could not be given is tried again ever more seldom: each try is a document. */
const againAfterMs = [HOUR_MS, 6 * HOUR_MS, 24 * HOUR_MS] as const
const mostSeldomMs = 7 * 24 * HOUR_MS
const lookBackMs = 30 * 24 * HOUR_MS

export interface Failing {
  readonly rule: Entitlement
  readonly people: readonly { readonly name: string; readonly why: string }[]
}

export interface Given {
  readonly unreadable: readonly string[]
  readonly failing: readonly Failing[]
}

/**
 * Gives what is lacking to `everybody`, who may be a few alone (`isOnly`). What cannot be read gives nothing; who could
 * not be given it, and why, is in the answer.
 */
export async function giveByRule(
  world: World,
  catalog: Catalog,
  everybody: Known<readonly PersonFacts[]>,
  { isOnly = false }: { isOnly?: boolean } = {},
): Promise<Given> {
  if (everybody === 'unknown') return { unreadable: ['standing access'], failing: [] }
  if (!world.agrees()) return { unreadable: [], failing: [] }
  const now = world.clock.now()
  const of = isOnly ? everybody.map(({ person }) => person.id) : undefined
  const rules = standingRules(catalog)
  const graceMs = Math.max(0, ...rules.map(({ device }) => device?.graceMs ?? 0))
  const [rows, failed, cut] = await Promise.all([
    world.grants.standing(of),
    world.grants.standingFailed(new Date(now.getTime() - lookBackMs), of),
    graceMs === 0 ? [] : world.grants.standingCut(new Date(now.getTime() - graceMs), of),
  ])
  const held = new Set(rows.map(pairOf))
  const cutAt = new Map(cut.map((row) => [pairOf(row), row.endedAt]))
  const failures = new Map<string, FailedRow[]>()
  for (const row of failed) failures.set(pairOf(row), [...(failures.get(pairOf(row)) ?? []), row])
  const unreadable: string[] = []
  const failing: Failing[] = []
  for (const rule of rules) {
    const { lacking, isUnreadable } = await lackingOf(world, everybody, rule, { held, now })
    if (isUnreadable) unreadable.push(`${rule.name} on ${rule.resource.name}`)
    const why: { name: string; why: string }[] = []
    const give: { facts: PersonFacts; place: GrantPlace }[] = []
    for (const facts of lacking) {
      // A device that is fit and not each few seconds has one grace, and is not given anew in between.
      const endedAt = cutAt.get(keyOf(facts, rule))
      if (endedAt && now < after(endedAt, rule.device?.graceMs ?? 0)) continue
      const place = placeFor(catalog, facts, rule, standingAsking(rule), now)
      const before = failures.get(keyOf(facts, rule)) ?? []
      const [last] = before
      if ('unresolved' in place) why.push({ name: plainlyNamed(facts.person), why: place.unresolved })
      else if (last && isSame(last, place) && now < againAt(last, before.length))
        why.push({ name: plainlyNamed(facts.person), why: last.why })
      else give.push({ facts, place })
    }
    for (let at = 0; at < give.length && !isOutdated(world, { catalog: () => catalog }); at += atOnce)
      await Promise.all(give.slice(at, at + atOnce).map((one) => giveTo(world, one.facts, rule, one.place)))
    if (why.length > 0) failing.push({ rule, people: why })
  }
  return { unreadable, failing }
}

/** Who matches the rule and holds nothing by it, and whether it cannot be said of somebody. */
async function lackingOf(
  world: World,
  everybody: readonly PersonFacts[],
  rule: Entitlement,
  { held, now }: { held: ReadonlySet<string>; now: Date },
): Promise<{ lacking: PersonFacts[]; isUnreadable: boolean }> {
  const lacking: PersonFacts[] = []
  let isUnreadable = false
  for (const [at, facts] of everybody.entries()) {
    if (at % 500 === 499) await turn()
    if (held.has(keyOf(facts, rule))) continue
    const { answer } = mayHoldAnywhere(facts, rule, standingAsking(rule), now)
    if (answer === 'unknown') isUnreadable = true
    else if (answer === 'yes') lacking.push(facts)
  }
  return { lacking: rule.device === null ? lacking : await fitOf(world, lacking, rule, now), isUnreadable }
}

/** Those who have a fit device. Whoever has none is given it once they do: nobody needs to be told. */
async function fitOf(
  world: World,
  lacking: readonly PersonFacts[],
  rule: Entitlement,
  now: Date,
): Promise<PersonFacts[]> {
  const fit: PersonFacts[] = []
  for (let at = 0; at < lacking.length; at += readAtOnce) {
    const some = lacking.slice(at, at + readAtOnce)
    const devices = await world.devices.ofPeople(some.map(({ person }) => person.id))
    const theirs = byOwner(devices)
    for (const facts of some) {
      const whole = { ...facts, devices: together(theirs.get(facts.person.id) ?? []) }
      if (mayHold(whole, rule, standingAsking(rule), now).answer === 'yes') fit.push(whole)
    }
  }
  return fit
}

const keyOf = ({ person }: PersonFacts, rule: Entitlement): string =>
  pairOf({ subjectId: person.id, resource: rule.resource.id, entitlement: rule.id })

const isSame = (row: FailedRow, place: GrantPlace): boolean =>
  row.principal === place.principal && row.canonical === place.canonical

const againAt = (last: FailedRow, times: number): Date =>
  new Date(last.endedAt.getTime() + (againAfterMs[times - 1] ?? mostSeldomMs))

async function giveTo(world: World, facts: PersonFacts, rule: Entitlement, place: GrantPlace): Promise<void> {
  const id = world.newId()
  await world.grants.insert(standingGrant({ id, facts, rule, place }, world.clock.now()))
}
