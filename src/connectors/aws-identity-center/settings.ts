import { z } from 'zod'
import type { Target } from '../../domain/connector.ts'
import { safeUrl } from '../../domain/safe-url.ts'
import { secret } from '../secret.ts'
import { lag, late } from '../times.ts'

const arn = (what: string, pattern: RegExp, example: string) =>
  z.string().regex(pattern, `must be the ARN of ${what}, such as ${example}`)

const role = arn(
  'a role',
  /^arn:aws(-cn|-us-gov)?:iam::\d{12}:role\/[\w+=,.@/-]{1,600}$/,
  'arn:aws:iam::111122223333:role/curfew',
)

/** A login of its own: nothing is taken from the surroundings or files of the machine that Curfew runs on. */
const login = z.union(
  [
    z.strictObject({
      accessKeyId: secret,
      secretAccessKey: secret,
      sessionToken: secret.optional(),
      /** A role that is assumed with the key. */
      role: role.optional(),
      externalId: z.string().min(2).max(1224).optional(),
    }),
    z.strictObject({
      /** A token of an identity provider that the role trusts, such as a cluster's for a service account. */
      webIdentity: secret,
      role,
    }),
  ],
  {
    error:
      'must be { accessKeyId, secretAccessKey }, with a role where one is to be assumed, or { webIdentity, role }',
  },
)

export const identityCenterSettings = z.strictObject({
  /** Where the instance is. */
  region: z.string().regex(/^[a-z]{2}(-[a-z]+){1,2}-\d{1,2}$/, 'must be a region, such as eu-central-1'),
  instance: arn(
    'an instance',
    /^arn:aws(-cn|-us-gov)?:sso:::instance\/(sso)?ins-[\w.-]{16}$/,
    'arn:aws:sso:::instance/ssoins-1234567890abcdef',
  ),
  identityStore: z
    .string()
    .regex(/^(d-[0-9a-z]{10}|[0-9a-f-]{36})$/, 'must be the id of an identity store, such as d-1234567890'),
  login,
  /** By which of their attributes people are known. */
  people: z.enum(['userName', 'email']).default('userName'),
  /** Instead of AWS's own addresses, for all of its services. */
  endpoint: safeUrl
    .refine(
      (text) => !URL.canParse(text) || /^\/?$/.test(new URL(text).pathname + new URL(text).search),
      'must have nothing after its host',
    )
    .optional(),
  lag,
  late: late.default(300_000),
})

export type IdentityCenterSettings = z.infer<typeof identityCenterSettings>

export const identityCenterTarget = z
  .strictObject({
    group: z
      .string()
      .regex(
        /^([0-9a-f]{10}-)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
        'must be the id of a group, such as 93a4c8d2-4081-70e5-9d6b-0a8e7a0c1f11: its page shows it',
      )
      .optional(),
    account: z
      .string('must be the 12 digits of an account, in quotes')
      .regex(/^\d{12}$/, 'must be the 12 digits of an account, in quotes')
      .optional(),
    permissionSet: arn(
      'a permission set',
      /^arn:aws(-cn|-us-gov)?:sso:::permissionSet\/(sso)?ins-[\w.-]{16}\/ps-[\w./-]{16}$/,
      'arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef',
    ).optional(),
  })
  .refine(
    ({ group, account, permissionSet }) =>
      (account === undefined) === (permissionSet === undefined) &&
      (group === undefined) === (account !== undefined),
    'must name either a group, or an account and a permissionSet',
  )

export interface GroupGift {
  readonly kind: 'group'
  readonly group: string
}

export interface AssignmentGift {
  readonly kind: 'assignment'
  readonly account: string
  readonly permissionSet: string
}

export type Gift = GroupGift | AssignmentGift

export function giftOf(target: Target): Gift {
  const { group, account = '', permissionSet = '' } = identityCenterTarget.parse(target)
  // Ids are the same in either case.
  return group === undefined
    ? { kind: 'assignment', account, permissionSet }
    : { kind: 'group', group: group.toLowerCase() }
}

export function canonical(target: Target): string {
  const gift = giftOf(target)
  return gift.kind === 'group' ? `group ${gift.group}` : `${gift.account} ${gift.permissionSet}`
}

export const inWords = (gift: Gift): string =>
  gift.kind === 'group'
    ? `the group ${gift.group}`
    : `the permission set ${gift.permissionSet.replace(/^.*\//, '')} in the account ${gift.account}`
