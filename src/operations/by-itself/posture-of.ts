import { findEntitlement, type Catalog } from '../../domain/catalog.ts'
import { isUsable, type Device } from '../../domain/devices/device.ts'
import { fitness, type Fitness, type Lack } from '../../domain/devices/fitness.ts'
import type { FitRule } from '../../domain/devices/rules.ts'
import { lacksInWords } from '../../domain/devices/lack-words.ts'
import { isOtherPosture, judgedPosture, type Posture } from '../../domain/devices/posture.ts'
import { asIfHeard, type SourcesHeard } from '../../domain/devices/standing-still.ts'
import { machineIdOf, machineOf, together } from '../../domain/devices/together.ts'
import { after } from '../../domain/instants.ts'
import type { Active, Approved, Grant, Granting } from '../../domain/grant.ts'
import type { Event } from '../../domain/event.ts'
import type { PersonRef } from '../../domain/person.ts'
import { isRefusal } from '../../domain/refusal.ts'
import { transition } from '../../domain/transition.ts'
import { cut } from '../../domain/cut.ts'
import { standingStill } from '../silent-sources.ts'
import { isOutdated, type World } from '../world.ts'

/** What is to become of what is held on a device, by the rules and devices of now; null: nothing new. */
export type PostureChange =
  { readonly ends: true; readonly why: string } | { readonly ends: false; readonly posture: Posture | null }

/** What is known of its holder's devices. `still`: the sources for which time stands still while they say nothing. */
export interface OnDevices {
  readonly devices: readonly Device[]
  readonly still: SourcesHeard
  readonly now: Date
}

/** Pure. */
export function postureOf(
  catalog: Catalog,
  grant: Active | Granting,
  { devices: known, still, now }: OnDevices,
): PostureChange | null {
  const devices = asIfHeard(known, still, now)
  const moved = whyMoved(catalog, grant, devices)
  if (moved !== null) return { ends: true, why: moved }
  const rule = findEntitlement(catalog, grant.resource.id, grant.entitlement.id)?.device ?? null
  if (rule === null) return grant.posture === null ? null : { ends: false, posture: null }
  const theirs = together(devices)
  const judgedNow = fitness(rule, theirs, { now, onDevice: machineIdOf(devices, grant.device?.id ?? null) })
  const found = still.size > 0 && judgedNow.isFit ? seldom(judgedNow, now) : judgedNow
  const lacks = found.isFit ? [] : found.lacks
  // What is kept for a while says no ages: it would be another thing each second.
  const why = cut(lacksInWords(lacks, null), 400)
  const isLost = lacks.some(isOfNone) || isLostSince(grant.posture, devices, rule)
  const judged = judgedPosture(grant.posture, { rule, fitness: found, why, isLost }, now)
  if (judged.ends) return { ends: true, why: cut(lacksInWords(lacks, now), 400) }
  return isOtherPosture(grant.posture, judged.posture, now) ? judged : null
}

/** While time stands still, a device is always about to be too old: it is looked at again every few seconds at most. */
function seldom(fit: Extract<Fitness, { isFit: true }>, now: Date): Fitness {
  const againAt = after(now, againMs)
  return fit.until < againAt ? { ...fit, until: againAt } : fit
}

const againMs = 5_000

/** None of theirs counts: nobody can mend that in time. */
const isOfNone = ({ kind }: Lack): boolean => kind === 'no-device' || kind === 'not-theirs'

/** That by which it was fit counts for them no more. */
function isLostSince(before: Posture | null, devices: readonly Device[], rule: FitRule): boolean {
  if (before?.on == null) return false
  const machine = machineOf(devices, before.on)
  return machine === undefined || !isUsable(machine, rule)
}

/** Held on one device, it stands and falls with that one. Null: all is as it was when it was given. */
export function whyMoved(
  catalog: Catalog,
  grant: Pick<Approved, 'device' | 'system' | 'subject' | 'place'>,
  devices: readonly Device[],
): string | null {
  if (grant.device === null) return null
  const { id, name } = grant.device
  const device = machineOf(devices, id)
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
 * whatever a device becomes meanwhile is seen here, or by the look that it brings about. `found`: what a moment ago was
 * found out by a copy of both, and by which catalog. Resolves with the grant as it stands then; throws where it could not
 * be brought to an end.
 */
export async function settlePosture(
  world: World,
  seen: Active | Granting,
  found?: { readonly change: PostureChange; readonly by: Catalog },
): Promise<Grant> {
  let grant: Grant = seen
  let known = found
  for (let tried = 0; tried < triesEach; tried++) {
    if (grant.status !== 'active' && grant.status !== 'granting') return grant
    const on = known === undefined ? await devicesOf(world, grant.subject) : null
    const by = known?.by ?? world.catalog()
    const next = on === null ? known?.change : postureOf(by, grant, on)
    if (next == null) return grant
    known = undefined
    const written = await carryOut(world, grant, { change: next, by })
    grant = written ?? (await world.grants.get(grant.id)) ?? grant
  }
  throw new Error(`the devices of ${seen.id} change all the time`)
}

async function devicesOf(world: World, { id }: PersonRef): Promise<OnDevices> {
  const devices = await world.devices.ofPeople([id])
  const still = await standingStill(world)
  return { devices, still, now: world.clock.now() }
}

/** Null, and nothing is written, where it is not as it was judged any more, or the catalog is another. */
async function carryOut(
  world: World,
  judged: Active | Granting,
  { change, by }: { change: PostureChange; by: Catalog },
): Promise<Grant | null> {
  const { grants, clock } = world
  const event: Event = change.ends
    ? { type: 'end', cause: 'unfit', by: null, note: change.why, takeAt: clock.now() }
    : { type: 'posture', posture: change.posture }
  const as = { judged: true }
  const written = await grants.change(
    judged.id,
    (grant, now) => {
      as.judged = grant.revision === judged.revision && !isOutdated(world, { catalog: () => by })
      return as.judged ? transition(grant, event, now) : grant
    },
    judged,
  )
  return as.judged && !isRefusal(written) ? written : null
}
