import { setImmediate as immediate, setTimeout as sleep } from 'node:timers/promises'
import type { Grant } from '../../src/domain/grant.ts'
import type { Picture } from '../../src/slack/publish/picture.ts'
import { section, type Message } from '../../src/slack/words/blocks.ts'
import { beat } from './beats.ts'
import type { SlackSide } from './slack-side.ts'

export const says = (words: string): Message => ({ text: words, blocks: [section(words)] })

/** One message that says the status; it is posted while the grant is open. */
export const aPicture = (grant: Grant, about: Partial<Picture> = {}): Picture => ({
  key: `card:${grant.id}`,
  lane: 'newCard',
  isWanted: grant.dueAt !== null,
  to: { channel: grant.channel },
  draw: () => Promise.resolve(says(`${grant.id} is ${grant.status}`)),
  ...about,
})

/** Polls until it is so, which it must be in time. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await isSo()); tries++) {
    if (tries === 1_000) throw new Error('it never came to be')
    await sleep(2)
  }
}

export const shown = (side: SlackSide, id = 'g1') =>
  until(async () => (await side.world.grants.get(id))?.unshown === false)

/** Nothing here waits for the time to pass: after so many turns whatever was to follow has followed. */
export async function settled(turns = 200): Promise<void> {
  for (let i = 0; i < turns; i++) await immediate()
}

export const sentOf = ({ slack }: SlackSide): string[] =>
  slack.calls.map(
    ({ method, args }) =>
      `${method === 'chat.update' ? `edit ${args['ts'] ?? ''}` : 'post'}: ${args['text'] ?? ''}`,
  )

/** So many seconds go by, each with a beat of every replica. */
export async function secondsGoBy(side: Pick<SlackSide, 'passes'>, many: number): Promise<void> {
  for (let i = 0; i < many; i++) {
    side.passes(1_000)
    beat()
    await settled(100)
  }
}
