import { z } from 'zod'
import { safeUrl } from '../../domain/safe-url.ts'
import { secret } from '../secret.ts'
import { lag, late } from '../times.ts'

/** What a server may be asked to find somebody by; each must be unique there. */
export const personKeys = ['userName', 'email', 'externalId'] as const
export type PersonKey = (typeof personKeys)[number]

const plainUrl = safeUrl.refine((text) => {
  const { search, hash } = new URL(text)
  return search === '' && hash === ''
}, 'must have nothing after its path')

const oauth = z.strictObject({
  /** Where a token is had for the client's id and secret. */
  url: safeUrl,
  clientId: z.string().min(1),
  clientSecret: secret,
  scope: z.string().min(1).optional(),
  /** Whether id and secret go in a header (as RFC 6749 prefers) or in the body. */
  secretIn: z.enum(['header', 'body']).default('header'),
})

export const scimSettings = z
  .strictObject({
    /** What /Users and /Groups are added to. */
    url: plainUrl,
    token: secret.optional(),
    oauth: oauth.optional(),
    person: z.enum(personKeys).default('userName'),
    lag,
    /** Whoever gives up a request does not call it back: as long as most servers work on one at most. */
    late: late.default(30_000),
  })
  .refine(
    ({ token, oauth: client }) => (token === undefined) !== (client === undefined),
    'must have either token or oauth',
  )

export type ScimSettings = z.infer<typeof scimSettings>
export type OAuth = z.infer<typeof oauth>

/** By its id, which stays when a group is called otherwise; two groups may be called the same. */
export const scimTarget = z.strictObject({
  group: z
    .string()
    .min(1)
    .max(512)
    .refine((id) => !/^\.{1,2}$/.test(id) && id.isWellFormed(), 'must be the id of a group'),
})
