import { z } from 'zod'
import type { InteractionKind } from '../../domain/ports/trace.ts'

/** Words of our code and of Slack; what follows them, as the number of a page, is not the name of anything. */
const name = z.string().transform((text) => /^[\w./-]{1,60}/.exec(text)?.[0] ?? '?')

const acted = z.object({ actions: z.array(z.object({ action_id: name })).min(1) })
const came = z.union([
  z
    .object({ type: z.literal('block_actions') })
    .extend(acted.shape)
    .transform(({ actions }) => named('click', actions[0]?.action_id)),
  z
    .object({ type: z.literal('view_submission'), view: z.object({ callback_id: name }) })
    .transform(({ view }) => named('form', view.callback_id)),
  z
    .object({ type: z.literal('block_suggestion'), action_id: name })
    .transform(({ action_id: of }) => named('options', of)),
  z
    .object({ type: z.enum(['shortcut', 'message_action']), callback_id: name })
    .transform(({ callback_id: of }) => named('shortcut', of)),
  z
    .object({ type: z.literal('event_callback'), event: z.object({ type: name }) })
    .transform(({ event }) => named('event', event.type)),
  z.object({ command: name }).transform(({ command: of }) => named('command', of)),
])

/** What Slack delivered, by the name that our code has for it. Who sent it, and what they typed, is not looked at. */
export function whatCame(body: unknown): { type: 'interaction'; kind: InteractionKind; of: string } {
  const parsed = came.safeParse(body)
  return parsed.success ? parsed.data : named('other', 'unknown')
}

const named = (kind: InteractionKind, of = '?') => ({ type: 'interaction', kind, of }) as const
