import type { LateThere } from '../../domain/ports/grant-records.ts'
import type { Surface } from '../../domain/ports/surfaces.ts'
import { adminIds } from '../../operations/admins.ts'
import type { World } from '../../operations/world.ts'
import type { Parts } from '../parts.ts'
import type { Alert } from '../publish/picture.ts'
import type { Message } from '../words/blocks.ts'
import { dmsId, edit, isRefused, personOf, sinceMsOf, type Episode } from './late-episode.ts'
import { settledMessage } from './late-words.ts'

/**
 * Where the channel cannot be reached, its admins hear by DM, once in an episode: a debt is never said nowhere. What they
 * heard is kept true until nothing is late any more. `open` are those at this place that are looked after.
 */
export async function whileLateByDm(
  { world, surfaces }: Parts,
  { episode, late, message }: { episode: Episode; late: LateThere; message: Message },
  open: readonly Surface[],
): Promise<Alert[]> {
  const isOfThis = ({ key }: Surface): boolean => sinceMsOf(key) >= episode.sinceMs
  const heard = open.filter((row) => isOfThis(row) && row.ts !== null)
  const kept = [
    ...heard.map((row) => edit(row, message, { needsLook: true })),
    ...open.filter((row) => !isOfThis(row)).map(settledDm),
  ]
  if (!isRefused(episode)) return kept
  const requestId = dmsId(episode.place, episode.sinceMs)
  const { surfaces: noted } = await surfaces.of(requestId)
  const others = (await adminsOf(world, late)).filter(
    (userId) => !heard.some((row) => personOf(row) === userId),
  )
  const told = others.map((userId): Alert => {
    const key = `${requestId}:${userId}`
    return {
      key,
      row: noted.find((row) => row.key === key),
      requestId,
      lane: 'alert',
      isWanted: true,
      needsLook: true,
      to: { channel: userId },
      draw: () => Promise.resolve(message),
    }
  })
  return [...kept, ...told]
}

export const settledDm = (row: Surface): Alert => edit(row, settledMessage, { needsLook: false })

/** Who looks after anything of it, and is here. */
async function adminsOf(world: World, { resourceId, entitlements }: LateThere): Promise<readonly string[]> {
  const found = await Promise.all(
    entitlements.map((id) => adminIds(world, { resource: { id: resourceId }, entitlement: { id } })),
  )
  return [...new Set(found.flatMap(({ userIds }) => userIds))]
}
