import { z } from 'zod'
import { homeBlocks, modalBlocks } from './blocks.ts'
import { plainText } from './composition.ts'

/** Views as an app sends them. Source: docs.slack.dev, "Views"; facts/slack.md, Limits. */
const common = {
  private_metadata: z.string().max(3000).optional(),
  callback_id: z.string().max(255).optional(),
  external_id: z.string().max(255).optional(),
}

export const modalView = z.strictObject({
  type: z.literal('modal'),
  ...common,
  title: plainText(24),
  submit: plainText(24).optional(),
  close: plainText(24).optional(),
  blocks: modalBlocks.min(1),
  clear_on_close: z.boolean().optional(),
  notify_on_close: z.boolean().optional(),
  submit_disabled: z.boolean().optional(),
})

export const homeView = z.strictObject({ type: z.literal('home'), ...common, blocks: homeBlocks })

export type ModalView = z.infer<typeof modalView>
export type HomeView = z.infer<typeof homeView>
