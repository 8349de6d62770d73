import type { InputBlock, KnownBlock, ModalView } from '@slack/types'
import { setTimeout as sleep } from 'node:timers/promises'
import { findEntitlement, type Entitlement } from '../../domain/catalog.ts'
import { formatDuration } from '../../domain/duration.ts'
import type { PersonFacts, PersonRef } from '../../domain/person.ts'
import { refuse, type Refusal } from '../../domain/refusal.ts'
import { requestAccess } from '../../operations/request.ts'
import { breakGlassWay } from './break-glass-modal.ts'
import { mayAskForOthers } from '../../domain/policy.ts'
import { answerUnopened, said, unreadWords, type Tell } from '../replies/answer-click.ts'
import { context, form, plain, plainSection, section } from '../words/blocks.ts'
import { messageView } from '../replies/message-view.ts'
import { updateView } from '../replies/fill-view.ts'
import { answerSubmission } from '../replies/answer-submission.ts'
import {
  isAnyUnknown,
  isForThem,
  isNothing,
  mayRequest,
  offerKey,
  offersTo,
  parseWish,
  unknownOffers,
  withKey,
  type TypedWish,
} from './offers.ts'
import { beginBlocks, sendSession } from '../holding/sessions.ts'
import { codeField } from '../replies/must-confirm.ts'
import type { Parts } from '../parts.ts'
import { parseInView, parseShortcut, parseSuggestion, type InView } from '../wire/payloads.ts'
import { refusalWords } from '../words/refusal-words.ts'
import { deviceBlocks, deviceField, deviceIn } from './device-field.ts'
import { optionFor, reasonField, reasonInput } from './request-fields.ts'
import { listenToSeveral, severalActions, severalWay } from './several-modal.ts'
import { mostOptions, optionsFor, recentKeys } from './suggestions.ts'
import { whoDecides } from './who-decides.ts'
import { recurrenceOf, startOf, whenActions, whenInputs, whenOf, zoneOf, type When } from './when-fields.ts'

/** "Request access": the modal, its choices, and what sending it does. Nothing exists until it is sent. */

const callbackId = 'request'
export const shortcutId = 'request_access'
const title = 'Request access'
const actions = {
  entitlement: 'entitlement',
  duration: 'duration',
  holder: 'holder',
} as const

/** Slack gives three seconds to open it, and the opening takes some of them. */
const mostWaitMs = 1_000

/** Opens at once from remembered facts; where something must be read first, with a loading view that is then filled in. */
export async function openRequest(
  parts: Parts,
  { userId, triggerId, text, tell }: { userId: string; triggerId: string; text: string; tell: Tell },
): Promise<void> {
  const { clients, directory, log } = parts
  try {
    const remembered = directory.remembered(userId)
    const drawn = remembered === null ? null : requestView(parts, remembered, text)
    const ready = drawn && (await Promise.race([drawn, sleep(mostWaitMs, null, { ref: false })]))
    if (ready !== null) {
      await clients.interactive.views.open({ trigger_id: triggerId, view: ready })
      return
    }
    const [opened, view] = await Promise.all([
      clients.interactive.views.open({ trigger_id: triggerId, view: messageView(title, 'Loading…') }),
      onceKnown(parts, drawn ?? viewOf(parts, userId, text)),
    ])
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

async function viewOf(parts: Parts, userId: string, text: string): Promise<ModalView> {
  const facts = await parts.directory.facts(userId)
  if (facts !== 'unknown') return requestView(parts, facts, text)
  return messageView(title, 'Slack does not say now who you are. Please try again in a minute.')
}

async function onceKnown({ log }: Parts, view: Promise<ModalView>): Promise<ModalView> {
  try {
    return await view
  } catch (error) {
    return messageView(title, unreadWords(log, error))
  }
}

async function requestView(parts: Parts, facts: PersonFacts, text: string): Promise<ModalView> {
  const { world } = parts
  const offers = offersTo(world.catalog(), facts, world.clock.now())
  if (isNothing(offers)) return nothingView(parts, facts)
  return formView(parts, parseWish(text, offers), { when: 'soon', facts, holder: null })
}

/** Whoever may request nothing sees no inputs, and no names of what others may request. */
async function nothingView({ world, directory }: Parts, facts: PersonFacts): Promise<ModalView> {
  if (facts.isExternal) return messageView(title, refusalWords(refuse('external')))
  if (isAnyUnknown(world.catalog(), facts, world.clock.now())) return messageView(title, unknownOffers(facts))
  const owners = [...world.catalog().resources.values()].flatMap(({ owner }) => owner ?? [])
  const asked = owners[0] === undefined ? [] : await directory.mentions({ people: [owners[0]], groups: [] })
  const ask = asked[0] === undefined ? '' : ` Ask ${asked[0]}.`
  return { ...messageView(title, ''), blocks: [section(`There is nothing you can request here.${ask}`)] }
}

async function formView(
  parts: Parts,
  wish: TypedWish,
  { when, facts, holder }: { when: When; facts: PersonFacts; holder: string | null },
): Promise<ModalView> {
  const about = { when, zone: zoneOf(facts) }
  const { entitlement, durationMs, reason, unmatched } = wish
  const now = parts.world.clock.now()
  const didYouMean = unmatched
    ? [plainSection(`No '${unmatched.word}'. Did you mean ${unmatched.meant}?`)]
    : []
  if (entitlement?.session != null)
    return form({
      callbackId,
      title,
      submit: parts.publicUrl === null ? 'Confirm' : 'Confirm…',
      blocks: [
        ...didYouMean,
        entitlementInput(entitlement),
        ...deviceBlocks(parts.world.catalog(), facts, entitlement, now),
        ...beginBlocks(parts, entitlement),
      ],
    })
  return form({
    callbackId,
    title,
    submit: 'Send request',
    blocks: [
      ...didYouMean,
      entitlementInput(entitlement),
      ...(entitlement ? holderInput(entitlement, facts, now) : []),
      // Of somebody else's devices nothing is told.
      ...(entitlement && holder === null ? deviceBlocks(parts.world.catalog(), facts, entitlement, now) : []),
      ...(entitlement ? [durationInput(entitlement, durationMs), ...tooLong(entitlement, durationMs)] : []),
      ...(entitlement ? whenInputs(entitlement, offerKey(entitlement), { ...about, now }) : []),
      reasonInput(entitlement, reason),
      ...(entitlement
        ? [
            await whoDecides(parts, facts, wish, entitlement, { when, holder }),
            ...severalWay,
            ...breakGlassWay(entitlement),
          ]
        : severalWay),
    ],
  })
}

const entitlementInput = (chosen: Entitlement | null): InputBlock => ({
  type: 'input',
  block_id: 'entitlement',
  dispatch_action: true,
  label: plain('What do you want to access?', 2_000),
  element: {
    type: 'external_select',
    action_id: actions.entitlement,
    min_query_length: 0,
    placeholder: plain('Type to search', 150),
    ...(chosen ? { initial_option: optionFor(chosen) } : {}),
  },
})

/**
 * For whom, where they may ask for others; whoever may not have it themselves must say. Choosing redraws the form, which
 * foretells who decides; what was chosen stays.
 */
function holderInput(entitlement: Entitlement, facts: PersonFacts, now: Date): InputBlock[] {
  const { duration, reasonExample } = entitlement
  const asking = { durationMs: duration.defaultMs, reason: reasonExample ?? '' }
  if (!mayAskForOthers(facts, entitlement, asking, now)) return []
  const isForOneself = isForThem(facts, entitlement, now)
  return [
    {
      type: 'input',
      block_id: isForOneself ? 'holder' : 'holder:other',
      optional: isForOneself,
      dispatch_action: true,
      label: plain('For whom?', 2_000),
      ...(isForOneself ? { hint: plain('Empty: for yourself. They are told, and may decline.', 2_000) } : {}),
      element: { type: 'users_select', action_id: actions.holder },
    },
  ]
}

/** Its block id names the entitlement: under a kept one Slack would keep the old entitlement's value. */
function durationInput(entitlement: Entitlement, wishedMs: number | null): InputBlock {
  const { choicesMs, defaultMs, maxMs } = entitlement.duration
  const preselected = wishedMs === null ? defaultMs : Math.min(wishedMs, maxMs)
  const choices = [...new Set([...choicesMs, preselected])].sort((a, b) => a - b)
  const options = choices.map((ms) => ({ text: plain(formatDuration(ms), 75), value: String(ms) }))
  const initial = options.find(({ value }) => value === String(preselected))
  return {
    type: 'input',
    block_id: durationBlock(offerKey(entitlement)),
    label: plain('For how long?', 2_000),
    hint: plain('The clock starts when access is given.', 2_000),
    element: {
      type: 'static_select',
      action_id: actions.duration,
      options: options.slice(0, mostOptions),
      ...(initial ? { initial_option: initial } : {}),
    },
  }
}

const durationBlock = (key: string): string => `duration:${key}`

const tooLong = ({ duration: { maxMs } }: Entitlement, wishedMs: number | null): KnownBlock[] =>
  wishedMs !== null && wishedMs > maxMs
    ? [context(`Asked ${formatDuration(wishedMs)}; the most is ${formatDuration(maxMs)}.`)]
    : []

export function listenToRequest(parts: Parts): void {
  const { app, world, directory, log } = parts
  listenToSeveral(parts, actions.entitlement)

  app.shortcut(shortcutId, async ({ ack, body }) => {
    const { userId, triggerId } = parseShortcut(body)
    const tell: Tell = async (words) => {
      await parts.clients.background.chat.postMessage({ channel: userId, ...said(words) })
    }
    await Promise.all([ack(), openRequest(parts, { userId, triggerId, text: '', tell })])
  })

  for (const actionId of [actions.entitlement, severalActions.entitlements])
    app.options(actionId, async ({ ack, body }) => {
      const { userId, typed } = parseSuggestion(body)
      const facts = directory.remembered(userId) ?? (await directory.facts(userId))
      if (facts === 'unknown') return ack({ options: [] })
      const recent = await recentKeys(parts, facts.person.id)
      await ack(optionsFor(offersTo(world.catalog(), facts, world.clock.now()), typed, recent))
    })

  for (const actionId of [actions.entitlement, whenActions.when, actions.holder]) {
    app.action(actionId, async ({ ack, body }) => {
      await ack()
      const shown = parseInView(body)
      try {
        const view = await viewAfterChoosing(parts, shown)
        const update = { view_id: shown.viewId, hash: shown.hash }
        if (view) await updateView({ client: parts.clients.interactive, log }, { ...update, view })
      } catch (error) {
        log.warn('could not update the request modal', { error })
      }
    })
  }

  app.view(callbackId, async ({ ack, body }) => {
    const view = parseInView(body)
    const { userId, viewId, field, blockOf } = view
    const key = field(actions.entitlement) ?? ''
    const [resource = '', entitlement = ''] = key.split('/')
    const durationMs = Number(field(actions.duration) ?? Number.NaN)
    const found = findEntitlement(world.catalog(), resource, entitlement)
    const device = deviceIn(field)
    if (found?.session != null) {
      const what = { kind: 'open-session' as const, resource, entitlement, device }
      await sendSession(parts, { ack, userId, viewId, what, code: field(codeField) })
      return
    }
    const recurrence = recurrenceOf(view)
    const holderId = field(actions.holder)
    const ask = {
      requestId: viewId,
      startsAt: startOf(view),
      durationMs: Number.isNaN(durationMs) && found ? found.duration.defaultMs : durationMs,
      reason: field(reasonField) ?? '',
      device,
    }
    let holder: PersonRef | null = null
    await answerSubmission({
      parts,
      ack,
      viewId,
      userId,
      title,
      fieldFor: (refusal) => fieldFor(refusal, blockOf),
      words: (refusal) => wordsFor(refusal, found),
      work: async (by) => {
        if (recurrence === 'unreadable')
          return refuse('bad-pattern', { reasons: ['Please fill in the days, the time and the dates'] })
        const who = holderId === null ? null : await parts.whoIs(holderId)
        if (who === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who that is'] })
        holder = who
        return requestAccess(world, { ...ask, resource, entitlement, by, holder, recurrence })
      },
      confirms: () =>
        recurrence === 'unreadable'
          ? null
          : { kind: 'ask', ...ask, wanted: [{ resource, entitlement }], holder, recurrence },
    })
  })
}

/** Everything is drawn anew for the chosen entitlement; the reason's block is kept, and so what was typed there. */
async function viewAfterChoosing(parts: Parts, shown: InView): Promise<ModalView | null> {
  const { world, directory } = parts
  const { userId, field } = shown
  const facts = directory.remembered(userId) ?? (await directory.facts(userId))
  // By the catalog of now: it may be another than before they were asked about.
  const entitlement = withKey(world.catalog(), field(actions.entitlement) ?? '')
  if (facts === 'unknown' || entitlement === null) return null
  if (!mayRequest(facts, entitlement, world.clock.now())) return null
  const durationMs = Number(field(actions.duration) ?? Number.NaN)
  const isSame = shown.blockOf(actions.duration) === durationBlock(offerKey(entitlement))
  return formView(
    parts,
    { entitlement, durationMs: isSame ? durationMs : null, reason: '', unmatched: null },
    { when: isSame ? whenOf(shown) : 'soon', facts, holder: field(actions.holder) },
  )
}

/** An error on a block that the view does not hold would not be shown. */
function fieldFor({ refused }: Refusal, blockOf: (actionId: string) => string | null): string {
  const actionId = fieldOf[refused]
  return (actionId === undefined ? null : blockOf(actionId)) ?? 'entitlement'
}

const fieldOf: Partial<Record<Refusal['refused'], string>> = {
  'bad-reason': reasonField,
  unfit: deviceField,
  'no-principal': deviceField,
  'not-for-others': actions.holder,
  'not-for-them': actions.holder,
  'asked-already': actions.holder,
  'bad-duration': actions.duration,
  'bad-start': whenActions.start,
  'outside-windows': actions.duration,
  'bad-pattern': whenActions.until,
}

function wordsFor(refusal: Refusal, entitlement: Entitlement | null): string {
  if (refusal.refused === 'bad-duration' && entitlement) {
    return `The most is ${formatDuration(entitlement.duration.maxMs)}.`
  }
  return refusalWords(refusal)
}
