import { findEntitlement, type Catalog } from '../../domain/catalog.ts'
import type { Device } from '../../domain/devices/device.ts'
import { fitness } from '../../domain/devices/fitness.ts'
import { lacksInWords } from '../../domain/devices/lack-words.ts'
import { isOtherPosture, judgedPosture, type Posture } from '../../domain/devices/posture.ts'
import { together } from '../../domain/devices/together.ts'
import type { Active, Grant, Granting } from '../../domain/grant.ts'
import type { Refusal } from '../../domain/refusal.ts'
import { cut } from '../../domain/cut.ts'
import { record } from './record.ts'
import type { World } from '../world.ts'

/** What is to become of what is held on a device, by the rules and devices of now; null: nothing new. */
export type PostureChange =
  { readonly ends: true; readonly why: string } | { readonly ends: false; readonly posture: Posture | null }

/** `devices`: those of its holder. Pure. */
export function postureOf(
  catalog: Catalog,
  grant: Active | Granting,
  devices: readonly Device[],
  now: Date,
): PostureChange | null {
  const rule = findEntitlement(catalog, grant.resource.id, grant.entitlement.id)?.device ?? null
  if (rule === null) return grant.posture === null ? null : { ends: false, posture: null }
  const found = fitness(rule, together(devices), { now, onDevice: grant.device?.id ?? null })
  const why = found.isFit ? '' : cut(lacksInWords(found.lacks, now), 400)
  const judged = judgedPosture(grant.posture, { rule, fitness: found, why }, now)
  if (judged.ends) return judged
  return isOtherPosture(grant.posture, judged.posture, now) ? judged : null
}

/** Notes it, or ends it. What cannot be written now is found again by whoever looks next: it stays due. */
export async function carryOut(
  world: World,
  grant: Active | Granting,
  change: PostureChange,
): Promise<Grant | Refusal> {
  if (!change.ends) return record(world, grant.id, { type: 'posture', posture: change.posture }, grant)
  const takeAt = world.clock.now()
  return record(world, grant.id, { type: 'end', cause: 'unfit', by: null, note: change.why, takeAt }, grant)
}

/** Looks at one that is due: silence makes no event. */
export async function settlePosture(world: World, grant: Active): Promise<void> {
  const devices = await world.devices.ofPeople([grant.subject.id])
  const change = postureOf(world.catalog(), grant, devices, world.clock.now())
  if (change !== null) await carryOut(world, grant, change)
}
