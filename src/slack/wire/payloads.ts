import { z } from 'zod'
import { wellFormed } from '../../domain/cut.ts'

/** What Slack sends, as far as we read it: parsed here, once. */
export const user = z.object({ id: z.string() })
/** What people typed. */
const typed = z.string().transform(wellFormed)

const click = z.object({
  user,
  trigger_id: z.string(),
  channel: z.object({ id: z.string() }).nullish(),
  message: z.object({ ts: z.string() }).nullish(),
  view: z.object({ type: z.string() }).nullish(),
  actions: z
    .array(
      z.object({
        action_id: z.string(),
        value: z.string().nullish(),
        action_ts: z.string().regex(/^\d+(\.\d+)?$/),
      }),
    )
    .min(1),
})

export interface Click {
  readonly userId: string
  readonly triggerId: string
  readonly value: string
  /** When it was clicked, by Slack's clock: the same on a redelivery. */
  readonly clickedAt: Date
  /** The message that was clicked; null in modals and on the Home tab. */
  readonly message: { readonly channel: string; readonly ts: string } | null
  readonly isOnHome: boolean
}

export function parseClick(body: unknown): Click {
  const { user: by, trigger_id: triggerId, channel, message, view, actions } = click.parse(body)
  return {
    userId: by.id,
    triggerId,
    value: actions[0]?.value ?? '',
    clickedAt: new Date(Number(actions[0]?.action_ts ?? 0) * 1_000),
    message: channel && message ? { channel: channel.id, ts: message.ts } : null,
    isOnHome: view?.type === 'home',
  }
}

const option = z.object({ value: z.string() }).nullish()
const values = z.record(
  z.string(),
  z.record(
    z.string(),
    z.object({
      value: typed.nullish(),
      selected_option: option,
      selected_options: z.array(z.object({ value: z.string() })).nullish(),
      selected_user: z.string().nullish(),
      selected_date: z.string().nullish(),
      selected_time: z.string().nullish(),
      selected_date_time: z.number().nullish(),
    }),
  ),
)

const view = z.object({
  id: z.string(),
  hash: z.string(),
  private_metadata: z.string().nullish(),
  state: z.object({ values: values.nullish() }).nullish(),
})

const inView = z.object({ user, trigger_id: z.string().nullish(), view })

export interface InView {
  readonly userId: string
  readonly viewId: string
  readonly hash: string
  readonly metadata: string
  /** What stands in an input, by its action id: its text, its choice, its date or time, or its instant in seconds; null while it is empty. */
  readonly field: (actionId: string) => string | null
  /** What is ticked. */
  readonly choices: (actionId: string) => readonly string[]
  /** The block that holds this input, if it is on the view now. */
  readonly blockOf: (actionId: string) => string | null
}

export function parseInView(body: unknown): InView {
  const { user: by, view: shown } = inView.parse(body)
  const blocks = Object.entries(shown.state?.values ?? {})
  const inputs = blocks.flatMap(([, block]) => Object.entries(block))
  const fields = new Map(
    inputs.map(([actionId, { value, ...picked }]) => [
      actionId,
      picked.selected_option?.value ??
        picked.selected_user ??
        picked.selected_date ??
        picked.selected_time ??
        picked.selected_date_time?.toString() ??
        value ??
        null,
    ]),
  )
  const ticked = new Map(
    inputs.map(([actionId, input]) => [actionId, input.selected_options?.map(({ value }) => value) ?? []]),
  )
  return {
    userId: by.id,
    viewId: shown.id,
    hash: shown.hash,
    metadata: shown.private_metadata ?? '',
    field: (actionId) => fields.get(actionId) ?? null,
    choices: (actionId) => ticked.get(actionId) ?? [],
    blockOf: (actionId) => blocks.find(([, block]) => actionId in block)?.[0] ?? null,
  }
}

const command = z.object({
  user_id: z.string(),
  trigger_id: z.string(),
  text: typed.nullish(),
})

export function parseCommand(body: unknown): { userId: string; triggerId: string; text: string } {
  const { user_id: userId, trigger_id: triggerId, text } = command.parse(body)
  return { userId, triggerId, text: text ?? '' }
}

const shortcut = z.object({ user, trigger_id: z.string() })

export function parseShortcut(body: unknown): { userId: string; triggerId: string } {
  const { user: by, trigger_id: triggerId } = shortcut.parse(body)
  return { userId: by.id, triggerId }
}

const suggestion = z.object({ user, value: typed.nullish() })

export function parseSuggestion(body: unknown): { userId: string; typed: string } {
  const { user: by, value } = suggestion.parse(body)
  return { userId: by.id, typed: value ?? '' }
}
