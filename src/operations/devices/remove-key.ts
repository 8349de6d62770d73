import { deviceId } from '../../domain/devices/device.ts'
import { isSameHuman, refTo, type PersonRef } from '../../domain/person.ts'
import { refuse, type Refusal } from '../../domain/refusal.ts'
import { asAct } from '../as-act.ts'
import type { World } from '../world.ts'
import { isDeviceAdmin } from './answer-device.ts'
import { deviceAct } from './device-act.ts'
import { reportSource } from './report-source.ts'
import { takeBack } from './taken-back.ts'

/**
 * From now on the device's key signs nothing, and it counts no more. Its owner may, who enrolled it, and an admin of
 * devices.
 */
export async function removeDeviceKey(
  world: World,
  { sourceId, by }: { readonly sourceId: string; readonly by: PersonRef },
): Promise<{ readonly removed: boolean } | Refusal> {
  const [key, facts] = await Promise.all([world.deviceKeys.get(sourceId), world.directory.facts(by)])
  if (key === null) return refuse('not-found')
  if (facts === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who you are'] })
  const source = reportSource(world.catalog())
  const device = source === null ? null : await world.devices.get(deviceId(source.id, sourceId))
  const isTheirs = [key.person, device?.owner].some((one) => one != null && isSameHuman(facts.person, one))
  if (!isTheirs && !isDeviceAdmin(world.catalog(), facts)) return refuse('not-an-admin')
  const named = device ?? { id: sourceId, name: sourceId }
  const act = deviceAct('device-key-removed', named, { by: refTo(facts.person), details: { key: sourceId } })
  const remove = async (): Promise<boolean> => {
    const isRemoved = await world.deviceKeys.remove(sourceId, by)
    await takeBack(world, { sourceId, by })
    return isRemoved
  }
  const removed = await asAct(world, act, remove, (isRemoved) => (isRemoved ? 'done' : null))
  if (removed) world.log.info('the key of a device was removed', { device: sourceId, by: by.id })
  return { removed }
}
