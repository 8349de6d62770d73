import type { Stage } from '../../domain/catalog.ts'
import type { Grant, Review } from '../../domain/grant.ts'
import { plainlyNamed } from '../../domain/person.ts'
import { nameApprovers } from '../../domain/approvers.ts'
import { askedOf, mentionedOf, type AskedOf } from '../../operations/asked-of.ts'
import { section, type Message } from '../words/blocks.ts'
import { plainWords } from '../words/mrkdwn.ts'
import { allNamed, named } from '../words/who.ts'
import type { Parts } from '../parts.ts'
import type { Picture } from '../publish/picture.ts'

/** How those are called whom a request waits for. */

/** As Slack mentions: these ping when they are posted. */
export const mentionsOf = (
  { directory }: Pick<Parts, 'directory'>,
  asked: Pick<AskedOf, 'panel'>,
): Promise<string[]> => directory.mentions(mentionedOf(asked))

/** What people call a stage: its name, or its approvers; nobody is mentioned. */
export const stageWords = ({ name, approvers }: Pick<Stage, 'name' | 'approvers'>): string =>
  plainWords(name ?? nameApprovers(approvers).slice(0, 5).join(', '), 200)

/** Whose yes counts no longer; null where all do. */
function voidedWords({ voided }: AskedOf): string | null {
  if (voided.length === 0) return null
  const names = allNamed(
    voided.map(({ by }) => by),
    named,
  )
  const whose = voided.length === 1 ? 'that yes counts' : 'those count'
  return `${names} may not approve this any more: ${whose} no longer.`
}

/** The request with the answers that count now, for its line of status. */
export function asCounted(grant: Grant, voided: readonly Pick<Review, 'by'>[]): Grant {
  const isVoided = ({ by }: Review) => voided.some((one) => one.by.id === by.id)
  return voided.length === 0 ? grant : { ...grant, reviews: grant.reviews.filter((one) => !isVoided(one)) }
}

/** Why others than usual are asked; null where it is the usual ones. */
export function standInWords({ panel }: Pick<AskedOf, 'panel'>): string | null {
  if (panel.standIns === null) return null
  if (panel.standIns === 'nobody') {
    const who = panel.stage.needs === 1 ? 'Nobody else' : 'Too few people'
    return `${who} can answer this, with the admins too: the catalog must name more.`
  }
  const few = `Too few of ${stageWords(panel.stage)} can answer this`
  return panel.standIns === 'admins'
    ? `${few}: the admins stand in.`
    : `${few}: ${stageWords({ name: null, approvers: panel.stage.otherwise ?? panel.stage.approvers })} stand in.`
}

/** What is to be known of those who are asked; null where it is as usual. */
export function notesOn(asked: AskedOf): string | null {
  const notes = [voidedWords(asked), standInWords(asked)].filter((words) => words !== null)
  return notes.length === 0 ? null : notes.join(' ')
}

type Place = { readonly channel: string; readonly ts: string } | null

/** The calls in the thread of the card: the stage that comes next, reminders, and whom it was escalated to. */
export function calls(parts: Parts, grant: Grant, card: Place): Picture[] {
  if (grant.status !== 'pending' || grant.nudge === null || card === null) return []
  const { stage, escalatedAt, recounts } = grant.nudge
  const call = (name: string, words: (names: string) => string): Picture =>
    callAt(parts, grant, card, name, words)
  const next = stage > 0 || recounts > 0 ? [call(`stage:${stage}`, (names) => `Next: ${names}`)] : []
  const escalation =
    escalatedAt === null
      ? []
      : [call(`escalate:${stage}`, (names) => `Nobody answered yet, so others may too: ${names}`)]
  // What stands is not edited: whom it called then, it called.
  return [...next, ...remindersAt(parts, grant, card), ...escalation]
}

/** Beside the copy that somebody has who does not see the card's channel: they are reminded too. */
export const remindersBeside = (parts: Parts, grant: Grant, copy: Place, userId: string): Picture[] =>
  remindersAt(parts, grant, copy).map((one) => ({ ...one, key: `${one.key}:${userId}` }))

function remindersAt(parts: Parts, grant: Grant, card: Place): Picture[] {
  if (grant.status !== 'pending' || grant.nudge === null || card === null) return []
  const { stage, reminded } = grant.nudge
  if (reminded === 0) return []
  const who = named(grant.subject)
  const what = plainWords(grant.entitlement.name, 60)
  const words = (names: string) => `Still waiting: *${what}* for ${who}. Next: ${names}`
  return [callAt(parts, grant, card, `remind:${stage}:${reminded}`, words)]
}

/** A stage that is called once more than before says so anew. */
const againOf = (grant: Grant): string =>
  grant.status === 'pending' && grant.nudge !== null && grant.nudge.recounts > 0
    ? `:again${grant.nudge.recounts}`
    : ''

const callAt = (
  parts: Parts,
  grant: Grant,
  card: NonNullable<Place>,
  name: string,
  words: (names: string) => string,
): Picture => ({
  key: `note:${grant.id}:${name}${againOf(grant)}`,
  lane: 'decision',
  isWanted: true,
  to: { channel: card.channel, threadTs: card.ts },
  draw: async () => {
    const asked = await askedOf(parts.world, grant)
    const mentions = asked === null ? [] : await mentionsOf(parts, asked)
    return callMessage(words(mentions.slice(0, 10).join(' ')), grant)
  },
})

const callMessage = (words: string, { subject, entitlement }: Grant): Message => ({
  text: `${entitlement.name} for ${plainlyNamed(subject)} waits for an answer`,
  blocks: [section(words)],
})
