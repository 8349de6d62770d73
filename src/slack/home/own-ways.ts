import type { KnownBlock, ModalView } from '@slack/types'
import type { Known, PersonRef } from '../../domain/person.ts'
import type { OwnWay } from '../../domain/ports/confirming.ts'
import { isRefusal } from '../../domain/refusal.ts'
import { methodsAskedFor, needsOwnWays } from '../../domain/confirming/asked-for.ts'
import { enrolLink } from '../replies/enrol-link.ts'
import type { Parts } from '../parts.ts'
import { messageView } from '../replies/message-view.ts'
import { openFilled } from '../replies/fill-view.ts'
import { parseClick } from '../wire/payloads.ts'
import { button, plainSection, sectionWith } from '../words/blocks.ts'
import { plainWords, unmarked } from '../words/mrkdwn.ts'
import { refusalWords } from '../words/refusal-words.ts'

/*
 * How somebody confirms who they are, on their Home tab. Both buttons lead to the page, which asks who they are first:
 * whoever has only their Slack adds nothing there, and removes nothing either, as that would lock its owner out and make
 * a plea for a new one-time code sound true.
 */

const actions = { add: 'way_add', remove: 'way_remove' } as const
const title = 'Ways to confirm'

export interface OwnWays {
  readonly ways: readonly OwnWay[]
  /** One of them counts by the catalog of now, at the address of now. */
  readonly isUsable: boolean
}

/** Null: nothing here needs one, or none can be added here; then nothing is asked of the database. */
export async function ownWaysOf(
  { world, publicUrl, log }: Pick<Parts, 'world' | 'publicUrl' | 'log'>,
  person: PersonRef,
): Promise<Known<OwnWays> | null> {
  const { enrolling } = world.confirming
  if (publicUrl === null || !enrolling.isPossible || !needsOwnWays(world.catalog())) return null
  try {
    const asked = methodsAskedFor(world.catalog()).filter((method) => method !== 'oidc')
    const [ways, usable] = await Promise.all([
      enrolling.ownWays(person),
      world.confirming.waysOf(person, asked),
    ])
    return { ways, isUsable: usable.length > 0 }
  } catch (error) {
    log.warn('could not read how somebody confirms', { person: person.id, error })
    return 'unknown'
  }
}

export function ownWayRows(own: Known<OwnWays> | null): (() => KnownBlock[])[] {
  if (own === null) return []
  const known = own === 'unknown' ? [] : own.ways
  return [() => [addRow(own)], ...known.map((way) => () => [wayRow(way)])]
}

function addRow(own: Known<OwnWays>): KnownBlock {
  const words =
    own === 'unknown'
      ? 'What you have cannot be read now.'
      : own.ways.length === 0
        ? 'You have nothing to confirm with yet: no passkey, and no authenticator app.'
        : own.isUsable
          ? 'Access that asks for it is confirmed with one of these.'
          : 'None of these counts here now: add another.'
  const label = 'Add a way to confirm'
  return sectionWith(words, button(actions.add, label, 'add', label))
}

const wayRow = ({ label }: OwnWay): KnownBlock =>
  sectionWith(plainWords(label, 60), button(actions.remove, 'Remove…', label, `Remove ${label}`))

export function listenToOwnWays(parts: Parts): void {
  const { app } = parts
  for (const actionId of [actions.add, actions.remove] as const) {
    app.action(actionId, async ({ ack, body }) => {
      const click = parseClick(body)
      const removed = actionId === actions.remove ? click.value : null
      await Promise.all([ack(), openFilled(parts, { click, title }, (by) => linkView(parts, by, removed))])
    })
  }
}

/** The link is made when it is wanted: one that waited on the Home tab would be too old. */
async function linkView(parts: Parts, by: PersonRef, removed: string | null): Promise<ModalView> {
  const link = await enrolLink(parts, by, removed === null ? 'Add a way…' : 'Remove…')
  if (isRefusal(link)) return messageView(title, unmarked(refusalWords(link)))
  const words = removed === null ? addWords : removeWords(removed)
  return {
    ...messageView(title, ''),
    blocks: [plainSection(words), { type: 'actions', elements: [link] }],
  }
}

const forYou = 'The link is for you alone, for 5 minutes.'

const addWords = `A page opens and asks who you are first: you type the one-time code that an admin gave you in person, or sign in where your company lets you. Then you add a passkey or an authenticator app. ${forYou}`

const removeWords = (label: string): string =>
  `Removed, “${label}” confirms nothing any more; it takes nothing that you hold. A page opens and asks who you are first, by a one-time code or a sign-in: your Slack alone does not show that. ${forYou}\n\nIf it is lost, or in other hands, tell an admin at once: they remove all you have.`
