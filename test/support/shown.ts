import type { Button } from '@slack/types'
import type { Message } from '../../src/slack/words/blocks.ts'
import { formatDate } from '../workspace/page/src/words/date.ts'
import { at } from './builders.ts'

/** Mrkdwn as somebody in London reads it on the day of the tests: "today at 11:00". */
export const asRead = (mrkdwn: string): string =>
  mrkdwn.replace(/<!date\^(\d+)\^([^|>]*)\|[^>]*>/g, (_, seconds: string, format: string) =>
    formatDate(Number(seconds), format, { now: at(0), zone: 'Europe/London', locale: 'en-GB' }),
  )

/** The words of a message, a line a block; buttons are not words. */
export const wordsOf = ({ blocks }: Message): string[] =>
  blocks.flatMap((block) => {
    if (block.type === 'section') return asRead(block.text?.text ?? '')
    if (block.type !== 'context') return []
    return asRead(block.elements.map((one) => ('text' in one ? one.text : '')).join(' '))
  })

/** Its buttons, whichever block they are in. */
export const buttonsOf = ({ blocks }: Pick<Message, 'blocks'>): Button[] =>
  blocks.flatMap((block) => {
    if (block.type === 'actions') return block.elements.filter((one) => one.type === 'button')
    return block.type === 'section' && block.accessory?.type === 'button' ? [block.accessory] : []
  })

/** What is on each button, and what a click on it says: "Withdraw (dm_withdraw g1)". */
export const buttonWords = (buttons: readonly Button[]): string[] =>
  buttons.map(({ text, action_id, value }) => `${text.text} (${action_id ?? ''} ${value ?? ''})`)
