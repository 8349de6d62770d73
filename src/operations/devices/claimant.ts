import type { Device } from '../../domain/devices/device.ts'
import { refTo, type PersonRef } from '../../domain/person.ts'
import type { Everybody } from '../../domain/ports/directory.ts'
import { pagesOf } from './pages.ts'
import type { World } from '../world.ts'

const byEmail = new WeakMap<Everybody, ReadonlyMap<string, PersonRef>>()

/** Who of ours has this verified address, by the list of everybody: of a thousand new devices none is looked up alone. */
export async function claimantOf(
  { directory }: Pick<World, 'directory'>,
  email: string,
): Promise<PersonRef | null> {
  const all = await directory.everyone()
  if (all === 'unknown') return null
  const known = byEmail.get(all) ?? indexed(all)
  byEmail.set(all, known)
  return known.get(email) ?? null
}

function indexed({ people }: Everybody): ReadonlyMap<string, PersonRef> {
  return new Map(
    people.flatMap(({ person, isHere }) =>
      isHere && person.email !== null ? [[person.email.toLowerCase(), refTo(person)] as const] : [],
    ),
  )
}

const atOnce = 2_000

/** Of whom nobody knew when they were heard of: somebody may have come since. All of them, however many are nobody's. */
export async function findClaimants(world: World): Promise<void> {
  for await (const some of pagesOf((after) => world.devices.unclaimed(after, atOnce)))
    await findAmong(world, some)
}

async function findAmong(world: World, devices: readonly Device[]): Promise<void> {
  for (const device of devices) {
    const claimant = device.claimed === null ? null : await claimantOf(world, device.claimed)
    if (claimant === null) continue
    await world.devices.change(device.id, (known) =>
      known === null || known.claimed !== device.claimed || known.claimant !== null
        ? null
        : { device: withClaimant(known, claimant), isChanged: true },
    )
  }
}

export const withClaimant = (device: Device, claimant: PersonRef | null): Device =>
  claimant === null ? device : { ...device, claimant }
