import { findEntitlement, type Catalog } from '../../domain/catalog.ts'
import { isUsable, type Device } from '../../domain/devices/device.ts'
import { fitness, type Lack } from '../../domain/devices/fitness.ts'
import { lacksInWords } from '../../domain/devices/lack-words.ts'
import { isOtherPosture, judgedPosture, type Posture } from '../../domain/devices/posture.ts'
import { together } from '../../domain/devices/together.ts'
import { after } from '../../domain/instants.ts'
import type { Active, Grant, Granting } from '../../domain/grant.ts'
import type { Event } from '../../domain/event.ts'
import { isRefusal } from '../../domain/refusal.ts'
import { transition } from '../../domain/transition.ts'
import { cut } from '../../domain/cut.ts'
import { isHeldBack } from './outage.ts'
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
  const lacks = found.isFit ? [] : found.lacks
  // What is kept for a while says no ages: it would be another thing each second.
  const why = cut(lacksInWords(lacks, null), 400)
  const judged = judgedPosture(grant.posture, { rule, fitness: found, why }, now)
  if (judged.ends) return { ends: true, why: cut(lacksInWords(lacks, now), 400), silent: silentSource(lacks) }
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

const triesEach = 8

/**
 * Judges what somebody holds, or is being given, by their devices, and notes or ends it: until there is nothing new. The
 * devices are read after the grant, it is written only as it was read, and once it is written they are read again: so
 * whatever a device becomes meanwhile is seen here, or by the look that it brings about. `change`: what a moment ago was
 * found out by a copy of both. Resolves with the grant as it stands then; throws where it could not be brought to an end.
 */
export async function settlePosture(
  world: World,
  seen: Active | Granting,
  change?: PostureChange,
): Promise<Grant> {
  let grant: Grant = seen
  let known = change
  for (let tried = 0; tried < triesEach; tried++) {
    if (grant.status !== 'active' && grant.status !== 'granting') return grant
    const next =
      known ??
      postureOf(world.catalog(), grant, await world.devices.ofPeople([grant.subject.id]), world.clock.now())
    if (next === null) return grant
    known = undefined
    const waits = await heldBack(world, grant, next)
    const written = await carryOut(world, grant, waits ?? next)
    if (written !== null && waits !== null) return written
    grant = written ?? (await world.grants.get(grant.id)) ?? grant
  }
  throw new Error(`the devices of ${seen.id} change all the time`)
}

/** Where it would end by the silence of a source for which an admin is asked first, it is looked at again; null: it is not. */
async function heldBack(
  world: World,
  { posture }: Active | Granting,
  change: PostureChange,
): Promise<PostureChange | null> {
  if (!change.ends || change.silent === null || posture === null) return null
  if (!(await isHeldBack(world, change.silent))) return null
  const again = after(world.clock.now(), heldBackMs)
  const { unfit } = posture
  const later =
    unfit === null ? { ...posture, until: again } : { ...posture, unfit: { ...unfit, cutAt: again } }
  return { ends: false, posture: later }
}

/** An admin is asked meanwhile, and the source may be heard of. */
const heldBackMs = 15_000

/** Null, and nothing is written, where it is not as it was judged any more. */
async function carryOut(
  { grants, clock }: World,
  judged: Active | Granting,
  change: PostureChange,
): Promise<Grant | null> {
  const event: Event = change.ends
    ? { type: 'end', cause: 'unfit', by: null, note: change.why, takeAt: clock.now() }
    : { type: 'posture', posture: change.posture }
  const as = { judged: true }
  const written = await grants.change(
    judged.id,
    (grant, now) => {
      as.judged = grant.revision === judged.revision
      return as.judged ? transition(grant, event, now) : grant
    },
    judged,
  )
  return as.judged && !isRefusal(written) ? written : null
}
