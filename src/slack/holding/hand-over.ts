import type { Button, KnownBlock, ModalView } from '@slack/types'
import type { Shown } from '../../domain/connector.ts'
import type { Grant, Secret } from '../../domain/grant.ts'
import type { PersonRef } from '../../domain/person.ts'
import { isRefusal, type Refusal } from '../../domain/refusal.ts'
import { showSecret, ticketToShow } from '../../operations/hand-over.ts'
import { actor, answerUnopened, tellClicker, unreadWords } from '../replies/answer-click.ts'
import { updateView } from '../replies/fill-view.ts'
import { messageView } from '../replies/message-view.ts'
import { parseClick, parseInView } from '../wire/payloads.ts'
import { button, form, plain, plainSection, section } from '../words/blocks.ts'
import { escapeText, unmarked, when } from '../words/mrkdwn.ts'
import { nameOf } from '../words/names.ts'
import { refusalWords } from '../words/refusal-words.ts'
import type { Parts } from '../parts.ts'

/*
 * "Show the password…": what giving made for its holder, in a modal that their own click opened, or as a link from there
 * to a page that Slack does not see. It is in no message: those stay in histories, exports and notifications.
 */

const actions = { show: 'dm_show', link: 'show_link' } as const
const callbackId = 'show'
const field = 'brought'
const mostBrought = 3_000
/** Slack refuses a text with more. */
const mostText = 2_900

export const showButton = (grant: Grant): Button[] =>
  grant.status === 'active' && grant.secret !== null
    ? [button(actions.show, titleOf(grant.secret), grant.id, `${titleOf(grant.secret)}: ${nameOf(grant)}`)]
    : []

/** When it was shown, where it was: whoever did not look themselves sees it here. */
export function shownWords(grant: Grant): string {
  if (grant.status !== 'active' || grant.secret === null) return ''
  const shown = grant.history.filter(({ type }) => type === 'shown').at(-1)
  return shown ? `\nThe ${escapeText(grant.secret.what)} was shown ${when(shown.at)}.` : ''
}

const titleOf = ({ what }: Pick<Secret, 'what'>): string => `Show the ${what}`

export function listenToShow(parts: Parts): void {
  const { app } = parts
  app.action(actions.show, async ({ ack, body, respond }) => {
    await ack()
    const click = parseClick(body)
    await open(parts, click, tellClicker(parts, click, respond))
  })
  // Slack tells also of links that are followed.
  app.action(actions.link, ({ ack }) => ack())
  app.view(callbackId, async ({ ack, body }) => {
    const { userId, viewId, metadata: grantId, field: value } = parseInView(body)
    await ack({ response_action: 'update', view: making })
    await fill(parts, viewId, await resultFor(parts, userId, { grantId, brought: value(field) }))
  })
}

const making = messageView('One moment', 'It is being made…')

/** A click has three seconds to open something: that is opened first, and then filled. */
async function open(
  parts: Parts,
  { userId, triggerId, value: grantId }: { userId: string; triggerId: string; value: string },
  tell: Parameters<typeof answerUnopened>[1],
): Promise<void> {
  const { clients, log, world } = parts
  let viewId: string | undefined
  try {
    const opened = await clients.interactive.views.open({ trigger_id: triggerId, view: making })
    viewId = opened.view?.id
  } catch (error) {
    // Of one that was delivered twice the first opened it: nothing is made for the second.
    return answerUnopened({ log }, tell, error)
  }
  if (viewId === undefined) return
  await fill(parts, viewId, await nextFor(parts, world.grants.get(grantId), userId, grantId))
}

/** What the click leads to: a link, a form for what must be brought, or what is shown. */
async function nextFor(
  parts: Parts,
  reading: Promise<Grant | null>,
  userId: string,
  grantId: string,
): Promise<ModalView> {
  const { world, log } = parts
  try {
    const grant = await reading
    const isOnPage = grant !== null && world.catalog().systems.get(grant.system)?.handOver === 'page'
    if (isOnPage) return await linkFor(parts, userId, grantId)
    const brings = grant?.status === 'active' ? (grant.secret?.brings ?? null) : null
    if (grant !== null && brings !== null) return formFor(parts, grant)
  } catch (error) {
    return messageView('Curfew', unreadWords(log, error))
  }
  return resultFor(parts, userId, { grantId, brought: null })
}

async function linkFor(parts: Parts, userId: string, grantId: string): Promise<ModalView> {
  const { world, publicUrl } = parts
  if (publicUrl === null) {
    return messageView(
      'Curfew',
      'This is shown on a page, and Curfew has none: whoever runs it must set PUBLIC_URL.',
    )
  }
  const by = await actor(parts, userId)
  const made = isRefusal(by) ? by : await ticketToShow(world, { grantId, by })
  if (isRefusal(made)) return refused(made)
  const words = 'It is shown once, on a page that Slack does not see. The link works once, for 5 minutes.'
  return {
    ...messageView('Curfew', words),
    blocks: [
      plainSection(words),
      {
        type: 'actions',
        elements: [
          {
            ...button(actions.link, 'Open the page', grantId, 'Open the page', { style: 'primary' }),
            url: `${publicUrl}/show/${made.ticket}`,
          },
        ],
      },
    ],
  }
}

function formFor({ world }: Parts, grant: Grant, wrong: string | null = null): ModalView {
  if (grant.status !== 'active' || grant.secret === null) return making
  const { what, brings } = grant.secret
  const hint = world.systems(grant.system)?.connector.handOver?.brings?.hint ?? null
  return form({
    callbackId,
    metadata: grant.id,
    title: titleOf(grant.secret),
    submit: 'Make it',
    blocks: [
      ...(wrong === null ? [] : [plainSection(wrong)]),
      plainSection(`For ${nameOf(grant)}. The ${what} is shown once; looking again makes another.`),
      {
        type: 'input',
        block_id: field,
        label: plain(brings ?? '', 200),
        ...(hint === null ? {} : { hint: plain(hint, 200) }),
        element: {
          type: 'plain_text_input',
          action_id: field,
          multiline: true,
          min_length: 1,
          max_length: mostBrought,
          focus_on_load: true,
        },
      },
    ],
  })
}

/** Has it made, and shows it; or says why not, with the form again where it was for what was brought. */
async function resultFor(
  parts: Parts,
  userId: string,
  { grantId, brought }: { grantId: string; brought: string | null },
): Promise<ModalView> {
  const { world, log } = parts
  try {
    const by: PersonRef | Refusal = await actor(parts, userId)
    const made = isRefusal(by) ? by : await showSecret(world, { grantId, by, on: 'modal', brought })
    if (!isRefusal(made)) return shownView(made.shown)
    const { grant } = made
    const isForBrought = made.refused === 'not-made' && brought !== null
    return isForBrought && grant ? formFor(parts, grant, unmarked(refusalWords(made))) : refused(made)
  } catch (error) {
    return messageView('Curfew', unreadWords(log, error))
  }
}

const refused = (refusal: Refusal): ModalView => messageView('Curfew', unmarked(refusalWords(refusal)))

/** Once, and to them alone; closing it forgets it. */
const shownView = (shown: readonly Shown[]): ModalView => ({
  ...messageView('Shown once', ''),
  clear_on_close: true,
  blocks: [
    plainSection('This is shown once: save it now. Looking again makes another, and this one stops working.'),
    ...shown.flatMap(partOf),
  ],
})

function partOf({ label, text, file }: Shown): KnownBlock[] {
  const title = plainSection(file === undefined ? label : `${label} (save it as ${file})`)
  if (text.length > mostText || escapeText(text).length > mostText)
    return [title, plainSection('It is too long for Slack. Whoever runs Curfew can have it shown on a page.')]
  return [title, text.includes('`') ? plainSection(text) : section(`\`\`\`\n${escapeText(text)}\n\`\`\``)]
}

/** What was made and cannot be shown is lost, and another is made by the next look. Its text is in no log. */
async function fill({ clients, log }: Parts, viewId: string, view: ModalView): Promise<void> {
  try {
    await updateView({ client: clients.interactive, log }, { view_id: viewId, view })
  } catch (error) {
    const name = error instanceof Error ? error.name : 'unknown'
    log.warn('a modal could not be filled', { viewId, error: name })
  }
}
