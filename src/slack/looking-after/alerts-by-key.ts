import type { Alert } from '../publish/picture.ts'
import type { Parts } from '../parts.ts'
import type { Message } from '../words/blocks.ts'

/** A dozen admins by DM, twenty things each, and room. */
const mostOpen = 1_000

/** What one message says of something that waits for an admin. */
export interface Waiting {
  /** Names what it is about, so that the same is said once. */
  readonly key: string
  readonly channel: string
  /** Of what kind it is, where there are several: many of one keep no other from being said. */
  readonly kind?: string
  readonly draw: () => Promise<Message>
}

/**
 * A message for each that waits, in their order; with `most`, for so many of each kind at once in one channel, of which
 * those that stand already are first: the others follow. Those that wait no longer, of all whose key begins so, are redrawn
 * as `over` says; null: it waits still.
 */
export async function alertsByKey(
  { surfaces, log }: Pick<Parts, 'surfaces' | 'log'>,
  prefix: string,
  waiting: readonly Waiting[],
  over: (key: string) => Promise<Message | null>,
  { most = Infinity }: { most?: number } = {},
): Promise<Alert[]> {
  const open = await surfaces.needingLook(mostOpen, prefix)
  const standing = new Set(open.flatMap(({ key, ts }) => (ts === null ? [] : key)))
  const isStanding = ({ key }: Waiting): boolean => standing.has(key)
  const asked = [...new Set(waiting.map(groupOf))].flatMap((group) => {
    const there = waiting.filter((one) => groupOf(one) === group)
    const stand = there.filter(isStanding)
    const others = there.filter((one) => !isStanding(one))
    return [...stand, ...others.slice(0, Math.max(0, most - stand.length))]
  })
  /** What cannot be read of one keeps no other from being said. */
  const unless = async <T>(key: string, work: () => Promise<T | null>): Promise<T | null> => {
    try {
      return await work()
    } catch (error) {
      log.warn('could not find out now what one alert is to say', { key, error })
      return null
    }
  }
  const rows = await Promise.all(asked.map(({ key }) => unless(key, () => surfaces.of(key))))
  const current = asked.flatMap(({ key, channel, draw }, i): Alert[] => {
    const shown = rows[i]
    if (shown == null) return []
    return [
      {
        key,
        row: shown.surfaces.find((one) => one.key === key),
        requestId: key,
        lane: 'alert',
        isWanted: true,
        needsLook: true,
        to: { channel },
        draw,
      },
    ]
  })
  const keys = new Set(waiting.map(({ key }) => key))
  const gone = open.filter(({ key }) => !keys.has(key))
  const words = await Promise.all(gone.map(({ key }) => unless(key, () => over(key))))
  const settled = gone.flatMap((row, i): Alert[] => {
    const said = words[i]
    if (said == null) return []
    return [
      {
        key: row.key,
        row,
        requestId: row.requestId,
        lane: 'cleanUp',
        isWanted: false,
        needsLook: false,
        to: { channel: row.channel ?? '' },
        draw: () => Promise.resolve(said),
      },
    ]
  })
  return [...current, ...settled]
}

const groupOf = ({ channel, kind }: Waiting): string => `${channel} ${kind}`
