import { findEntitlement } from '../../domain/catalog.ts'
import { waitingExtension } from '../../domain/extension.ts'
import { isApproved, type Approved, type Grant } from '../../domain/grant.ts'
import { placeOf, type Surface } from '../../domain/ports/surfaces.ts'
import { earlierOf, openNow } from '../../operations/asked-of.ts'
import { askedAgain } from '../../operations/answer-extension.ts'
import { panelsOf, type Panel } from '../../operations/panel.ts'
import { withOneCatalog } from '../../operations/world.ts'
import { mentionsOf } from '../deciding/calls.ts'
import { cardKey } from '../deciding/card.ts'
import { askedOutside } from '../deciding/outside.ts'
import type { AskedOnce } from '../asked-once.ts'
import type { Parts } from '../parts.ts'
import type { Lane } from '../publish/outbox.ts'
import { untilAllAreWritten, type Drawn, type Picture } from '../publish/picture.ts'
import { isUnfitNow } from '../../domain/devices/posture.ts'
import { unfitDm } from './unfit-dm.ts'
import { aboutDm, isForAnother, isMoment, moments, outdatedWarning, renderDm, type Moment } from './dms.ts'
import { answerDm, threadNote } from './more-time.ts'
import { isAnswered, renderAskedSeveral, renderForRequester } from './requester-dms.ts'

/** What the holder, and whoever asked for them, hears of a grant. */

export function holderPictures(
  parts: Parts,
  grant: Grant,
  { many, known }: { readonly many: readonly Grant[]; readonly known: AskedOnce },
): Picture[] {
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
            draw: async () => renderDm(grant, moment, await aboutDm(parts, grant, known), now),
          },
    ),
    ...unfitPictures(grant),
    ...(isForAnother(grant) ? forRequester(grant, now) : []),
  ]
}

/** Each time that a device is not fit any more, and the catalog gives time to mend it. */
function unfitPictures(grant: Grant): Picture[] {
  const times = grant.history.filter(({ type }) => type === 'unfit').length
  const isNow = (time: number): boolean =>
    time === times && grant.status === 'active' && isUnfitNow(grant.posture)
  return Array.from({ length: times }, (_, i) => ({
    key: `dm:${grant.id}:unfit:${i + 1}`,
    lane: isNow(i + 1) ? 'warning' : 'cleanUp',
    isWanted: isNow(i + 1),
    to: { channel: grant.subject.slack.userId },
    draw: () => Promise.resolve(unfitDm(grant, { isNow: isNow(i + 1) })),
  }))
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

/**
 * Askings for more time in the thread of the card, and by DM for those who are asked and do not see its channel; their
 * answers by DM to the holder, and warnings of ends that were moved.
 */
export async function moreTimePictures(
  parts: Parts,
  grant: Grant,
  { rows, known }: { readonly rows: ReadonlyMap<string, Surface>; readonly known: AskedOnce },
): Promise<Drawn> {
  if (!isApproved(grant) || grant.extensions.length === 0) return { pictures: [], isWhole: true }
  const dm = { lane: 'decision' as const, to: { channel: grant.subject.slack.userId } }
  const card = rows.get(cardKey(grant))
  const panel = await panelForMore(parts, grant)
  const outside = panel && card ? await askedOutside(parts, grant, { panel }, card) : null
  const about = await aboutDm(parts, grant, known)
  const isOver = grant.dueAt === null
  const asked = grant.extensions.flatMap((extension): Picture[] => {
    const name = `more:${extension.askedAt.getTime()}`
    const key = `note:${grant.id}:${name}`
    const answer = answerDm(grant, extension, about.zone)
    const draw = async () => {
      const asked = panel && extension.outcome === 'asked' ? { panel } : null
      const mentioned = asked ? mentionsOf(parts, asked) : []
      return threadNote(grant, extension, await mentioned)
    }
    const isAsked = extension.outcome === 'asked'
    const sent = [...rows.keys()].flatMap((other) =>
      other.startsWith(`${key}:`) ? [other.slice(key.length + 1)] : [],
    )
    const thread = placeOf(card)
    return [
      ...(thread
        ? [
            {
              key,
              lane: dm.lane,
              isWanted: !isOver,
              to: { channel: thread.channel, threadTs: thread.ts },
              draw,
            },
          ]
        : []),
      ...[...new Set([...sent, ...(isAsked && outside ? outside.userIds : [])])].map((userId) => ({
        key: `${key}:${userId}`,
        lane: dm.lane,
        isWanted: isAsked,
        to: { channel: userId },
        draw,
      })),
      ...(answer
        ? [{ key: `dm:${grant.id}:${name}`, ...dm, isWanted: true, draw: () => Promise.resolve(answer) }]
        : []),
    ]
  })
  const outdated = Array.from({ length: timesExtended(grant) }, (_, i): Picture => {
    const draw = () => Promise.resolve(outdatedWarning(grant, about))
    return { key: warningKey(grant, i), ...dm, lane: 'cleanUp', isWanted: false, draw }
  })
  return { pictures: [...asked, ...outdated], isWhole: outside?.isWhole ?? true }
}

/** Who is asked for the more time that waits; null where none does. */
async function panelForMore(parts: Parts, grant: Approved): Promise<Panel | null> {
  const world = withOneCatalog(parts.world)
  const entitlement = findEntitlement(world.catalog(), grant.resource.id, grant.entitlement.id)
  const waiting = waitingExtension(grant)
  if (entitlement === null || waiting === null) return null
  const again = askedAgain(grant, waiting.approvedBy)
  const { stages } = entitlement.review
  const [panels, earlier] = await Promise.all([panelsOf(world, entitlement, again), earlierOf(world, again)])
  const known = openNow(again, earlier, panels, stages)
  const open = known === 'unknown' ? openNow(again, [], panels, stages) : known
  return open === 'unknown' ? null : (panels[open.stage] ?? null)
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
