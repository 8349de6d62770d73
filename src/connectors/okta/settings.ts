import { z } from 'zod'
import type { Target } from '../../domain/connector.ts'
import { safeUrl } from '../../domain/safe-url.ts'
import { secret } from '../secret.ts'
import { lag, late } from '../times.ts'

export const oktaSettings = z.strictObject({
  /** Of the organisation. */
  url: safeUrl.refine(
    (text) => !URL.canParse(text) || /^\/?$/.test(new URL(text).pathname + new URL(text).search),
    'must have nothing after its host',
  ),
  /** An API token. */
  token: secret,
  /** By which of their attributes people are known. */
  people: z.enum(['login', 'email']).default('login'),
  /** Whether a group is looked up in the group rules before it is given. */
  rules: z.boolean().default(true),
  lag,
  late: late.default(30_000),
})

export type OktaSettings = z.infer<typeof oktaSettings>

export const oktaTarget = z.strictObject({
  group: z
    .string()
    .regex(
      /^\w{1,64}$/,
      'must be the id of a group, such as 00g1emaKYZTWRYYRRTSK: it ends the address of its page',
    ),
})

export const groupOf = (target: Target): string => oktaTarget.parse(target).group
