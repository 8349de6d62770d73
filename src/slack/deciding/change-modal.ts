import type { KnownBlock, ModalView } from '@slack/types'
import { findEntitlement, type Entitlement } from '../../domain/catalog.ts'
import { formatDuration, parseDuration } from '../../domain/duration.ts'
import { offeredMs, type Grant } from '../../domain/grant.ts'
import { plainlyNamed } from '../../domain/person.ts'
import { dateIn, dayOf, instantOf, isZone } from '../../domain/windows/wall-clock.ts'
import { refuse, type Refusal } from '../../domain/refusal.ts'
import { noteLength, reviewGrant } from '../../operations/review.ts'
import { answerUnopened, type Tell } from '../replies/answer-click.ts'
import { form, plain, plainSection } from '../words/blocks.ts'
import { parseCardValue } from './card-value.ts'
import { updateView } from '../replies/fill-view.ts'
import { messageView } from '../replies/message-view.ts'
import { answerSubmission } from '../replies/answer-submission.ts'
import type { Parts } from '../parts.ts'
import { parseInView, type Click } from '../wire/payloads.ts'
import { refusalWords } from '../words/refusal-words.ts'
import { askingText } from '../words/who.ts'

const callbackId = 'change'
const title = 'Approve with changes'
const fields = { duration: 'duration', note: 'note', until: 'until' } as const

/** Opens at once, as triggers live 3 s, and fills in what the database says. */
export async function openChange({ world, clients, log }: Parts, click: Click, tell: Tell): Promise<void> {
  try {
    const { grantId } = parseCardValue(click.value)
    const [opened, grant] = await Promise.all([
      clients.interactive.views.open({ trigger_id: click.triggerId, view: messageView(title, 'Loading…') }),
      world.grants.get(grantId),
    ])
    const view =
      grant === null
        ? messageView(title, refusalWords(refuse('not-found')))
        : changeView(click.value, grant, rulesOf(world.catalog(), grant), world.clock.now())
    const { id: viewId, hash } = opened.view ?? {}
    if (viewId)
      await updateView(
        { client: clients.interactive, log },
        { view_id: viewId, view, ...(hash ? { hash } : {}) },
      )
  } catch (error) {
    await answerUnopened({ log }, tell, error)
  }
}

const rulesOf = (catalog: Parameters<typeof findEntitlement>[0], grant: Grant): Entitlement | null =>
  findEntitlement(catalog, grant.resource.id, grant.entitlement.id)

const maxOf = (catalog: Parameters<typeof findEntitlement>[0], grant: Grant): number | null =>
  rulesOf(catalog, grant)?.duration.maxMs ?? null

/** Where the catalog lets approvers say yes ahead. */
function untilInput(grant: Grant, rules: Entitlement | null, now: Date): KnownBlock[] {
  if (rules?.preApproveMs == null || grant.pattern !== null) return []
  const latest = dateIn('UTC', new Date(now.getTime() + rules.preApproveMs))
  return [
    {
      type: 'input',
      block_id: fields.until,
      optional: true,
      label: plain("And don't ask me again for this person until", 2_000),
      hint: plain(
        `What ${plainlyNamed(grant.subject)} asks for here is then approved by you at once, each time for no longer than above. ${latest} at the latest; you can stop it on the Home tab.`,
        2_000,
      ),
      element: { type: 'datepicker', action_id: fields.until },
    },
  ]
}

const changeView = (metadata: string, grant: Grant, rules: Entitlement | null, now: Date): ModalView =>
  form({
    callbackId,
    metadata,
    title,
    submit: 'Approve',
    blocks: [
      plainSection(
        `${askingText(grant)} ${grant.entitlement.name} on ${grant.resource.name}, ${formatDuration(grant.askedMs)}.`,
      ),
      {
        type: 'input',
        block_id: fields.duration,
        label: plain('For how long?', 2_000),
        hint: plain(
          `Such as 90m or 2h${rules === null ? '' : `; the most is ${formatDuration(rules.duration.maxMs)}`}.`,
          2_000,
        ),
        element: {
          type: 'plain_text_input',
          action_id: fields.duration,
          initial_value: formatDuration(offeredMs(grant)),
          max_length: 40,
          focus_on_load: true,
        },
      },
      {
        type: 'input',
        block_id: fields.note,
        optional: true,
        label: plain('Note', 2_000),
        hint: plain('Posted in the thread of the card.', 2_000),
        element: {
          type: 'plain_text_input',
          action_id: fields.note,
          multiline: true,
          max_length: noteLength.most,
        },
      },
      ...untilInput(grant, rules, now),
    ],
  })

export function listenToChange(parts: Parts): void {
  parts.app.view(callbackId, async ({ ack, body }) => {
    const { userId, viewId, metadata, field } = parseInView(body)
    const { grantId, terms } = parseCardValue(metadata)
    const durationMs = parseDuration(field(fields.duration) ?? '')
    const note = field(fields.note)
    const until = field(fields.until)
    const aheadUntil = until === null ? null : endOfDay(until, await zoneOf(parts, userId))
    const answer = { grantId, terms, note, durationMs, aheadUntil }
    await answerSubmission({
      parts,
      ack,
      viewId,
      userId,
      title,
      fieldFor: ({ refused }) => fieldOf[refused] ?? fields.duration,
      words: (refusal) =>
        refusal.refused === 'bad-duration' ? durationWords(parts, refusal.grant) : refusalWords(refusal),
      work: async (by) =>
        durationMs === null
          ? refuse('bad-duration', { grant: await parts.world.grants.get(grantId) })
          : reviewGrant(parts.world, { ...answer, by, verdict: 'approve' }),
      confirms: () => ({ kind: 'approve', answers: [answer] }),
    })
  })
}

const fieldOf: Partial<Record<Refusal['refused'], string>> = {
  'bad-note': fields.note,
  'bad-until': fields.until,
}

async function zoneOf({ directory }: Parts, userId: string): Promise<string> {
  const facts = await directory.facts(userId)
  return facts === 'unknown' || !isZone(facts.zone) ? 'UTC' : facts.zone
}

/** The last day counts as a whole, where whoever picked it is. */
const endOfDay = (date: string, zone: string): Date => new Date(instantOf(dayOf(date) + 1, 0, zone))

function durationWords({ world }: Parts, grant: Grant | null): string {
  const maxMs = grant && maxOf(world.catalog(), grant)
  return `Please write a duration such as 90m or 2h${maxMs === null ? '' : `; the most is ${formatDuration(maxMs)}`}.`
}
