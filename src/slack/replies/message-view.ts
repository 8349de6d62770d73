import type { ModalView } from '@slack/types'
import { plain, plainSection } from '../words/blocks.ts'

/** A modal that says one thing. */
export const messageView = (title: string, text: string): ModalView => ({
  type: 'modal',
  title: plain(title, 24),
  close: plain('Close', 24),
  blocks: [plainSection(text)],
})
