import type { WebClient } from '@slack/web-api'
import { createHash } from 'node:crypto'
import { cut } from '../../domain/cut.ts'
import type { Log } from '../../domain/ports/log.ts'
import type { SurfaceStore } from '../../domain/ports/surfaces.ts'
import { everyAdmin } from '../../operations/admins.ts'
import type { World } from '../../operations/world.ts'
import type { SlackDirectory } from '../directory/directory.ts'
import { section } from '../words/blocks.ts'
import { escapeText, plainWords } from '../words/mrkdwn.ts'
import { whoIsTold } from './who-is-told.ts'

/** Another replica that is telling somebody right now has done so by then, or died. */
const leaseMs = 60_000

/** Tells these admins, or every admin of the catalog, by DM and once a day for the same words, whichever replica does. */
export async function tellAdmins(
  by: {
    client: WebClient
    directory: Pick<SlackDirectory, 'userIds' | 'facts'>
    surfaces: SurfaceStore
    log: Log
  },
  world: Pick<World, 'catalog' | 'clock'>,
  words: string,
  admins: readonly string[] | null,
): Promise<void> {
  const { client, directory, surfaces, log } = by
  const day = world.clock.now().toISOString().slice(0, 10)
  const key = `told:${createHash('sha256').update(words).digest('base64url').slice(0, 16)}:${day}`
  for (const userId of (await whoIsTold(directory, admins ?? everyAdmin(world.catalog()))).userIds) {
    try {
      const { row } = await surfaces.lease({ key: `${key}:${userId}`, requestId: key }, leaseMs)
      if (row === null || row.ts !== null) continue
      const blocks = [section(plainWords(words, 2_900))]
      const text = escapeText(cut(words, 300))
      const posted = await client.chat.postMessage({ channel: userId, text, blocks })
      await surfaces.save(row, { channel: posted.channel ?? userId, ts: posted.ts ?? '' })
    } catch (error) {
      log.warn('could not tell an admin', { userId, error })
    }
  }
}
