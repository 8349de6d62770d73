import { deviceId } from '../../domain/devices/device.ts'
import { refTo, type PersonRef } from '../../domain/person.ts'
import type { World } from '../world.ts'
import { reportSource } from './report-source.ts'

/** A machine whose key signs nothing any more counts no more, as far as it spoke for itself. */
export async function takeBack(
  world: Pick<World, 'catalog' | 'devices'>,
  { sourceId, by }: { readonly sourceId: string; readonly by: PersonRef },
): Promise<void> {
  const source = reportSource(world.catalog())
  if (source === null) return
  await world.devices.change(deviceId(source.id, sourceId), (known, now) => {
    if (known === null || known.approval === 'rejected' || known.approval === 'revoked') return null
    const decided = { by: refTo(by), at: now, because: 'its key was taken back', answer: 'revoke' as const }
    return { device: { ...known, isInQuestion: false, approval: 'revoked', decided }, isChanged: true }
  })
}
