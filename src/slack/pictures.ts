import { findEntitlement } from '../domain/catalog.ts'
import { owesReview } from '../domain/break-glass.ts'
import { formatDuration } from '../domain/duration.ts'
import { isApproved, type Approved, type Grant, type Review } from '../domain/grant.ts'
import type { Surface } from '../domain/ports.ts'
import { section, type Message } from './words/blocks.ts'
import { seatsFilled, waitingExtension } from '../domain/extension.ts'
import { plainlyNamed } from '../domain/person.ts'
import { openStage } from '../domain/stages.ts'
import { askedAgain } from '../operations/answer-extension.ts'
import { adminIds, adminsOf } from '../operations/admins.ts'
import { askedOf, mentionedOf } from '../operations/asked-of.ts'
import { panelsOf } from '../operations/panel.ts'
import { calls, mentionsOf, remindersBeside } from './deciding/calls.ts'
import { aboutCard, cardKey, renderCard } from './deciding/card.ts'
import {
  aboutDm,
  isAnswered,
  isForAnother,
  isMoment,
  moments,
  outdatedWarning,
  renderAskedSeveral,
  renderDm,
  renderForRequester,
  type Moment,
} from './holding/dms.ts'
import { reminderNote } from './looking-after/close-review-modal.ts'
import { answerDm, threadNote } from './holding/more-time.ts'
import { drawLines } from './deciding/lines-card.ts'
import { plainWords } from './words/mrkdwn.ts'
import type { Lane } from './publish/outbox.ts'
import type { Picture } from './publish/picture.ts'
import type { Parts } from './parts.ts'
import { named } from './words/who.ts'

/** Slack takes about one new message a second: no list of approvers keeps everybody else's cards waiting for minutes. */
const mostCopies = 50
const givingMs = 1_000
const writingMs = 2_000

/** Every message that should or does show this grant, as it is now; `many` are all that its request asks for. */
export async function picturesOf(
  parts: Parts,
  grant: Grant,
  many: readonly Grant[],
  rows: ReadonlyMap<string, Surface>,
): Promise<Picture[]> {
  // Held by a rule: nobody asked, and nobody is told of each. What is late is said all the same.
  if (grant.isStanding) return []
  const now = parts.world.clock.now()
  const card = rows.get(cardKey(grant))
  const isOneOfMany = (grant.lines ?? many.length) > 1
  return [
    // A window is told of on the card of its series.
    ...(grant.window === null ? await cards(parts, grant, rows, many) : []),
    ...(isOneOfMany ? [askedSeveral(many)] : []),
    ...moments.flatMap((moment) =>
      moment === 'asked' && isOneOfMany
        ? []
        : {
            key: moment === 'warning' ? warningKey(grant, timesExtended(grant)) : `dm:${grant.id}:${moment}`,
            lane: dmLane(grant, moment),
            isWanted: isMoment(grant, moment, now),
            to: { channel: grant.subject.slack.userId },
            draw: async () => renderDm(grant, moment, await aboutDm(parts, grant), now),
          },
    ),
    ...(isForAnother(grant) ? forRequester(grant, now) : []),
    ...(isApproved(grant) ? await moreTime(parts, grant, card) : []),
  ]
}

/** What several lines were asked for in is told in one message, kept true. */
function askedSeveral(lines: readonly Grant[]): Picture {
  const [first] = lines
  const isWaiting = lines.some(({ status }) => status === 'pending')
  return {
    key: `dm:${first?.requestId ?? ''}:asked`,
    lane: isWaiting ? 'newCard' : 'cleanUp',
    isWanted: isWaiting,
    mayWaitUntil: untilAllAreWritten(lines),
    to: { channel: first?.subject.slack.userId ?? '' },
    draw: () => Promise.resolve(renderAskedSeveral(lines)),
  }
}

/** Whoever asked for somebody else hears of it too. */
const forRequester = (grant: Grant, now: Date): Picture[] =>
  (['asked', 'outcome'] as const).map((moment) => ({
    key: `dm:${grant.id}:requester:${moment}`,
    lane: 'decision',
    isWanted: moment === 'asked' ? grant.status === 'pending' : isAnswered(grant),
    to: { channel: grant.requester.slack.userId },
    draw: () => Promise.resolve(renderForRequester(grant, moment, now)),
  }))

/** The card, its copies for those who cannot see it, and the notes in its thread. */
async function cards(
  parts: Parts,
  grant: Grant,
  rows: ReadonlyMap<string, Surface>,
  many: readonly Grant[],
): Promise<Picture[]> {
  const isQuiet = grant.auto !== null && !grant.auto.isShown
  if (isQuiet) return []
  const now = parts.world.clock.now()
  const lines = linesOn(grant, many)
  const draw = async () =>
    lines.length > 1 ? drawLines(parts, lines, now) : renderCard(grant, await aboutCard(parts, grant), now)
  const key = cardKey(grant)
  const lane = cardLane(grant)
  const { sent, asked } = await copies(parts, grant, rows)
  const isCopyWanted = grant.status === 'pending' || owesReview(grant)
  const copy = { lane, isWanted: isCopyWanted, isAnchor: true as const, draw }
  return [
    {
      key,
      lane,
      isWanted: grant.dueAt !== null,
      to: { channel: grant.channel },
      isAnchor: true,
      mayWaitUntil: untilAllAreWritten(many) ?? (rows.get(key)?.ts ? passesBy(grant) : null),
      draw,
    },
    ...[...new Set([...sent, ...asked])].map((userId) => ({
      ...copy,
      key: `${key}:${userId}`,
      to: { channel: userId },
    })),
    ...asked
      .flatMap((userId) => remindersBeside(parts, grant, placeOf(rows.get(`${key}:${userId}`)), userId))
      .filter((call) => !rows.get(call.key)?.ts),
    ...threadNotes(grant, rows.get(key)),
    ...calls(parts, grant, placeOf(rows.get(key))).filter((call) => !rows.get(call.key)?.ts),
    ...(await reminders(parts, grant, rows.get(key))),
  ]
}

/** Several things asked for together are written one after the other: what notifies shows them all. */
function untilAllAreWritten(many: readonly Grant[]): Date | null {
  const [first] = many
  if (first === undefined || many.length >= (first.lines ?? 1)) return null
  return new Date(first.requestedAt.getTime() + writingMs)
}

/** Most systems give within a moment of the approval: then the card says at once that it is held. */
function passesBy(grant: Grant): Date | null {
  if (grant.status !== 'granting' || grant.tries > 0 || grant.alertedAt !== null) return null
  return new Date(grant.approvedAt.getTime() + givingMs)
}

/** What is on the same card: the lines of one request, for one channel, that people see there. */
const linesOn = (grant: Grant, many: readonly Grant[]): readonly Grant[] =>
  many.filter(({ channel, auto }) => channel === grant.channel && (auto === null || auto.isShown))

/**
 * A review that is owed is asked for again and again, in the thread of the card: of the admins. While no admin of the
 * catalog is here, nobody is asked; the next reminder comes when one is.
 */
async function reminders(parts: Parts, grant: Grant, card: Surface | undefined): Promise<Picture[]> {
  if (!owesReview(grant) || grant.afterReview.reminded === 0 || !card?.ts || !card.channel) return []
  const people = await adminsOf(parts.world, grant)
  const draw = async () => reminderNote(grant, await parts.directory.mentions({ people, groups: [] }))
  const to = { channel: card.channel, threadTs: card.ts }
  const key = `note:${grant.id}:owed:${grant.afterReview.reminded}`
  return [{ key, lane: 'decision', isWanted: people.length > 0, to, draw }]
}

const placeOf = (card: Surface | undefined) =>
  card?.ts && card.channel ? { channel: card.channel, ts: card.ts } : null

const timesExtended = (grant: Grant): number =>
  isApproved(grant) ? grant.extensions.filter(({ outcome }) => outcome === 'added').length : 0

/** Each end has a warning of its own, which notifies. */
const warningKey = (grant: Grant, extension: number): string =>
  `dm:${grant.id}:warning${extension === 0 ? '' : `:${extension}`}`

/** Askings for more time in the card's thread, their answers by DM, and warnings of ends that were moved. */
async function moreTime(parts: Parts, grant: Approved, card: Surface | undefined): Promise<Picture[]> {
  if (grant.extensions.length === 0) return []
  const isOver = grant.dueAt === null
  const dm = { lane: 'decision' as const, to: { channel: grant.subject.slack.userId } }
  const entitlement = findEntitlement(parts.world.catalog(), grant.resource.id, grant.entitlement.id)
  const waiting = waitingExtension(grant)
  const panels =
    entitlement && waiting
      ? await panelsOf(parts.world, entitlement, askedAgain(grant, waiting.approvedBy))
      : []
  const open = entitlement && openStage(seatsFilled(waiting?.approvedBy ?? []), entitlement.review.stages)
  const panel = panels[open ?? 0]
  const about = await aboutDm(parts, grant)
  const asked = grant.extensions.flatMap((extension): Picture[] => {
    const name = `more:${extension.askedAt.getTime()}`
    const answer = answerDm(grant, extension, about.zone)
    const drawNote = async () => {
      const asked = panel && extension.outcome === 'asked' ? { panel } : null
      const mentioned = asked ? mentionsOf(parts, asked) : []
      return threadNote(grant, extension, await mentioned)
    }
    const thread = card?.ts && card.channel ? { channel: card.channel, threadTs: card.ts } : null
    return [
      ...(thread
        ? [{ key: `note:${grant.id}:${name}`, lane: dm.lane, isWanted: !isOver, to: thread, draw: drawNote }]
        : []),
      ...(answer
        ? [{ key: `dm:${grant.id}:${name}`, ...dm, isWanted: true, draw: () => Promise.resolve(answer) }]
        : []),
    ]
  })
  const outdated = Array.from({ length: timesExtended(grant) }, (_, i): Picture => {
    const draw = () => Promise.resolve(outdatedWarning(grant, about))
    return { key: warningKey(grant, i), ...dm, lane: 'cleanUp', isWanted: false, draw }
  })
  return [...asked, ...outdated]
}

/**
 * Whoever is asked and cannot see the card gets it by DM, people and members of groups alike: those who are not in its
 * channel, or everyone who may answer when the channel is gone. Once sent it is kept true.
 */
async function copies(
  { world, directory }: Parts,
  grant: Grant,
  rows: ReadonlyMap<string, Surface>,
): Promise<{ sent: string[]; asked: string[] }> {
  const key = cardKey(grant)
  const sent = [...rows.keys()]
    .filter((other) => other.startsWith(`${key}:`))
    .map((other) => other.slice(key.length + 1))
  const card = rows.get(key)
  if (!card || (grant.status !== 'pending' && !owesReview(grant))) return { sent, asked: [] }
  // Whoever breaks glass is seen by every admin at once.
  if (grant.isBreakGlass) return { sent, asked: await adminIds(world, grant) }
  const asked = await askedOf(world, grant)
  if (asked === null) return { sent, asked: [] }
  const { people, groups } = mentionedOf(asked)
  const [named, membersOf] = await Promise.all([directory.userIds(people), directory.groups(groups)])
  const members = groups.map(membersOf).flatMap((some) => (typeof some === 'string' ? [] : [...some]))
  const own = [grant.requester, grant.subject].map(({ slack }) => slack.userId)
  const all = [...new Set([...named, ...members])].filter((id) => !own.includes(id))
  if (card.failure !== null) return { sent, asked: all.slice(0, mostCopies) }
  const here = await directory.channelMembers(grant.channel)
  const outside = here === 'unknown' ? [] : all.filter((id) => !here.has(id))
  return { sent, asked: outside.slice(0, mostCopies) }
}

/** Notes and changed terms go into the card's thread; plain approvals do not. */
function threadNotes(grant: Grant, card: Surface | undefined): Picture[] {
  if (!card?.ts || !card.channel) return []
  const to = { channel: card.channel, threadTs: card.ts }
  return grant.reviews.flatMap((review) => {
    const words = noteOf(grant, review)
    if (words === null) return []
    return {
      key: `note:${grant.id}:${review.by.id}`,
      lane: 'decision' as const,
      isWanted: true,
      to,
      draw: () => Promise.resolve(words),
    }
  })
}

function noteOf(grant: Grant, { by, verdict, note, durationMs }: Review): Message | null {
  const isChanged = verdict === 'approve' && durationMs !== grant.askedMs
  if (verdict === 'deny' || (note === null && !isChanged)) return null
  const what = isChanged
    ? `approved ${formatDuration(durationMs)} instead of ${formatDuration(grant.askedMs)}`
    : 'approved'
  const said = note === null ? '' : `: ${plainWords(note, 500)}`
  return { text: `${plainlyNamed(by)} ${what}`, blocks: [section(`${named(by)} ${what}${said}`)] }
}

function cardLane(grant: Grant): Lane {
  if (owesReview(grant) && grant.status === 'granting') return 'newCard'
  if (grant.auto !== null && grant.status === 'granting') return 'cleanUp'
  switch (grant.status) {
    case 'pending':
      return grant.reviews.length === 0 ? 'newCard' : 'decision'
    case 'denied':
    case 'waiting':
    case 'recurring':
    case 'granting':
      return 'decision'
    case 'active':
      return 'active'
    case 'revoking':
      return grant.alertedAt === null ? 'ended' : 'alert'
    case 'ended':
    case 'withdrawn':
    case 'lapsed':
      return 'ended'
  }
}

function dmLane(grant: Grant, moment: Moment): Lane {
  switch (moment) {
    case 'asked':
      return grant.status === 'pending' ? 'newCard' : 'cleanUp'
    case 'waiting':
      return grant.status === 'waiting' || grant.status === 'recurring' ? 'decision' : 'cleanUp'
    case 'outcome':
      if (grant.status === 'denied') return 'decision'
      return grant.status === 'active' ? 'active' : 'cleanUp'
    case 'warning':
      return grant.status === 'active' ? 'warning' : 'cleanUp'
    case 'late':
      return 'alert'
    case 'ended':
      return 'ended'
  }
}
