import { z } from 'zod'
import { unturned, wellFormed } from '../cut.ts'
import { deviceId, isAttributeName, type Device, type Said, type SaidValue } from './device.ts'
import { attributeKinds, policyResults, saidValue, type PolicySaid } from './device.ts'
import { Version } from './version.ts'

/*
 * What a source says of one device at one instant, in the one shape that all sources come to; and what it makes of what
 * was known. Pure.
 */

/** On one line: in a message it makes none of its own. */
const name = z
  .string()
  .transform((text) => wellFormed(unturned(text).replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')).trim())
  .pipe(z.string().max(200))
const nullableName = name.nullish().transform((text) => (text == null || text === '' ? null : text))
/** Undefined: it says nothing of that now; null: it does not know. */
const mark = name.nullish().transform((text) => (typeof text === 'string' ? textOrNull(text) : text))

/** Null, "" and "unknown" say that nothing is known. */
function textOrNull(text: string): string | null {
  return /^\s*(?:unknown|n\/a)?\s*$/i.test(text) ? null : text
}
const knownOrNull = (value: SaidValue): SaidValue => (typeof value === 'string' ? textOrNull(value) : value)

const valueAt = z.object({ value: saidValue.transform(knownOrNull), at: z.date().optional() })

export const deviceReport = z.object({
  /** The device's id at its source. */
  sourceId: z
    .string()
    .trim()
    .min(1)
    .max(200)
    // Half a character would be written as another one, and be another device.
    .refine((id) => !/[\p{Surrogate}\p{Cc}]/u.test(id), 'has characters in it that nobody can read'),
  name: nullableName,
  serial: mark,
  uuid: mark,
  /**
   * Whose the source says it is: null: nobody's; undefined: it says nothing of that now. Proven: an identity provider told
   * the source, not whoever has the device.
   */
  owner: z.object({ email: z.email().max(320).toLowerCase(), isProven: z.boolean() }).nullish(),
  /** Of everything in it that has no instant of its own. */
  at: z.date(),
  attributes: z.record(z.string().min(1).max(100), valueAt).default({}),
  policies: z
    .record(
      z.string().min(1).max(200),
      z.object({
        result: z.enum(policyResults),
        at: z.date().optional(),
        remedy: z.string().max(1_000).nullable().default(null),
      }),
    )
    .default({}),
  /** These are all its policies: others that are known of it are none any more. */
  hasAllPolicies: z.boolean().default(false),
  /** False: whoever sent it could be anybody. Then it can make a device fail, and nothing else. */
  isTrusted: z.boolean().default(true),
})
export type DeviceReport = z.output<typeof deviceReport>

/** A clock may be a little ahead of ours. */
const aheadMs = 5 * 60_000
export const mostNames = 200
/** The rest is for what its own source says: full, that would be refused. */
const mostByAnybody = 100

export interface Merged {
  readonly device: Device
  /** Something is otherwise than it was: a value, not only its age. */
  readonly isChanged: boolean
}

export type NotMerged = { readonly not: 'from-the-future' | 'too-much' | 'unknown-device' }

/**
 * The device as it is known with this. Each value is the newest by its source's instant: what is older than what is known
 * changes nothing, whenever it comes.
 */
export function withReport(
  known: Device | null,
  source: string,
  report: DeviceReport,
  now: Date,
): Merged | NotMerged {
  const instants = [report.at, ...atsIn(report.attributes), ...atsIn(report.policies)]
  if (instants.some((at) => at.getTime() > now.getTime() + aheadMs)) return { not: 'from-the-future' }
  if (!report.isTrusted) return known === null ? { not: 'unknown-device' } : onlyFailing(known, report, now)
  const device = known ?? newDevice(source, report, now)
  const instant = (at: Date | undefined): At => asOf(at ?? report.at, now)
  // By names that others choose, "constructor" among them.
  const said = new Map(Object.entries(device.said))
  for (const [name, { value, at }] of Object.entries(report.attributes)) {
    const one: Said = { value: ofItsKind(name, value), ...instant(at) }
    if (isNewer(one, said.get(name))) said.set(name, one)
  }
  const isLatest = known === null || report.at >= (known.lastSaidAt ?? known.lastSeenAt)
  const policies = new Map(Object.entries(device.policies))
  for (const name of policies.keys())
    if (report.hasAllPolicies && isLatest && !Object.hasOwn(report.policies, name)) policies.delete(name)
  for (const [name, { result, at, remedy }] of Object.entries(report.policies)) {
    const one: PolicySaid = { result, ...instant(at), remedy }
    // All of an earlier moment may name some that are none any more.
    const isGone = report.hasAllPolicies && !isLatest && !policies.has(name)
    if (!isGone && isNewer(one, policies.get(name))) policies.set(name, one)
  }
  makeRoom(policies, new Set(Object.keys(report.policies)))
  if (said.size > mostNames || policies.size > mostNames) return { not: 'too-much' }
  const { lastSaidAt: _, ...others } = device
  const next: Device = {
    ...(isLatest ? { ...others, ...seenAt(instant(undefined)) } : device),
    ...(isLatest ? whatItIs(device, report) : {}),
    said: Object.fromEntries(said),
    policies: Object.fromEntries(policies),
  }
  return { device: next, isChanged: known === null || differs(known, next) }
}

/** Beside what is said now, what says least goes first: a made-up name, what passed, what failed. */
function makeRoom(policies: Map<string, PolicySaid>, now: ReadonlySet<string>): void {
  const worth = ({ isNamedByAnybody, result }: PolicySaid): number =>
    isNamedByAnybody ? 0 : result === 'fail' ? 2 : 1
  const others = [...policies].filter(([name]) => !now.has(name))
  others.sort(([, one], [, other]) => worth(one) - worth(other) || one.at.getTime() - other.at.getTime())
  for (const [name] of others.slice(0, Math.max(0, policies.size - mostNames))) policies.delete(name)
}

type At = Pick<Said, 'at' | 'saidAt'>

/** Nothing is younger than when it was heard. */
const asOf = (at: Date, now: Date): At => (at > now ? { at: now, saidAt: at } : { at })

const seenAt = ({ at, saidAt }: At): Pick<Device, 'lastSeenAt' | 'lastSaidAt'> => ({
  lastSeenAt: at,
  ...(saidAt === undefined ? {} : { lastSaidAt: saidAt }),
})

/**
 * A failing policy counts, by the instant at which it was heard: nothing else is believed, and no words of it are shown to
 * anybody.
 */
function onlyFailing(known: Device, report: DeviceReport, now: Date): Merged {
  const policies = new Map(Object.entries(known.policies))
  for (const [name, { result }] of Object.entries(report.policies)) {
    const before = policies.get(name)
    const isNamedByAnybody = before === undefined || before.isNamedByAnybody
    const one: PolicySaid = {
      result: 'fail',
      ...asOf(report.at, now),
      remedy: before?.remedy ?? null,
      ...(isNamedByAnybody ? { isNamedByAnybody } : {}),
    }
    const hasRoom = before !== undefined || policies.size < mostByAnybody
    if (result === 'fail' && hasRoom && isNewer(one, before)) policies.set(name, one)
  }
  const device = { ...known, policies: Object.fromEntries(policies) }
  return { device, isChanged: differs(known, device) }
}

const newDevice = (source: string, { sourceId, name }: DeviceReport, now: Date): Device => ({
  id: deviceId(source, sourceId),
  revision: 0,
  source,
  sourceId,
  name: name ?? sourceId,
  serial: null,
  uuid: null,
  owner: null,
  isOwnerProven: false,
  claimed: null,
  claimant: null,
  isInQuestion: false,
  approval: 'pending',
  decided: null,
  joinedTo: null,
  firstSeenAt: now,
  lastSeenAt: new Date(0),
  said: {},
  policies: {},
})

/** What people recognise it by, and whose it is said to be. Another owner than its own unbinds it: an admin is asked. */
function whatItIs(device: Device, { name, serial, uuid, owner }: DeviceReport): Partial<Device> {
  // Of one that is proven only such a word counts; noted, another would make the proven one look like nothing new.
  const isHeard = owner !== undefined && (owner?.isProven === true || !device.isOwnerProven)
  const claimed = isHeard ? (owner?.email ?? null) : device.claimed
  return {
    ...(claimed === device.claimed ? {} : { claimant: null }),
    name: name ?? device.name,
    serial: serial === undefined ? device.serial : serial,
    uuid: uuid === undefined ? device.uuid : uuid,
    claimed,
    isInQuestion: device.isInQuestion || (device.owner !== null && isAnother(device, claimed)),
  }
}

/** Whose it was said to be before, or whose it is, by their verified address; no owner named is no other owner. */
function isAnother({ owner, claimed: before }: Device, claimed: string | null): boolean {
  if (claimed === null || claimed === before) return false
  return owner?.email?.toLowerCase() !== claimed
}

/** What is not of its kind is not known. */
function ofItsKind(name: string, value: SaidValue): SaidValue {
  if (value === null || !isAttributeName(name)) return value
  switch (attributeKinds[name]) {
    case 'flag':
      return typeof value === 'boolean' ? value : null
    case 'text':
      return typeof value === 'string' ? inSmallLetters(value) : null
    case 'version': {
      // Written otherwise than with digits and a dot, it would be read as another.
      const text = typeof value === 'number' && /^\d+(?:\.\d+)?$/.test(String(value)) ? String(value) : value
      return typeof text === 'string' && Version.parse(text) !== null ? text : null
    }
  }
}

/** Null where it becomes longer by that than any value may be, as it could not be read again. */
function inSmallLetters(text: string): string | null {
  const small = text.toLowerCase()
  return saidValue.safeParse(small).success ? small : null
}

const differs = (before: Device, after: Device): boolean =>
  before.name !== after.name ||
  before.serial !== after.serial ||
  before.uuid !== after.uuid ||
  before.claimed !== after.claimed ||
  before.claimant?.id !== after.claimant?.id ||
  before.isInQuestion !== after.isInQuestion ||
  differIn(before.said, after.said, ({ value }) => value) ||
  differIn(before.policies, after.policies, ({ result }) => result)

/** By what counts of each, and which there are: their order is the same thing said. */
function differIn<T>(
  before: Readonly<Record<string, T>>,
  after: Readonly<Record<string, T>>,
  counts: (one: T) => unknown,
): boolean {
  const known = new Map(Object.entries(before))
  const said = Object.entries(after)
  return (
    said.length !== known.size ||
    said.some(([name, one]) => {
      const other = known.get(name)
      return other === undefined || counts(other) !== counts(one)
    })
  )
}

/** By the source's own clock; of one instant what comes later, as many sources count in seconds. */
const isNewer = (one: At, known: At | undefined): boolean =>
  known === undefined || (one.saidAt ?? one.at) >= (known.saidAt ?? known.at)

const atsIn = (all: Readonly<Record<string, { at?: Date | undefined }>>): Date[] =>
  Object.values(all).flatMap(({ at }) => at ?? [])
