import { createHash } from 'node:crypto'
import { z } from 'zod'
import { personRef } from '../person-ref.ts'

/** What is said of a device: a text, a number, a yes or no; null: its source says that it does not know. */
export const saidValue = z.union([z.string().max(500), z.number(), z.boolean(), z.null()])
export type SaidValue = z.infer<typeof saidValue>

/** By the source's own instant, never later than when it was heard. */
const said = z.object({
  value: saidValue,
  at: z.date(),
  /** By the source's own clock, where that is ahead of ours: what it said later is later by that. */
  saidAt: z.date().optional(),
})
export type Said = z.infer<typeof said>

export const policyResults = ['pass', 'fail', 'unknown'] as const
const policySaid = z.object({
  result: z.enum(policyResults),
  at: z.date(),
  saidAt: z.date().optional(),
  /** What its owner is to do about it, in the source's words. */
  remedy: z.string().nullable().default(null),
  /** Whoever called it so could be anybody: nobody reads that name. */
  isNamedByAnybody: z.literal(true).optional(),
})
export type PolicySaid = z.infer<typeof policySaid>

/** Whether an admin lets it count. `revoked`: it counted before. */
export const approvals = ['pending', 'approved', 'rejected', 'revoked'] as const

/**
 * `approve`: it counts, for whom its source names; of one in question that is somebody else from now on. `keep`: of one in
 * question, it stays its owner's. `join`: it is the machine that another source tells of. `reject`: it does not count.
 * `revoke`: it counts no more.
 */
export const deviceAnswers = ['approve', 'keep', 'join', 'reject', 'revoke'] as const
export type DeviceAnswer = (typeof deviceAnswers)[number]

const decision = z.object({
  /** Null: a rule of the catalog said so. */
  by: personRef.nullable(),
  at: z.date(),
  /** The rule, or why it was rejected or revoked. */
  because: z.string().nullable(),
  /** What was said; null: a rule of the catalog said so. */
  answer: z.enum(deviceAnswers).nullable().default(null),
})

/**
 * What somebody works on. It is (source, its id there): a serial number only helps people to recognise it, as it may be
 * empty, shared or forged.
 */
export const deviceSchema = z.object({
  id: z.string(),
  revision: z.number(),
  source: z.string(),
  sourceId: z.string(),
  name: z.string(),
  serial: z.string().nullable(),
  uuid: z.string().nullable(),
  /** Bound once; null: nobody's yet. */
  owner: personRef.nullable(),
  /** An identity provider said whose it is, and not an admin: then only such a word can put that in question. */
  isOwnerProven: z.boolean().default(false),
  /** The address that its source says it belongs to, in small letters; no proof by itself. */
  claimed: z.string().nullable(),
  /** Who of ours has that address: for whom an admin would approve it. Null: nobody, as far as is known. */
  claimant: personRef.nullable().default(null),
  /** Its source names somebody else than its owner: it counts for nobody until an admin says whose it is. */
  isInQuestion: z.boolean(),
  approval: z.enum(approvals),
  decided: decision.nullable(),
  /** The same machine as this one, by an admin's word: what is said of either is said of both. */
  joinedTo: z.string().nullable(),
  firstSeenAt: z.date(),
  /** The latest instant of which its source told anything. */
  lastSeenAt: z.date(),
  /** The same by the source's own clock, where that is ahead of ours. */
  lastSaidAt: z.date().optional(),
  said: z.record(z.string(), said),
  policies: z.record(z.string(), policySaid),
})
export type Device = z.infer<typeof deviceSchema>

/** Its id, or a short mark of one that is long, by which it is chosen in a form. */
export const shortId = (id: string): string =>
  id.length <= 75 ? id : createHash('sha256').update(id).digest('base64url')

export const deviceId = (source: string, sourceId: string): string => `${source}/${sourceId}`

/** By their usual names, and of which kind each is; all others are `attributes`. */
export const attributeKinds = {
  os: 'text',
  osVersion: 'version',
  osFamily: 'text',
  kernelVersion: 'version',
  diskEncrypted: 'flag',
  firewall: 'flag',
  autoUpdate: 'flag',
  managed: 'flag',
  screenLock: 'flag',
} as const
export type AttributeName = keyof typeof attributeKinds

export const isAttributeName = (name: string): name is AttributeName => Object.hasOwn(attributeKinds, name)

/** What of the catalog decides whether a device can count. */
export interface Counting {
  readonly needsApproval: boolean
  /** Those that the catalog names: of another nobody says anything any more. */
  readonly sources: Pick<ReadonlySet<string>, 'has'>
}

/** It can count for its owner: they are known, nobody said no, and its source is listened to. */
export const isUsable = (device: Device, { needsApproval, sources }: Counting): boolean =>
  device.owner !== null &&
  sources.has(device.source) &&
  !device.isInQuestion &&
  (device.approval === 'approved' || (!needsApproval && device.approval === 'pending'))
