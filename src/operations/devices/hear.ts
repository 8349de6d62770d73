import { z } from 'zod'
import { deviceId, type Device } from '../../domain/devices/device.ts'
import { deviceReport, withReport, type DeviceReport, type NotMerged } from '../../domain/devices/report.ts'
import type { DeviceRules, DeviceSource } from '../../domain/devices/rules.ts'
import { refTo, type PersonRef } from '../../domain/person.ts'
import { silentAfterMs } from '../silent-sources.ts'
import { claimantOf, withClaimant } from './claimant.ts'
import { changeByItself } from './recorded-change.ts'
import type { World } from '../world.ts'

/** What came of each report, in the order given. */
export type Heard =
  | { readonly is: 'heard'; readonly device: Device }
  | { readonly is: 'refused'; readonly why: NotMerged['not'] | 'malformed'; readonly words: string }

/**
 * What a source says of devices, noted: each by itself, as it is now; the same once more changes nothing. Whose it is, is
 * bound by it where an identity provider said so; that it counts, where the catalog's rule says so. What is held on it is
 * looked at soon after (`device-watch.ts`). `source` is one of the catalog's.
 */
export async function hearReports(
  world: World,
  source: DeviceSource,
  reports: readonly unknown[],
): Promise<Heard[]> {
  // Of one device each comes after the one before it.
  const last = new Map<string, Promise<unknown>>()
  const heard = await Promise.all(
    reports.map((report) => {
      const of = idOf(report)
      const next = (last.get(of) ?? Promise.resolve()).then(() => hear(world, source, report))
      last.set(
        of,
        next.catch(() => undefined),
      )
      return next
    }),
  )
  // What is refused, or could be anybody's, does not make a source that is silent look alive.
  if (heard.some((one, at) => one.is === 'heard' && isBelieved(reports[at])))
    await world.deviceSources.heard(source.id, silentAfterMs(world.catalog()))
  return heard
}

const named = z.object({ sourceId: z.string() })
const believed = z.object({ isTrusted: z.literal(false) })
const isBelieved = (report: unknown): boolean => !believed.safeParse(report).success
const idOf = (report: unknown): string => named.safeParse(report).data?.sourceId ?? ''

async function hear(world: World, { id: source }: DeviceSource, written: unknown): Promise<Heard> {
  const parsed = deviceReport.safeParse(written)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const at = issue === undefined ? '' : issue.path.join('.')
    return { is: 'refused', why: 'malformed', words: `${at} ${issue?.message ?? 'is not right'}`.trim() }
  }
  const report = parsed.data
  const id = deviceId(source, report.sourceId)
  const seen = await world.devices.get(id)
  const owner = await provenOwner(world, seen, report)
  const claimed = report.owner?.email ?? null
  const isNewClaim = claimed !== null && claimed !== seen?.claimed && report.isTrusted
  const claimant = isNewClaim ? await claimantOf(world, claimed) : null
  const found: { not: NotMerged['not'] | null } = { not: null }
  const next = (known: Device | null, now: Date) => {
    const merged = withReport(known, source, report, now)
    found.not = 'not' in merged ? merged.not : null
    if ('not' in merged) return null
    const { device } = merged
    // Of one whose owner is proven a lesser word was not noted.
    const named = device.claimed === claimed ? withClaimant(device, claimant) : device
    const owned = ownedBy(asKnownNow(named, known), owner)
    const approved = approvedByRule(owned, world.catalog().devices, now)
    const isChanged = merged.isChanged || owned !== merged.device || approved !== owned
    return { device: approved, isChanged }
  }
  const device = await changeByItself(world, id, { by: { source }, next, seen })
  if (found.not !== null) return { is: 'refused', why: found.not, words: refusals[found.not] }
  if (device === null) return { is: 'refused', why: 'unknown-device', words: refusals['unknown-device'] }
  return { is: 'heard', device }
}

const refusals: Record<NotMerged['not'], string> = {
  'from-the-future': 'its instants are in the future',
  'too-much': 'it says more of one device than is kept',
  'unknown-device': 'no such device is known, and this sender cannot make one',
}

/** Bound once: to whom an identity provider named; null where that is nobody of ours, or cannot be said now. */
async function provenOwner(
  world: World,
  known: Device | null,
  { owner, isTrusted }: DeviceReport,
): Promise<PersonRef | null> {
  if (!isTrusted || owner?.isProven !== true || (known !== null && known.owner !== null)) return null
  const facts = await world.directory.named(owner.email)
  if (facts === null || facts === 'unknown' || !facts.isHere) return null
  return facts.person.email?.toLowerCase() === owner.email ? refTo(facts.person) : null
}

const ownedBy = (device: Device, owner: PersonRef | null): Device =>
  owner === null || device.owner !== null || device.isInQuestion
    ? device
    : { ...device, owner, isOwnerProven: true }

/** Another address of its owner's own is nobody else's. */
function asKnownNow(device: Device, known: Device | null): Device {
  const { owner, claimant, claimed } = device
  const isOwners = owner !== null && owner.id === claimant?.id && claimed !== known?.claimed
  return isOwners ? { ...device, owner: claimant, isInQuestion: known?.isInQuestion ?? false } : device
}

/** Only what is somebody's: a rule that says yes to whoever claims it would let anybody in. */
export function approvedByRule(device: Device, { approve }: DeviceRules, now: Date): Device {
  if (approve === null || device.approval !== 'pending' || device.owner === null || device.isInQuestion)
    return device
  if (approve.evaluate(device) !== 'yes') return device
  return {
    ...device,
    approval: 'approved',
    decided: { by: null, at: now, because: approve.source, answer: null },
  }
}
