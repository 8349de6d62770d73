import type { Alert } from '../publish/picture.ts'
import type { Parts } from '../parts.ts'
import type { Message } from '../words/blocks.ts'

/** What one message says of something that waits for an admin. */
export interface Waiting {
  /** Names what it is about, so that the same is said once. */
  readonly key: string
  readonly channel: string
  readonly draw: () => Promise<Message>
}

/** A message for each that waits; those that wait no longer, of all whose key begins so, are redrawn as `over` says. */
export async function alertsByKey(
  { surfaces }: Pick<Parts, 'surfaces'>,
  prefix: string,
  waiting: readonly Waiting[],
  over: (key: string) => Promise<Message>,
): Promise<Alert[]> {
  const open = (await surfaces.needingLook(200)).filter(({ key }) => key.startsWith(prefix))
  const rows = await Promise.all(waiting.map(({ key }) => surfaces.of(key)))
  const current = waiting.map(({ key, channel, draw }, i): Alert => ({
    key,
    row: rows[i]?.surfaces.find((one) => one.key === key),
    requestId: key,
    lane: 'alert',
    isWanted: true,
    needsLook: true,
    to: { channel },
    draw,
  }))
  const keys = new Set(waiting.map(({ key }) => key))
  const settled = open
    .filter(({ key }) => !keys.has(key))
    .map((row): Alert => ({
      key: row.key,
      row,
      requestId: row.requestId,
      lane: 'cleanUp',
      isWanted: false,
      needsLook: false,
      to: { channel: row.channel ?? '' },
      draw: () => over(row.key),
    }))
  return [...current, ...settled]
}
