import { findEntitlement } from '../../domain/catalog.ts'
import { seatsFilled, waitingExtension } from '../../domain/extension.ts'
import { isApproved, type Approved, type Grant } from '../../domain/grant.ts'
import type { Surface } from '../../domain/ports/surfaces.ts'
import { openStage } from '../../domain/stages.ts'
import { askedAgain } from '../../operations/answer-extension.ts'
import { panelsOf } from '../../operations/panel.ts'
import { mentionsOf } from '../deciding/calls.ts'
import type { Parts } from '../parts.ts'
import type { Lane } from '../publish/outbox.ts'
import { untilAllAreWritten, type Picture } from '../publish/picture.ts'
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
} from './dms.ts'
import { answerDm, threadNote } from './more-time.ts'

/** What the holder, and whoever asked for them, hears of a grant. */

/** `card` is where approvers see it: whoever wants more time is shown in its thread. */
export async function holderPictures(
  parts: Parts,
  grant: Grant,
  many: readonly Grant[],
  card: Surface | undefined,
): Promise<Picture[]> {
  const now = parts.world.clock.now()
  const isOneOfMany = (grant.lines ?? many.length) > 1
  return [
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
