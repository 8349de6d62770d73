import { isSameHuman, type PersonRef } from '../../domain/person.ts'
import { refuse, type Refusal } from '../../domain/refusal.ts'
import type { World } from '../world.ts'
import { isDeviceAdmin } from './answer-device.ts'

/**
 * From now on the device's key signs nothing: its last word ages. Its owner may, who enrolled it, and an admin of devices.
 * What stands on it ends with the rule's `maxAge`; to end it now, revoke the device.
 */
export async function removeDeviceKey(
  world: World,
  { sourceId, by }: { readonly sourceId: string; readonly by: PersonRef },
): Promise<{ readonly removed: boolean } | Refusal> {
  const [key, facts] = await Promise.all([world.deviceKeys.get(sourceId), world.directory.facts(by)])
  if (key === null) return refuse('not-found')
  if (facts === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who you are'] })
  const isTheirs = isSameHuman(facts.person, key.person)
  if (!isTheirs && !isDeviceAdmin(world.catalog(), facts)) return refuse('not-an-admin')
  const removed = await world.deviceKeys.remove(sourceId, by)
  if (removed) world.log.info('the key of a device was removed', { device: sourceId, by: by.id })
  return { removed }
}
