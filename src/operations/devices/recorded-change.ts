import type { Act, Actor } from '../../domain/audit/act.ts'
import type { Device } from '../../domain/devices/device.ts'
import { plainlyNamed } from '../../domain/person.ts'
import type { DeviceStore } from '../../domain/ports/devices.ts'
import { asAct } from '../as-act.ts'
import type { World } from '../world.ts'
import { deviceAct } from './device-act.ts'

type Next = Parameters<DeviceStore['change']>[1]

const triesEach = 8

/**
 * A change that nobody clicked. Where it makes a device count, gives it to somebody or puts that in question, the record
 * says so: such a change is written only once the record knows of it. All others cost nothing more.
 */
export async function changeByItself(
  world: Pick<World, 'devices' | 'acts' | 'log'>,
  id: string,
  { by, next, seen }: { by: Actor; next: Next; seen?: Device | null },
): Promise<Device | null> {
  let from = seen
  let foreseen: Act | null = null
  for (let tried = 0; tried < triesEach; tried++) {
    const held: { back: Act | null } = { back: null }
    const known: Act | null = foreseen
    const change = () =>
      world.devices.change(
        id,
        (device, now) => {
          held.back = null
          const wanted = next(device, now)
          const act = wanted === null ? null : actOf(device, wanted.device, by)
          if (act === null || isSame(act, known)) return wanted
          held.back = act
          return null
        },
        from,
      )
    const before = from
    const written: Device | null =
      known === null
        ? await change()
        : await asAct(world, known, change, (device) => {
            const done = device === null ? null : actOf(before ?? null, device, by)
            return held.back === null && done?.type === known.type ? 'done' : null
          })
    if (held.back === null) return written
    foreseen = held.back
    from = await world.devices.get(id)
  }
  throw new Error(`${id} is changed by others all the time`)
}

/** The record knows of it as it is. */
const isSame = (act: Act, known: Act | null): boolean =>
  act.type === known?.type && act.details['owner'] === known.details['owner']

/** Null: nothing that gives or takes. */
function actOf(before: Device | null, after: Device, by: Actor): Act | null {
  const type = turnOf(before, after)
  if (type === null) return null
  const { owner, decided } = after
  const details = {
    ...(owner === null ? {} : { owner: owner.id, ownerName: plainlyNamed(owner) }),
    ...(type === 'device-approved' && decided?.because != null ? { because: decided.because } : {}),
    ...(type === 'device-questioned' && after.claimed !== null ? { claimed: after.claimed } : {}),
  }
  return deviceAct(type, after, { by, details })
}

function turnOf(before: Device | null, after: Device) {
  if (after.approval === 'approved' && before?.approval !== 'approved') return 'device-approved'
  if (after.owner !== null && after.owner.id !== before?.owner?.id) return 'device-given-owner'
  return after.isInQuestion && before?.isInQuestion !== true ? 'device-questioned' : null
}
