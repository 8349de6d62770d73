import { findEntitlement, type Catalog } from '../../domain/catalog.ts'
import { isUsable, type Device } from '../../domain/devices/device.ts'
import { fitness, type Lack } from '../../domain/devices/fitness.ts'
import { lacksInWords } from '../../domain/devices/lack-words.ts'
import { isOtherPosture, judgedPosture, type Posture } from '../../domain/devices/posture.ts'
import { together } from '../../domain/devices/together.ts'
import { after } from '../../domain/instants.ts'
import type { Active, Grant, Granting } from '../../domain/grant.ts'
import type { Refusal } from '../../domain/refusal.ts'
import { cut } from '../../domain/cut.ts'
import { isHeldBack } from './outage.ts'
import { record } from './record.ts'
import type { World } from '../world.ts'

/** What is to become of what is held on a device, by the rules and devices of now; null: nothing new. */
export type PostureChange =
  /** `silent`: for nothing else than that this source was not heard of. */
  | { readonly ends: true; readonly why: string; readonly silent: string | null }
  | { readonly ends: false; readonly posture: Posture | null }

/** `devices`: those of its holder. Pure. */
export function postureOf(
  catalog: Catalog,
  grant: Active | Granting,
  devices: readonly Device[],
  now: Date,
): PostureChange | null {
  const theirs = together(devices)
  const moved = whyMoved(catalog, grant, theirs)
  if (moved !== null) return { ends: true, why: moved, silent: null }
  const rule = findEntitlement(catalog, grant.resource.id, grant.entitlement.id)?.device ?? null
  if (rule === null) return grant.posture === null ? null : { ends: false, posture: null }
  const found = fitness(rule, theirs, { now, onDevice: grant.device?.id ?? null })
  const why = found.isFit ? '' : cut(lacksInWords(found.lacks, now), 400)
  const judged = judgedPosture(grant.posture, { rule, fitness: found, why }, now)
  if (judged.ends) return { ...judged, silent: found.isFit ? null : silentSource(found.lacks) }
  return isOtherPosture(grant.posture, judged.posture, now) ? judged : null
}

function silentSource(lacks: readonly Lack[]): string | null {
  const sources = lacks.map((lack) => (lack.kind === 'silent' ? lack.device.source : null))
  const [first] = sources
  return first != null && sources.every((one) => one === first) ? first : null
}

/** Held on one device, it stands and falls with that one. Null: all is as it was when it was given. */
function whyMoved(catalog: Catalog, grant: Active | Granting, theirs: readonly Device[]): string | null {
  if (grant.device === null) return null
  const { id, name } = grant.device
  const device = theirs.find((one) => one.id === id)
  if (device === undefined || !isUsable(device, catalog.devices))
    return `${name} is no device of theirs that counts any more`
  const principal = catalog.systems.get(grant.system)?.principal
  if (principal?.isOfDevice !== true) return null
  const { email, slack } = grant.subject
  const known = { email: email ?? ('unknown' as const), slackUserId: slack.userId, device }
  const now = principal.resolve(known)
  return 'principal' in now && now.principal === grant.place.principal
    ? null
    : `${name} is another one there now than it was given to`
}

/**
 * Notes it, or ends it; where it would end by the silence of a source for which an admin is asked first, it is looked at
 * again. What cannot be written now is found again by whoever looks next: it stays due.
 */
export async function carryOut(
  world: World,
  grant: Active | Granting,
  change: PostureChange,
): Promise<Grant | Refusal> {
  const notedAs = (posture: Posture | null) => record(world, grant.id, { type: 'posture', posture }, grant)
  if (!change.ends) return notedAs(change.posture)
  const takeAt = world.clock.now()
  const { posture } = grant
  if (posture !== null && change.silent !== null && (await isHeldBack(world, change.silent))) {
    const again = after(takeAt, heldBackMs)
    return notedAs(
      posture.unfit === null
        ? { ...posture, until: again }
        : { ...posture, unfit: { ...posture.unfit, cutAt: again } },
    )
  }
  return record(world, grant.id, { type: 'end', cause: 'unfit', by: null, note: change.why, takeAt }, grant)
}

/** An admin is asked meanwhile, and the source may be heard of. */
const heldBackMs = 15_000

/** Looks at one that is due: silence makes no event. */
export async function settlePosture(world: World, grant: Active): Promise<void> {
  const devices = await world.devices.ofPeople([grant.subject.id])
  const change = postureOf(world.catalog(), grant, devices, world.clock.now())
  if (change !== null) await carryOut(world, grant, change)
}
