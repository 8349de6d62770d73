import { owesReview } from '../../domain/break-glass.ts'
import { formatDuration } from '../../domain/duration.ts'
import type { Grant, Review } from '../../domain/grant.ts'
import { plainlyNamed } from '../../domain/person.ts'
import { placeOf, type Surface } from '../../domain/ports/surfaces.ts'
import { adminIds } from '../../operations/admins.ts'
import type { AskedOnce } from '../asked-once.ts'
import type { Parts } from '../parts.ts'
import type { Lane } from '../publish/outbox.ts'
import { untilAllAreWritten, type Drawn, type Picture } from '../publish/picture.ts'
import { section, type Message } from '../words/blocks.ts'
import { plainWords } from '../words/mrkdwn.ts'
import { named } from '../words/who.ts'
import { calls, remindersBeside } from './calls.ts'
import { aboutCard, cardKey, renderCard } from './card.ts'
import { drawLines } from './lines-card.ts'
import { askedOutside, type Outside } from './outside.ts'

/** What those who decide see of a request: its card, copies of it, and what stands in its thread. */

const givingMs = 1_000

/** The card, its copies for those who cannot see it, and the notes in its thread. */
export async function cardPictures(
  parts: Parts,
  grant: Grant,
  about: {
    readonly rows: ReadonlyMap<string, Surface>
    readonly many: readonly Grant[]
    readonly known: AskedOnce
  },
): Promise<Drawn> {
  const { rows, many, known } = about
  const isQuiet = grant.auto !== null && !grant.auto.isShown
  if (isQuiet) return { pictures: [], isWhole: true }
  const now = parts.world.clock.now()
  const lines = linesOn(grant, many)
  const draw = async () =>
    lines.length > 1
      ? drawLines(parts, lines, now)
      : renderCard(grant, await aboutCard(parts, grant, known), now)
  const key = cardKey(grant)
  const lane = cardLane(grant)
  const { sent, asked } = await copies(parts, grant, rows, known)
  const isCopyWanted = grant.status === 'pending' || owesReview(grant)
  const copy = { lane, isWanted: isCopyWanted, isAnchor: true as const, draw }
  const pictures = [
    {
      key,
      lane,
      isWanted: grant.dueAt !== null,
      to: { channel: grant.channel },
      isAnchor: true as const,
      mayWaitUntil: untilAllAreWritten(many) ?? (rows.get(key)?.ts ? passesBy(grant) : null),
      draw,
    },
    ...[...new Set([...sent, ...asked.userIds])].map((userId) => ({
      ...copy,
      key: `${key}:${userId}`,
      to: { channel: userId },
    })),
    ...asked.userIds
      .flatMap((userId) => remindersBeside(parts, grant, placeOf(rows.get(`${key}:${userId}`)), userId))
      .filter((call) => !rows.get(call.key)?.ts),
    ...threadNotes(grant, rows.get(key)),
    ...calls(parts, grant, placeOf(rows.get(key))).filter((call) => !rows.get(call.key)?.ts),
  ]
  return { pictures, isWhole: asked.isWhole }
}

/** Most systems give within a moment of the approval: then the card says at once that it is held. */
export function passesBy(grant: Grant): Date | null {
  if (grant.status !== 'granting' || grant.tries > 0 || grant.alertedAt !== null) return null
  return new Date(grant.approvedAt.getTime() + givingMs)
}

/** What is on the same card: the lines of one request, for one channel, that people see there. */
const linesOn = (grant: Grant, many: readonly Grant[]): readonly Grant[] =>
  many.filter(({ channel, auto }) => channel === grant.channel && (auto === null || auto.isShown))

/** Whoever is asked and cannot see the card gets it by DM. Once sent it is kept true. */
async function copies(
  parts: Parts,
  grant: Grant,
  rows: ReadonlyMap<string, Surface>,
  known: AskedOnce,
): Promise<{ sent: string[]; asked: Outside }> {
  const key = cardKey(grant)
  const sent = [...rows.keys()]
    .filter((other) => other.startsWith(`${key}:`))
    .map((other) => other.slice(key.length + 1))
  const nobody = { userIds: [], isWhole: true }
  const card = rows.get(key)
  if (!card || (grant.status !== 'pending' && !owesReview(grant))) return { sent, asked: nobody }
  // Whoever breaks glass is seen by every admin at once.
  if (grant.isBreakGlass) return { sent, asked: await adminIds(parts.world, grant) }
  const asked = await known.asked()
  return { sent, asked: asked === null ? nobody : await askedOutside(parts, grant, asked, card) }
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

/** No rule gave it, and nothing has happened to it since: its card tells for the first time that somebody has it now. */
const isNewlyHeld = ({ auto, history }: Grant): boolean =>
  auto === null && history.findLast(({ type }) => type !== 'ours')?.type === 'given'

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
      return isNewlyHeld(grant) ? 'decision' : 'active'
    case 'revoking':
      return grant.alertedAt === null ? 'ended' : 'alert'
    case 'ended':
    case 'withdrawn':
    case 'lapsed':
      return 'ended'
  }
}
