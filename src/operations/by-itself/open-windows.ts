import { findEntitlement, type Catalog } from '../../domain/catalog.ts'
import { isOpen, type Ended, type Granting, type Recurring } from '../../domain/grant.ts'
import { windowGrant } from '../../domain/new-grant.ts'
import { isWindowOf, whyShut, windowGrantId, windowToMake } from '../../domain/series.ts'
import { plainlyNamed } from '../../domain/person.ts'
import type { Reason } from '../../domain/policy.ts'
import { openStage } from '../../domain/stages.ts'
import { fitsOnly } from '../../domain/timing.ts'
import { isOnOwnList, panelsOf } from '../panel.ts'
import type { Deciding, World } from '../world.ts'
import { record } from './record.ts'

/*
 * The windows of a series. The grant of a window is written before the series moves on: a crash in between finds it
 * already written. Whatever stops the series at that moment is seen by the window when it opens.
 */

/** How often a series that is over or was stopped looks whether its last window has ended too. */
const lookAgainMs = 5_000

/** Makes the grant of the window that comes next; stops what a stopped series has open; ends a series that is over. */
export async function settleSeries(world: World, series: Recurring): Promise<void> {
  const now = world.clock.now()
  const window = series.stop === null ? windowToMake(series, now) : null
  if (window !== null) {
    await world.grants.insert(windowGrant(series, window, now))
    await record(world, series.id, { type: 'made', index: window.index })
    return
  }
  if (series.dueAt !== null && series.dueAt <= now) await closeSeries(world, series)
}

async function closeSeries(world: World, series: Recurring): Promise<void> {
  const now = world.clock.now()
  const { stop } = series
  const open = (await world.grants.openOf(series.subject.id)).filter((one) => isWindowOf(one, series.id))
  if (stop !== null) {
    const { cause, by, note } = stop
    for (const { id } of open) await record(world, id, { type: 'end', cause, by, note, takeAt: now })
  }
  if (open.length > 0) {
    await record(world, series.id, { type: 'windows-open', until: new Date(now.getTime() + lookAgainMs) })
  } else {
    await record(world, series.id, { type: 'windows-over', ...(await leftBy(world, series)) })
  }
}

/** What the last of its windows left. */
async function leftBy(world: World, { id, made }: Recurring): Promise<Pick<Ended, 'left' | 'keptUntil'>> {
  const last = made === null ? null : await world.grants.get(windowGrantId(id, made))
  return last?.status === 'ended'
    ? { left: last.left, keptUntil: last.keptUntil }
    : { left: 'never-given', keptUntil: null }
}

/** Why this window must not open now. `ends`: nor any later one, as what was approved does not hold any more. */
export type Shut = { readonly why: string; readonly ends: boolean } | { readonly unsure: string }

/** Asked right before a window is given: does its series run, and would those who approved it still be asked? */
export async function whyWindowIsShut(one: Deciding, grant: Granting): Promise<Shut | null> {
  const { window } = grant
  if (window === null) return null
  const series = await one.grants.get(window.seriesId)
  const shut = whyShut(series, window)
  if (shut !== null) return { why: shut, ends: false }
  if (series?.pattern && !stillFits(one.catalog(), series, series.pattern)) {
    return { why: 'the catalog allows it at other times now', ends: true }
  }
  return whyNotApproved(one, grant)
}

function stillFits(
  catalog: Catalog,
  { resource, entitlement }: Pick<Recurring, 'resource' | 'entitlement'>,
  pattern: Recurring['pattern'],
): boolean {
  const rules = findEntitlement(catalog, resource.id, entitlement.id)
  // One that is gone is told of by the policy.
  return rules === null || (rules.windows?.untilMs != null && fitsOnly(pattern, rules.windows.only))
}

/** An approval holds while enough of those who gave it may still give it. */
async function whyNotApproved(one: Deciding, grant: Granting): Promise<Shut | null> {
  const entitlement = findEntitlement(one.catalog(), grant.resource.id, grant.entitlement.id)
  if (entitlement === null) return null
  const { stages } = entitlement.review
  const people = await Promise.all(
    grant.reviews.map(async (review) => ({ review, facts: await one.directory.facts(review.by) })),
  )
  // Nearly always they are on the lists still; many windows open at one instant.
  const isOn = await isOnOwnList(one, entitlement, grant)
  const listed = people.flatMap(({ review, facts }) =>
    facts !== 'unknown' && isOn(facts, review.stage) ? review : [],
  )
  if (openStage(listed, stages) === null) return null
  const panels = await panelsOf(one, entitlement, grant)
  const verdicts = people.map(({ review, facts }) => {
    const verdict = facts === 'unknown' ? null : panels[review.stage]?.mayStill(facts, review.as)
    const answer = facts === 'unknown' ? facts : (verdict?.answer ?? 'no')
    return { by: review.by, review, answer, unlisted: unlistedIn(verdict?.reasons ?? []) }
  })
  const valid = verdicts.flatMap(({ answer, review }) => (answer === 'yes' ? review : []))
  if (openStage(valid, stages) === null) return null
  if (verdicts.some(({ answer }) => answer === 'unknown'))
    return { unsure: 'Slack did not say whether those who approved it may still do so' }
  // A group that was renamed or disabled says of nobody that they left it: the catalog is to name another, or none.
  const unlisted = [...new Set(verdicts.flatMap((verdict) => verdict.unlisted))]
  if (unlisted.length > 0)
    return { unsure: `Slack lists no ${unlisted.join(' nor ')}, so that it is not known who may approve it` }
  const gone = verdicts.filter(({ answer }) => answer === 'no').map(({ by }) => plainlyNamed(by))
  const why =
    gone.length === 0 ? 'more approvals are needed now' : `${gone.join(' and ')} may not approve it any more`
  return { why, ends: true }
}

const unlistedIn = (reasons: readonly Reason[]): string[] =>
  reasons.flatMap((reason) => (reason.kind === 'unlisted-group' ? reason.group : []))

/** A window that the rules of now refuse is the last: its series would only ask in vain. */
export async function stopSeriesOf(world: World, grant: Granting, why: string): Promise<void> {
  if (grant.window === null) return
  const takeAt = world.clock.now()
  const series = await world.grants.get(grant.window.seriesId)
  if (series === null || !isOpen(series)) return
  await record(world, series.id, { type: 'end', cause: 'failed', by: null, note: why, takeAt })
}
