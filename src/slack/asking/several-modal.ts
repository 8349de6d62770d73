import type { InputBlock, KnownBlock, ModalView } from '@slack/types'
import { type Catalog, type Entitlement } from '../../domain/catalog.ts'
import { formatDuration } from '../../domain/duration.ts'
import type { Grant } from '../../domain/grant.ts'
import type { PersonFacts, PersonRef } from '../../domain/person.ts'
import { isRefusal } from '../../domain/refusal.ts'
import { mostLines, requestSeveral, type NotOne } from '../../operations/request-several.ts'
import { button, buttonRow, context, form, plain } from '../words/blocks.ts'
import { updateView } from '../replies/fill-view.ts'
import { answerSubmission } from '../replies/answer-submission.ts'
import { plainWords } from '../words/mrkdwn.ts'
import { deviceBlocksForAll, deviceField, deviceIn } from './device-field.ts'
import { offerKey, withKey } from './offers.ts'
import type { Parts } from '../parts.ts'
import { parseInView, type InView } from '../wire/payloads.ts'
import { refusalWords } from '../words/refusal-words.ts'
import { optionFor, reasonField, reasonInput } from './request-fields.ts'

/** "Several at once": the way in from the request form, its form, and what sending it does. */

const callbackId = 'request_several'
const title = 'Request access'
export const severalActions = { open: 'several_open', entitlements: 'entitlements' } as const
const duration = 'several_duration'

/** At the end of the request form. */
export const severalWay: readonly KnownBlock[] = buttonRow(
  [button(severalActions.open, 'Several at once…', 'several', 'Ask for several things at once')],
  'several',
)

function severalView(
  { catalog, facts, now }: { catalog: Catalog; facts: PersonFacts | null; now: Date },
  chosen: readonly Entitlement[],
  reason: string,
): ModalView {
  const options = chosen.map(optionFor)
  return form({
    callbackId,
    title,
    submit: 'Send request',
    blocks: [
      {
        type: 'input',
        block_id: 'entitlements',
        dispatch_action: true,
        label: plain('What do you want to access?', 2_000),
        hint: plain(`Up to ${mostLines}. Each is approved by itself.`, 2_000),
        element: {
          type: 'multi_external_select',
          action_id: severalActions.entitlements,
          min_query_length: 0,
          max_selected_items: mostLines,
          placeholder: plain('Type to search', 150),
          ...(options.length > 0 ? { initial_options: options } : {}),
        },
      },
      ...(facts === null ? [] : deviceBlocksForAll(catalog, facts, chosen, now)),
      ...(chosen.length > 0 ? [durationInput(chosen)] : []),
      reasonInput(null, reason),
      context('Each is reviewed by its own approvers; what a rule approves needs nobody.'),
    ],
  })
}

/** What all of them allow. Its block id changes with that: under a kept one Slack would keep the old choice. */
function durationInput(chosen: readonly Entitlement[]): InputBlock {
  const mostMs = Math.min(...chosen.map(({ duration: { maxMs } }) => maxMs))
  const usualMs = Math.min(...chosen.map(({ duration: { defaultMs } }) => defaultMs))
  const all = chosen.flatMap(({ duration: { choicesMs } }) => choicesMs).filter((ms) => ms <= mostMs)
  const choices = [...new Set([...all, usualMs])].sort((a, b) => a - b).slice(0, 100)
  const options = choices.map((ms) => ({ text: plain(formatDuration(ms), 75), value: String(ms) }))
  const initial = options.find(({ value }) => value === String(usualMs))
  return {
    type: 'input',
    block_id: `several-duration:${choices.join('-')}`.slice(0, 255),
    label: plain('For how long?', 2_000),
    hint: plain('The clock of each starts when it is given.', 2_000),
    element: {
      type: 'static_select',
      action_id: duration,
      options,
      ...(initial ? { initial_option: initial } : {}),
    },
  }
}

function chosenIn(catalog: Catalog, keys: readonly string[]): Entitlement[] {
  return keys.flatMap((key) => withKey(catalog, key) ?? [])
}

/** `single` is the id of the one-thing form's menu: what was chosen there is chosen here. */
export function listenToSeveral(parts: Parts, single: string): void {
  const { app, world, clients, directory, log } = parts
  const redraw = async (shown: InView, keys: readonly string[]): Promise<void> => {
    try {
      const { userId } = shown
      const facts = directory.remembered(userId) ?? (await directory.facts(userId))
      const about = {
        catalog: world.catalog(),
        facts: facts === 'unknown' ? null : facts,
        now: world.clock.now(),
      }
      const view = severalView(about, chosenIn(about.catalog, keys), shown.field(reasonField) ?? '')
      const update = { view_id: shown.viewId, hash: shown.hash, view }
      await updateView({ client: clients.interactive, log }, update)
    } catch (error) {
      log.warn('could not update the form for several', { error })
    }
  }
  app.action(severalActions.open, async ({ ack, body }) => {
    await ack()
    const shown = parseInView(body)
    const key = shown.field(single)
    await redraw(shown, key === null ? [] : [key])
  })
  app.action(severalActions.entitlements, async ({ ack, body }) => {
    await ack()
    const shown = parseInView(body)
    await redraw(shown, shown.choices(severalActions.entitlements))
  })
  app.view(callbackId, async ({ ack, body }) => {
    const view = parseInView(body)
    const { userId, viewId, field } = view
    const wanted = chosenIn(world.catalog(), view.choices(severalActions.entitlements))
    const named = new Map(wanted.map((one) => [offerKey(one), one]))
    const usualMs = Math.min(...wanted.map((one) => one.duration.defaultMs))
    const ask = {
      requestId: viewId,
      startsAt: null,
      recurrence: null,
      wanted: wanted.map((one) => ({ resource: one.resource.id, entitlement: one.id })),
      durationMs: Number(field(duration) ?? usualMs),
      reason: field(reasonField) ?? '',
      device: deviceIn(field),
    }
    const outcome = async (by: PersonRef): Promise<Grant | NotOne> => {
      const made = await requestSeveral(world, { ...ask, by })
      if ('refused' in made) return made
      const [first] = made
      if (first === undefined) throw new Error('nothing was asked for')
      return first
    }
    let which: Entitlement | null = null
    let others = 0
    await answerSubmission({
      parts,
      ack,
      viewId,
      userId,
      title,
      fieldFor: ({ refused }) =>
        (refused === 'bad-reason'
          ? view.blockOf(reasonField)
          : refused === 'bad-duration'
            ? view.blockOf(duration)
            : refused === 'unfit' || refused === 'no-principal'
              ? view.blockOf(deviceField)
              : null) ?? 'entitlements',
      words: (refusal) =>
        `${which === null ? '' : `${plainWords(which.name, 60)}: `}${refusalWords(refusal)}${others === 0 ? '' : ' The others were asked for.'}`,
      work: async (by) => {
        const made = await outcome(by)
        others = isRefusal(made) ? made.others : 0
        if (isRefusal(made) && made.which !== null && !['bad-reason', 'bad-duration'].includes(made.refused))
          which = named.get(`${made.which.resource}/${made.which.entitlement}`) ?? null
        return made
      },
      confirms: () => ({ kind: 'ask', ...ask, holder: null }),
    })
  })
}
