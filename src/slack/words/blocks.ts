import type { Button, KnownBlock, ModalView, PlainTextElement } from '@slack/types'
import { cut } from '../../domain/cut.ts'
import { cutMarked } from './mrkdwn.ts'

/** A message as it is sent: always both, as `text` alone would delete the blocks. */
export interface Message {
  /** State in words, without mentions: what is read aloud and shown where blocks are not. */
  readonly text: string
  readonly blocks: KnownBlock[]
}

/** Texts are cut to Slack's limits here, so that no name or error can make a message refused. */
export const plain = (text: string, most: number): PlainTextElement => ({
  type: 'plain_text',
  text: cut(text, most),
  emoji: false,
})

export const section = (text: string): KnownBlock => ({
  type: 'section',
  text: { type: 'mrkdwn', text: cutMarked(text, 3_000), verbatim: true },
})

/** With a button at its end. */
export const sectionWith = (text: string, accessory: Button): KnownBlock => ({
  type: 'section',
  text: { type: 'mrkdwn', text: cutMarked(text, 3_000), verbatim: true },
  accessory,
})

export const plainSection = (text: string): KnownBlock => ({ type: 'section', text: plain(text, 3_000) })

export const context = (text: string): KnownBlock => ({
  type: 'context',
  elements: [{ type: 'mrkdwn', text: cutMarked(text, 3_000), verbatim: true }],
})

export function button(
  actionId: string,
  text: string,
  value: string,
  label: string,
  { style, sure }: { style?: 'primary' | 'danger'; sure?: { title: string; text: string; yes: string } } = {},
): Button {
  return {
    type: 'button',
    action_id: actionId,
    text: plain(text, 75),
    value,
    accessibility_label: cut(label, 75),
    ...(style ? { style } : {}),
    ...(sure
      ? {
          confirm: {
            title: plain(sure.title, 100),
            text: plain(sure.text, 300),
            confirm: plain(sure.yes, 30),
            deny: plain('Cancel', 30),
          },
        }
      : {}),
  }
}

/** Buttons side by side; nothing where there are none. */
export const buttonRow = (buttons: readonly Button[], blockId?: string): KnownBlock[] =>
  buttons.length === 0
    ? []
    : [{ type: 'actions', ...(blockId === undefined ? {} : { block_id: blockId }), elements: [...buttons] }]

interface Form {
  readonly callbackId: string
  readonly title: string
  readonly submit: string
  readonly close?: string
  /** What the submission is about: the form brings it back as it is. */
  readonly metadata?: string
  readonly blocks: readonly KnownBlock[]
}

/** A modal that is filled in and sent. */
export const form = ({ callbackId, title, submit, close = 'Cancel', metadata, blocks }: Form): ModalView => ({
  type: 'modal',
  callback_id: callbackId,
  ...(metadata === undefined ? {} : { private_metadata: metadata }),
  title: plain(title, 24),
  submit: plain(submit, 24),
  close: plain(close, 24),
  blocks: [...blocks],
})

/** A message of one text, with buttons below it where there are any; `text` is what notifies. */
export function message(words: string, text: string, buttons: readonly Button[] = []): Message {
  const blocks: KnownBlock[] = [section(words), ...buttonRow(buttons)]
  return { text, blocks }
}
