import { z } from 'zod'
import { methods } from '../domain/confirmation.ts'
import { deviceSourceKinds } from '../domain/devices/source-kinds.ts'
import * as field from './fields.ts'

const HOUR = 60 * 60_000
const DAY = 24 * HOUR

const sourceKindsNamed = `must be one of ${deviceSourceKinds.join(', ')}`

const approvers = z
  .strictObject({
    people: field.listOf(field.person).default([]),
    groups: field.listOf(field.group).default([]),
    manager: z.boolean().default(false),
    who: field.condition.optional(),
  })
  .refine(
    ({ people, groups, manager, who }) => people.length + groups.length > 0 || manager || who !== undefined,
    'names nobody: nobody could ever approve',
  )
  .transform(({ who = null, ...listed }) => ({ ...listed, who }))

const remind = z.array(field.duration(1_000, 30 * DAY)).max(10, 'has more than 10 entries')
const hours = z.array(field.openHours).min(1, 'is empty').max(50, 'has more than 50 entries')

const proof = (message: string) => z.union([z.literal('mfa'), z.literal(false)], message)

const stage = z
  .strictObject({
    name: field.line(60).optional(),
    approvers,
    confirm: proof('must be "mfa", or false').optional(),
    quiet: approvers.optional(),
    otherwise: approvers.optional(),
    escalate: z.strictObject({ after: field.duration(1_000, 30 * DAY), to: approvers }).optional(),
    remind: remind.optional(),
    hours: hours.optional(),
    needs: z
      .int('must be a whole number')
      .min(1, 'must be at least 1')
      .max(20, 'must be at most 20')
      .default(1),
  })
  .refine(
    ({ approvers: { people, groups, manager, who }, quiet, needs }) =>
      groups.length > 0 ||
      who !== null ||
      quiet !== undefined ||
      needs <= Math.max(1, people.length + (manager ? 1 : 0)),
    {
      path: ['needs'],
      error: 'asks for more people than are listed',
    },
  )

const autoRule = z.strictObject({
  because: field.line(100),
  when: field.condition,
  max: field.accessTime.optional(),
  quota: z
    .strictObject({
      uses: z.int('must be a whole number').min(1, 'must be at least 1').max(1_000, 'must be at most 1000'),
      per: field.duration(1_000, 366 * DAY),
    })
    .optional(),
  notAfter: field.day.optional(),
  card: z.boolean().default(true),
})

const confirmAbove = z.int('must be a whole number').min(0, 'must be at least 0')

/** What defaults, resources and entitlements may all say; the nearest to the entitlement counts. */
const inherited = {
  channel: field.channel.optional(),
  admins: field
    .listOf(field.person)
    .refine((people) => people.length > 0, 'names nobody')
    .optional(),
  approvers: approvers.optional(),
  review: z
    .strictObject({
      within: field.duration(1_000, 30 * DAY).optional(),
      confirm: proof('must be "mfa", or false').optional(),
      remind: remind.optional(),
      hours: hours.optional(),
      stages: z
        .array(stage)
        .min(1, 'has no stage: nobody could ever approve')
        .max(5, 'has more than 5 stages')
        .optional(),
    })
    .optional(),
  duration: z
    .strictObject({
      default: field.accessTime.optional(),
      max: field.accessTime.optional(),
      choices: z.array(field.accessTime).min(1, 'is empty').max(20, 'has more than 20 entries').optional(),
    })
    .optional(),
  ahead: field.duration(1_000, 180 * DAY).optional(),
  windows: z
    .strictObject({
      until: field.duration(DAY, 3 * 366 * DAY).optional(),
      only: hours.optional(),
      warn: z.boolean().default(false),
    })
    .refine(({ until, only }) => until !== undefined || only !== undefined, 'says neither until nor only')
    .optional(),
  auto: z
    .array(autoRule)
    .max(20, 'has more than 20 entries')
    .refine((rules) => new Set(rules.map(({ because }) => because)).size === rules.length, {
      error: 'has two rules of one name: each because is a name of its own',
    })
    .optional(),
  preApprove: z.strictObject({ until: field.duration(1_000, 366 * DAY) }).optional(),
  digest: z.boolean().optional(),
  breakGlass: z
    .strictObject({
      max: field.accessTime,
      remind: field.duration(1_000, 7 * DAY).default(DAY),
      confirm: proof('must be "mfa", or false').default(false),
      ifDown: z.enum(['refuse', 'louder'], 'must be "refuse" or "louder"').optional(),
    })
    .refine(({ confirm, ifDown }) => confirm === 'mfa' || ifDown === undefined, {
      path: ['ifDown'],
      error: 'is for confirm: mfa',
    })
    .optional(),
  extend: z
    .strictObject({
      max: z
        .int('must be a whole number')
        .min(1, 'must be at least 1')
        .max(50, 'must be at most 50')
        .default(1),
      total: field.accessTime.optional(),
      by: field.accessTime.optional(),
      after: field.share.default(0.5),
      review: z.boolean().default(true),
    })
    .optional(),
  keep: z.boolean().optional(),
  confirmAbove: confirmAbove.optional(),
  standing: z.strictObject({ confirmAbove }).optional(),
  warn: field.duration(5_000, 30 * DAY).optional(),
  alert: field.duration(10_000, DAY).optional(),
  confirm: z.union([z.boolean(), z.literal('mfa')], 'must be true, false or "mfa"').optional(),
  reason: z.strictObject({ example: field.line(140).optional() }).optional(),
  how: field.text(500).optional(),
}

/** Who gets in is never a default: it is written where the thing itself is. */
const access = {
  who: field.condition.optional(),
  external: z.boolean().optional(),
  onBehalf: field.condition.optional(),
}

export const peopleSchema = z.strictObject({
  scim: z.enum(['required', 'known'], 'must be "required" or "known"').default('known'),
  grace: field.duration(0, DAY).default(60_000),
  channel: field.channel.optional(),
  admins: field.listOf(field.person).default([]),
})

const proofFields = {
  methods: z
    .array(z.enum(methods, 'must be "oidc", "passkey" or "totp"'))
    .min(1, 'is empty: nobody could ever confirm')
    .refine((all) => new Set(all).size === all.length, 'names one twice')
    .optional(),
  maxAge: field.duration(0, DAY).optional(),
}

/** What counts as proof of who somebody is, said once for all. */
export const proofSchema = z.strictObject({ ...proofFields, oidc: z.unknown().optional() })

export const sessionSchema = z.strictObject({
  length: field.accessTime,
  renew: field.duration(5_000, 30 * DAY).optional(),
  max: field.accessTime.optional(),
  ...proofFields,
})

export const fitRuleSchema = z.strictObject({
  when: field.deviceCondition,
  maxAge: field.duration(5_000, 30 * DAY).default(HOUR),
  grace: field.duration(0, 7 * DAY).default(0),
  which: z.enum(['every', 'any'], 'must be "every" or "any"').default('every'),
  seenWithin: field.duration(60_000, 366 * DAY).default(30 * DAY),
  resume: z.boolean().default(false),
})

export const devicesSchema = z.strictObject({
  approval: z.enum(['required', 'none'], 'must be "required" or "none"').default('required'),
  approve: field.deviceCondition.optional(),
  channel: field.channel.optional(),
  admins: field.listOf(field.person).default([]),
  outage: z.enum(['cut', 'hold'], 'must be "cut" or "hold"').default('cut'),
  sources: z.record(z.string(), z.unknown()).optional(),
  fit: z.record(z.string(), fitRuleSchema).default({}),
})

/** Other keys are its kind's own settings. */
export const deviceSourceSchema = z.looseObject({ kind: z.enum(deviceSourceKinds, sourceKindsNamed) })

export const fileSchema = z.strictObject({
  version: z.literal(1, 'must be 1'),
  people: z.unknown().optional(),
  devices: z.unknown().optional(),
  confirm: z.unknown().optional(),
  managers: z.record(field.person, field.person).optional(),
  defaults: z.unknown().optional(),
  systems: z.record(z.string(), z.unknown()).optional(),
  resources: z.record(z.string(), z.unknown()).optional(),
})

export const defaultsSchema = z.strictObject(inherited)

/** Other keys are the connector's own settings. */
export const systemSchema = z.looseObject({
  connector: z.string(),
  principal: z.unknown(),
  timeout: field.duration(250, 30_000).default(2500),
  handOver: z.enum(['modal', 'page'], 'must be "modal" or "page"').optional(),
})

export const resourceSchema = z.strictObject({
  name: field.line(60),
  owner: field.person.optional(),
  system: z.string(),
  ...inherited,
  ...access,
  entitlements: z.record(z.string(), z.unknown()),
})

export const entitlementSchema = z.strictObject({
  name: field.line(60),
  target: z.unknown(),
  mode: z
    .enum(['approval', 'standing', 'session'], 'must be "approval", "standing" or "session"')
    .default('approval'),
  session: sessionSchema.optional(),
  /** By its id in `devices.fit`. */
  device: z.string().optional(),
  ...inherited,
  ...access,
})

export type WrittenStage = z.output<typeof stage>
export type Defaults = z.output<typeof defaultsSchema>
export type WrittenResource = z.output<typeof resourceSchema>

/** Keys that `version: 1` has room for and this version does not read yet: refused, never ignored. */
export const LATER_KEYS: readonly string[] = ['aliases', 'mfa', 'posture']
