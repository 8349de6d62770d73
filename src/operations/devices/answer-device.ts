import { createHash } from 'node:crypto'
import { isListed } from '../../domain/approvers.ts'
import type { Act } from '../../domain/audit/act.ts'
import type { Catalog } from '../../domain/catalog.ts'
import { cut } from '../../domain/cut.ts'
import type { Device, DeviceAnswer } from '../../domain/devices/device.ts'
import { isTelling, maybeSame } from '../../domain/devices/serials.ts'
import { machineOf, othersOf } from '../../domain/devices/together.ts'
import { isSameHuman, plainlyNamed, refTo, type PersonFacts, type PersonRef } from '../../domain/person.ts'
import { isRefusal, refuse, type Refusal } from '../../domain/refusal.ts'
import { everyAdmin, mayLookAfter } from '../admins.ts'
import { asAct } from '../as-act.ts'
import { isOutdated, newRules, withOneCatalog, type World } from '../world.ts'
import { deviceAct } from './device-act.ts'

/** Who says whether a device counts: those whom the catalog names for it, else every admin. */
export const deviceAdmins = (catalog: Catalog): readonly string[] =>
  catalog.devices.admins.length > 0 ? catalog.devices.admins : everyAdmin(catalog)

export const isDeviceAdmin = (catalog: Catalog, facts: PersonFacts): boolean =>
  mayLookAfter(facts) && !facts.isExternal && isListed(facts.person, deviceAdmins(catalog))

/**
 * A short mark of what an admin sees of a device and answers to: it changes when that does. `same`: the one that they are
 * told it may be.
 */
export const deviceTerms = (device: Device, same: Device | null = null): string =>
  createHash('sha256')
    .update(
      JSON.stringify([
        device.id,
        device.owner?.id ?? null,
        device.claimed,
        device.isInQuestion,
        device.approval,
        device.serial,
        device.uuid,
        same?.id ?? null,
      ]),
    )
    .digest('base64url')
    .slice(0, 10)

/**
 * An admin says of a device whether it counts, by the lists and facts of now and only as they saw it. Nobody lets a device
 * of their own count: whoever is an admin asks another. Taking back what counted is never refused, for that nor as it
 * changed since. A machine of several sources is answered for as one.
 */
export async function answerDevice(
  world: World,
  {
    by,
    id,
    answer,
    terms,
    note = null,
  }: { by: PersonRef; id: string; answer: DeviceAnswer; terms: string; note?: string | null },
): Promise<Device | Refusal> {
  const one = withOneCatalog(world)
  const facts = await world.directory.freshFacts(by)
  if (facts === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who you are'] })
  if (!isDeviceAdmin(one.catalog(), facts)) return refuse('not-an-admin')
  const device = await world.devices.get(id)
  if (device === null) return refuse('not-found')
  const same = answer === 'join' ? await sameMachine(world, device) : null
  if (answer === 'join' && same === null) return refuse('terms-changed')
  const owner = same === null ? await ownerBy(world, device, answer) : same.owner
  if (owner !== null && isRefusal(owner)) return owner
  const isGiving = answer === 'approve' || answer === 'keep' || answer === 'join'
  if (isGiving && owner !== null && isSameHuman(owner, facts.person)) return refuse('own-device')
  const said = { by: refTo(facts.person), because: note === null ? null : cut(note.trim(), 300), answer }
  const theirs = device.owner === null ? [] : await world.devices.ofPeople([device.owner.id])
  // Where somebody is looked up, a machine is shown with all that is told of it.
  const machine = machineOf(theirs, id)
  const isAsSeen = (known: Device): boolean =>
    deviceTerms(known, same) === terms ||
    (known.revision === device.revision && machine !== undefined && deviceTerms(machine, same) === terms)
  const next = (known: Device | null, now: Date): Device | Refusal => {
    if (isOutdated(world, one)) return newRules(null)
    if (known === null) return refuse('not-found')
    if (answer !== 'revoke' && !isAsSeen(known)) return refuse('terms-changed')
    return answered(known, { answer, owner, same, said }, now)
  }
  const first = next(device, world.clock.now())
  if (isRefusal(first)) return first
  const write = async (): Promise<Device | Refusal> => {
    // Whoever dies in between leaves the card to be answered once more.
    if (answer !== 'join')
      for (const part of othersOf(theirs, device))
        await asAct(
          world,
          answerAct(part, { answer, owner, same, said }),
          () =>
            isOutdated(world, one)
              ? Promise.resolve(false)
              : answerPart(world, part, { answer, owner, said }),
          (isChanged) => (isChanged ? 'done' : null),
        )
    const found: { refusal: Refusal | null } = { refusal: null }
    const changed = await world.devices.change(
      id,
      (known, now) => {
        const wanted = next(known, now)
        found.refusal = isRefusal(wanted) ? wanted : null
        return isRefusal(wanted) ? null : { device: wanted, isChanged: true }
      },
      device,
    )
    return found.refusal ?? changed ?? refuse('not-found')
  }
  const written = await asAct(world, answerAct(device, { answer, owner, same, said }), write)
  if (isRefusal(written)) return written
  world.log.info('an admin answered about a device', {
    by: facts.person.id,
    answer,
    device: id,
    owner: written.owner?.id ?? null,
  })
  return written
}

const answerTypes = {
  approve: 'device-approved',
  join: 'device-joined',
  keep: 'device-kept',
  reject: 'device-rejected',
  revoke: 'device-revoked',
} as const

const answerAct = (device: Device, { answer, owner, same, said }: Answered): Act =>
  deviceAct(answerTypes[answer], device, {
    by: said.by,
    details: {
      ...(owner === null ? {} : { owner: owner.id, ownerName: plainlyNamed(owner) }),
      ...(same === null ? {} : { joinedTo: same.id }),
      ...(said.because === null ? {} : { because: said.because }),
    },
  })

interface Answered {
  readonly answer: DeviceAnswer
  readonly owner: PersonRef | null
  readonly same: Device | null
  readonly said: Pick<NonNullable<Device['decided']>, 'because' | 'answer'> & { readonly by: PersonRef }
}

function answered(device: Device, { answer, owner, same, said }: Answered, now: Date): Device | Refusal {
  const decided = { ...said, at: now }
  const { approval, isInQuestion } = device
  switch (answer) {
    case 'approve':
      if ((approval === 'approved' && !isInQuestion) || isDoubtful(device)) return refuse('device-settled')
      return {
        ...device,
        owner,
        // By an admin's word, where it is another than before.
        isOwnerProven: device.isOwnerProven && device.owner?.id === owner?.id,
        isInQuestion: false,
        approval: 'approved',
        decided,
      }
    case 'join':
      if (approval !== 'pending' || isInQuestion || same === null) return refuse('device-settled')
      return {
        ...device,
        owner,
        // Whose one half is by proof, the other's is too: no lesser word puts that in question.
        isOwnerProven: same.isOwnerProven,
        joinedTo: same.id,
        approval: 'approved',
        decided,
      }
    case 'keep':
      if (!isInQuestion) return refuse('device-settled')
      return { ...device, isInQuestion: false, decided }
    case 'reject':
      if (approval !== 'pending' && !isInQuestion) return refuse('device-settled')
      return { ...device, isInQuestion: false, approval: 'rejected', decided }
    case 'revoke':
      if (approval === 'revoked' || approval === 'rejected') return refuse('device-settled')
      return { ...device, isInQuestion: false, approval: 'revoked', decided }
  }
}

/** The same of what another source tells of this machine: it is one, and is answered for as one. Whether it was to be. */
async function answerPart(
  { devices }: World,
  part: Device,
  { answer, owner, said }: Omit<Answered, 'same'>,
): Promise<boolean> {
  let isChanged = false
  const approvals = { approve: 'approved', reject: 'rejected', revoke: 'revoked' } as const
  await devices.change(part.id, (known, now) => {
    isChanged = false
    if (known === null || known.owner?.id !== part.owner?.id) return null
    const isRefused = known.approval === 'rejected' || known.approval === 'revoked'
    if (answer === 'keep' ? !known.isInQuestion : isRefused && answer !== 'approve') return null
    const approval = answer === 'keep' || answer === 'join' ? known.approval : approvals[answer]
    const isOwnerProven = known.isOwnerProven && known.owner?.id === owner?.id
    const decided = { ...said, at: now }
    const next = { ...known, owner, isOwnerProven, approval, isInQuestion: false, decided }
    isChanged = true
    return { device: next, isChanged: true }
  })
  return isChanged
}

/** An admin said no, and its source names somebody else than whose it was: for whom it is to count is not plain. */
export const isDoubtful = ({ approval, owner, claimed }: Device): boolean =>
  (approval === 'rejected' || approval === 'revoked') &&
  owner !== null &&
  claimed !== null &&
  owner.email?.toLowerCase() !== claimed

/** The one other device that may be this machine, as it is now; null: none, or it is not plain. */
export const sameMachine = async (
  { devices, catalog }: Pick<World, 'devices' | 'catalog'>,
  device: Device,
): Promise<Device | null> =>
  isTelling(device.serial)
    ? maybeSame(device, await devices.ofSerial(device.serial), catalog().devices)
    : null

/** Whose it is by this answer; null where it is nobody's and need not be. */
async function ownerBy(
  world: World,
  { owner, claimed, isInQuestion }: Device,
  answer: DeviceAnswer,
): Promise<PersonRef | Refusal | null> {
  if (answer !== 'approve' || (owner !== null && !isInQuestion)) return owner
  if (claimed === null) return refuse('no-owner')
  const facts = await world.directory.named(claimed)
  if (facts === 'unknown') return refuse('unsure', { reasons: [`Slack did not say who ${claimed} is`] })
  const isTheirs = facts?.isHere === true && facts.person.email?.toLowerCase() === claimed
  return facts !== null && isTheirs ? refTo(facts.person) : refuse('no-owner')
}
