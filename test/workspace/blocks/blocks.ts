import { z } from 'zod'
import { anyText, mrkdwn, plainText } from './composition.ts'
import * as element from './elements.ts'

/** Layout blocks, what each may hold, and where each may stand.
 *  Source: docs.slack.dev, "Blocks"; facts/slack.md, Limits. */
const named = { block_id: z.string().min(1).max(255).optional() }

const chooses = [
  element.checkboxes,
  element.radioButtons,
  element.staticSelect,
  element.multiStaticSelect,
  element.externalSelect,
  element.multiExternalSelect,
  element.usersSelect,
  element.multiUsersSelect,
  element.conversationsSelect,
  element.multiConversationsSelect,
  element.channelsSelect,
  element.multiChannelsSelect,
  element.datepicker,
  element.timepicker,
] as const

const inSection = z.discriminatedUnion('type', [element.button, element.overflow, element.image, ...chooses])
const inActions = z.discriminatedUnion('type', [
  element.button,
  element.overflow,
  element.datetimepicker,
  ...chooses,
])
const inInput = z.discriminatedUnion('type', [
  element.plainTextInput,
  element.emailInput,
  element.urlInput,
  element.numberInput,
  element.datetimepicker,
  ...chooses,
])

export const section = z
  .strictObject({
    type: z.literal('section'),
    ...named,
    text: anyText(3000).optional(),
    fields: z.array(anyText(2000)).min(1).max(10).optional(),
    accessory: inSection.optional(),
    expand: z.boolean().optional(),
  })
  .refine((block) => block.text !== undefined || block.fields !== undefined, {
    message: 'must define either `text` or `fields`',
  })

export const actions = z.strictObject({
  type: z.literal('actions'),
  ...named,
  elements: z.array(inActions).min(1).max(25),
})

export const input = z.strictObject({
  type: z.literal('input'),
  ...named,
  label: plainText(2000),
  element: inInput,
  hint: plainText(2000).optional(),
  optional: z.boolean().optional(),
  dispatch_action: z.boolean().optional(),
})

export const context = z.strictObject({
  type: z.literal('context'),
  ...named,
  elements: z
    .array(z.discriminatedUnion('type', [plainText(3000), mrkdwn(3000), element.image]))
    .min(1)
    .max(10),
})

export const header = z.strictObject({ type: z.literal('header'), ...named, text: plainText(150) })
export const divider = z.strictObject({ type: z.literal('divider'), ...named })
export const imageBlock = z.strictObject({
  type: z.literal('image'),
  ...named,
  image_url: z.string().max(3000),
  alt_text: z.string().min(1).max(2000),
  title: plainText(2000).optional(),
})
export const markdown = z.strictObject({
  type: z.literal('markdown'),
  ...named,
  text: z.string().min(1).max(12_000),
})
export const alert = z.strictObject({
  type: z.literal('alert'),
  ...named,
  text: anyText(3000),
  level: z.enum(['default', 'info', 'warning', 'error', 'success']).optional(),
})

const everywhere = [section, actions, input, context, header, divider, imageBlock] as const

export const messageBlocks = z.array(z.discriminatedUnion('type', [...everywhere, markdown])).max(50)
export const modalBlocks = z.array(z.discriminatedUnion('type', [...everywhere, alert])).max(100)
export const homeBlocks = z.array(z.discriminatedUnion('type', [...everywhere])).max(100)

export type Block = z.infer<typeof messageBlocks>[number] | z.infer<typeof modalBlocks>[number]
export type Element = z.infer<typeof inSection> | z.infer<typeof inActions> | z.infer<typeof inInput>
/** Everything but images: what a person can use, and what has an action_id. */
export type Interactive = Exclude<Element, { type: 'image' }>
