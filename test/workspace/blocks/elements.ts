import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import {
  confirm,
  dispatchActionConfig,
  option,
  optionGroup,
  overflowOption,
  plainText,
  richOption,
  style,
} from './composition.ts'

/** Block elements and their limits. Source: docs.slack.dev, "Block elements"; facts/slack.md, Limits. */
const actionable = { action_id: z.string().min(1).max(255).optional() }
const asks = { ...actionable, confirm: confirm.optional(), focus_on_load: z.boolean().optional() }
const picks = { ...asks, placeholder: plainText(150).optional() }
const picksMany = { ...picks, max_selected_items: z.int().min(1).optional() }
const types = {
  ...actionable,
  placeholder: plainText(150).optional(),
  focus_on_load: z.boolean().optional(),
  dispatch_action_config: dispatchActionConfig.optional(),
}
const choices = {
  options: z.array(option).min(1).max(100).optional(),
  option_groups: z.array(optionGroup).min(1).max(100).optional(),
}
const ids = z.array(z.string()).optional()

const oneSource = (element: { options?: unknown; option_groups?: unknown }) =>
  (element.options === undefined) !== (element.option_groups === undefined)

const oneSourceOnly = { message: 'must define either `options` or `option_groups`, and not both' }

type Offers = { options?: unknown[] | undefined; option_groups?: { options: unknown[] }[] | undefined }

/** Slack compares an initial option with the offered ones as a whole: text, value and description. */
const offersAll = (element: Offers, initial: unknown[]) => {
  const offered = [...(element.options ?? []), ...(element.option_groups ?? []).flatMap((g) => g.options)]
  return initial.every((one) => offered.some((other) => isDeepStrictEqual(one, other)))
}
const notOffered = { message: 'initial option must be among the options' }
const initialOne = (element: Offers & { initial_option?: unknown }) =>
  element.initial_option === undefined || offersAll(element, [element.initial_option])
const initialMany = (element: Offers & { initial_options?: unknown[] | undefined }) =>
  offersAll(element, element.initial_options ?? [])

export const image = z.strictObject({
  type: z.literal('image'),
  image_url: z.string().max(3000),
  alt_text: z.string().max(2000),
})

export const button = z.strictObject({
  type: z.literal('button'),
  ...actionable,
  text: plainText(75),
  value: z.string().max(2000).optional(),
  url: z.string().max(3000).optional(),
  style: style.optional(),
  confirm: confirm.optional(),
  accessibility_label: z.string().max(75).optional(),
})

export const overflow = z.strictObject({
  type: z.literal('overflow'),
  ...actionable,
  options: z.array(overflowOption).min(1).max(5),
  confirm: confirm.optional(),
})

export const checkboxes = z
  .strictObject({
    type: z.literal('checkboxes'),
    ...asks,
    options: z.array(richOption).min(1).max(10),
    initial_options: z.array(richOption).min(1).optional(),
  })
  .refine(initialMany, notOffered)

export const radioButtons = z
  .strictObject({
    type: z.literal('radio_buttons'),
    ...asks,
    options: z.array(richOption).min(1).max(10),
    initial_option: richOption.optional(),
  })
  .refine(initialOne, notOffered)

export const staticSelect = z
  .strictObject({ type: z.literal('static_select'), ...picks, ...choices, initial_option: option.optional() })
  .refine(oneSource, oneSourceOnly)
  .refine(initialOne, notOffered)

export const multiStaticSelect = z
  .strictObject({
    type: z.literal('multi_static_select'),
    ...picksMany,
    ...choices,
    initial_options: z.array(option).min(1).optional(),
  })
  .refine(oneSource, oneSourceOnly)
  .refine(initialMany, notOffered)

export const externalSelect = z.strictObject({
  type: z.literal('external_select'),
  ...picks,
  initial_option: option.optional(),
  min_query_length: z.int().min(0).optional(),
})

export const multiExternalSelect = z.strictObject({
  type: z.literal('multi_external_select'),
  ...picksMany,
  initial_options: z.array(option).min(1).optional(),
  min_query_length: z.int().min(0).optional(),
})

export const usersSelect = z.strictObject({
  type: z.literal('users_select'),
  ...picks,
  initial_user: z.string().optional(),
})
export const multiUsersSelect = z.strictObject({
  type: z.literal('multi_users_select'),
  ...picksMany,
  initial_users: ids,
})

const conversationFilter = z.strictObject({
  include: z
    .array(z.enum(['im', 'mpim', 'private', 'public']))
    .min(1)
    .optional(),
  exclude_external_shared_channels: z.boolean().optional(),
  exclude_bot_users: z.boolean().optional(),
})
const conversation = {
  default_to_current_conversation: z.boolean().optional(),
  filter: conversationFilter.optional(),
}
export const conversationsSelect = z.strictObject({
  type: z.literal('conversations_select'),
  ...picks,
  ...conversation,
  initial_conversation: z.string().optional(),
})
export const multiConversationsSelect = z.strictObject({
  type: z.literal('multi_conversations_select'),
  ...picksMany,
  ...conversation,
  initial_conversations: ids,
})
export const channelsSelect = z.strictObject({
  type: z.literal('channels_select'),
  ...picks,
  initial_channel: z.string().optional(),
})
export const multiChannelsSelect = z.strictObject({
  type: z.literal('multi_channels_select'),
  ...picksMany,
  initial_channels: ids,
})

export const datepicker = z.strictObject({
  type: z.literal('datepicker'),
  ...picks,
  initial_date: z.iso.date().optional(),
})
export const timepicker = z.strictObject({
  type: z.literal('timepicker'),
  ...picks,
  initial_time: z.stringFormat('HH:mm', /^([01]\d|2[0-3]):[0-5]\d$/).optional(),
  timezone: z.string().optional(),
})
export const datetimepicker = z.strictObject({
  type: z.literal('datetimepicker'),
  ...asks,
  initial_date_time: z.int().min(1_000_000_000).max(9_999_999_999).optional(),
})

export const plainTextInput = z.strictObject({
  type: z.literal('plain_text_input'),
  ...types,
  initial_value: z.string().max(3000).optional(),
  multiline: z.boolean().optional(),
  min_length: z.int().min(0).max(3000).optional(),
  max_length: z.int().min(1).max(3000).optional(),
})
export const emailInput = z.strictObject({
  type: z.literal('email_text_input'),
  ...types,
  initial_value: z.string().optional(),
})
export const urlInput = z.strictObject({
  type: z.literal('url_text_input'),
  ...types,
  initial_value: z.string().optional(),
})
export const numberInput = z.strictObject({
  type: z.literal('number_input'),
  ...types,
  is_decimal_allowed: z.boolean(),
  initial_value: z.string().optional(),
  min_value: z.string().optional(),
  max_value: z.string().optional(),
})
