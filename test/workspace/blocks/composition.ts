import { z } from 'zod'

/** Composition objects and their limits. Source: docs.slack.dev, "Composition objects"; facts/slack.md, Limits. */
export const plainText = (most: number) =>
  z.strictObject({
    type: z.literal('plain_text'),
    text: z.string().min(1).max(most),
    emoji: z.boolean().optional(),
  })

export const mrkdwn = (most: number) =>
  z.strictObject({
    type: z.literal('mrkdwn'),
    text: z.string().min(1).max(most),
    verbatim: z.boolean().optional(),
  })

export const anyText = (most: number) => z.discriminatedUnion('type', [plainText(most), mrkdwn(most)])

export const style = z.enum(['primary', 'danger'])

export const confirm = z.strictObject({
  title: plainText(100),
  text: anyText(300),
  confirm: plainText(30),
  deny: plainText(30),
  style: style.optional(),
})

export const option = z.strictObject({
  text: plainText(75),
  value: z.string().min(1).max(150),
  description: plainText(75).optional(),
})

/** Radio buttons and checkboxes may hold mrkdwn. */
export const richOption = z.strictObject({
  text: anyText(75),
  value: z.string().min(1).max(150),
  description: anyText(75).optional(),
})

export const overflowOption = option.extend({ url: z.string().max(3000).optional() })

export const optionGroup = z.strictObject({
  label: plainText(75),
  options: z.array(option).min(1).max(100),
})

export const dispatchActionConfig = z.strictObject({
  trigger_actions_on: z.array(z.enum(['on_enter_pressed', 'on_character_entered'])).min(1),
})

export type Text = z.infer<ReturnType<typeof anyText>>
export type Option = z.infer<typeof option>
export type RichOption = z.infer<typeof richOption>
export type OptionGroup = z.infer<typeof optionGroup>
export type Confirm = z.infer<typeof confirm>
