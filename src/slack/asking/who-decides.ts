import type { KnownBlock } from '@slack/types'
import type { Entitlement } from '../../domain/catalog.ts'
import { formatDuration } from '../../domain/duration.ts'
import type { Person, PersonFacts } from '../../domain/person.ts'
import { nameApprovers } from '../../domain/approvers.ts'
import { forecast } from '../../operations/forecast.ts'
import { panelsOf, type Asked, type Panel } from '../../operations/panel.ts'
import { whoSaidYesAhead } from '../../operations/said-ahead.ts'
import { mentionsOf, stageWords, standInWords } from '../deciding/calls.ts'
import { withOneCatalog, type Deciding } from '../../operations/world.ts'
import type { Parts } from '../parts.ts'
import { context } from '../words/blocks.ts'
import { plainWords } from '../words/mrkdwn.ts'
import { allNamed, surely } from '../words/who.ts'
import { isForThem, type TypedWish } from './offers.ts'
import type { When } from './when-fields.ts'

/** The form's line on who decides. */

/**
 * Whether a rule would approve it by itself, by the same forecast as it is decided by, as far as can be said before it is
 * sent; else who reviews it.
 */
export async function whoDecides(
  parts: Parts,
  subject: PersonFacts,
  { durationMs, reason }: TypedWish,
  entitlement: Entitlement,
  { when, holder }: { when: When; holder: string | null },
): Promise<KnownBlock> {
  const world = withOneCatalog(parts.world)
  const asking = {
    durationMs: Math.min(durationMs ?? entitlement.duration.defaultMs, entitlement.duration.maxMs),
    reason: reason === '' ? (entitlement.reasonExample ?? '') : reason,
  }
  const isForAnother =
    holder === null
      ? !isForThem(subject, entitlement, world.clock.now())
      : holder !== subject.person.slack.userId
  const wish = { subject, entitlement, asking, isSeries: when === 'weekly', isForAnother }
  const { rule, left } = await forecast(world, wish)
  if (rule === null) {
    const sayYes =
      wish.isSeries || isForAnother ? [] : await whoSaidYesAhead(world, subject, entitlement, asking)
    if (sayYes.length > 0) return context(`No review needed: ${allNamed(sayYes, surely)} approved this ahead`)
    return reviewedBy({ ...parts, world }, entitlement, {
      requester: subject.person,
      subject: await chosenHolder(parts, subject, holder),
      askedMs: asking.durationMs,
      reason: asking.reason,
      reviews: [],
    })
  }
  const most = `for up to ${formatDuration(rule.maxMs)}`
  const times =
    left === null || rule.quota === null
      ? ''
      : ` (${left} of ${rule.quota.uses} left in ${formatDuration(rule.quota.perMs)})`
  return context(`No review needed ${most}: ${plainWords(rule.because, 100)}${times}`)
}

/** Those whom its card will ask, stage by stage, and why where they are others than usual. */
async function reviewedBy(
  parts: Parts & { readonly world: Deciding },
  entitlement: Entitlement,
  asked: Asked,
): Promise<KnownBlock> {
  const panels = await panelsOf(parts.world, entitlement, asked)
  const reviewers = await Promise.all(
    panels.map(async (panel) => {
      const { name, needs } = panel.stage
      const who =
        name === null || panel.standIns !== null ? await listedIn(parts, panel) : plainWords(name, 60)
      return needs > 1 ? `${who} (${needs} of them)` : who
    }),
  )
  const notes = panels.map((panel) => standInWords({ panel })).filter((words) => words !== null)
  return context([`Reviewed by ${reviewers.join(', then ')}`, ...notes].join('. '))
}

/** Mentions, and the catalog's words for those whom it does not name one by one. */
async function listedIn(parts: Parts, panel: Panel): Promise<string> {
  const mentions = await mentionsOf(parts, { panel })
  const others = panel.mentioned.flatMap((list) => nameApprovers({ ...list, people: [], groups: [] }))
  const names = [...mentions, ...new Set(others.map((one) => plainWords(one, 60)))].slice(0, 10)
  return names.length === 0 ? stageWords(panel.stage) : names.join(', ')
}

/** Whom it is for; while Slack does not say who that is, whoever asks. */
async function chosenHolder(
  { directory }: Parts,
  asker: PersonFacts,
  holder: string | null,
): Promise<Person> {
  if (holder === null || holder === asker.person.slack.userId) return asker.person
  const facts = await directory.facts(holder)
  return facts === 'unknown' ? asker.person : facts.person
}
