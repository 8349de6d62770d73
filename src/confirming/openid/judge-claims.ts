import { z } from 'zod'
import type { OpenIdSettings } from '../../domain/confirming/openid-settings.ts'
import type { OpenIdConfirmation, OpenIdRefusal } from '../../domain/confirming/openid-answer.ts'

/** How far the provider's clock and ours may be apart. */
export const clockToleranceSeconds = 60

/** Of a length that may be shown. */
const value = z.string().max(200)

/** Some providers write one method as a text. What cannot be read counts as nothing said. */
const list = z
  .union([z.array(value).max(100), value.transform((one) => [one])])
  .optional()
  .catch(undefined)
  .transform((all) => all ?? [])

const claimsSchema = z.looseObject({
  iss: z.string(),
  sub: z.string(),
  aud: z.union([z.string(), z.array(z.string())]),
  azp: z.string().optional(),
  iat: z.number(),
  auth_time: z.number().optional(),
  acr: value.nullable().optional().catch(undefined),
  acrs: list,
  amr: list,
  oid: z.string().optional().catch(undefined),
})

/**
 * Judges what openid-client does not: the subject, the authorised party, when they signed in and how. The signature,
 * issuer, audience, nonce and expiry have been checked before.
 */
export function judgeClaims(
  claims: unknown,
  settings: OpenIdSettings,
  { now, maxAgeSeconds }: { now: Date; maxAgeSeconds: number },
): Omit<OpenIdConfirmation, 'email'> | OpenIdRefusal {
  const read = claimsSchema.safeParse(claims)
  if (!read.success) return { refused: 'other', why: String(read.error.issues[0]?.path[0] ?? 'claims') }
  const { iss, sub, azp, iat, auth_time: authTime, acr = null, acrs, amr, oid } = read.data
  if (sub.trim() === '') return { refused: 'no-subject' }
  // OpenID Connect allows 255 characters: what is longer would be nobody's key.
  if (sub.length > 255) return { refused: 'other', why: 'sub' }
  if (azp !== undefined && azp !== settings.clientId) return { refused: 'other', why: 'azp' }
  const nowSeconds = now.getTime() / 1_000
  if (iat > nowSeconds + clockToleranceSeconds) return { refused: 'other', why: 'iat' }

  if (authTime === undefined) return { refused: 'no-auth-time', setting: settings.authTimeSetting }
  // Also where it is in milliseconds, which no date can hold or is centuries away.
  if (authTime > nowSeconds + clockToleranceSeconds) return { refused: 'future' }
  const at = new Date(authTime * 1_000)
  if (!(authTime >= nowSeconds - maxAgeSeconds - clockToleranceSeconds)) return { refused: 'stale', at }

  const said = { acr: acr === null ? [] : [acr], acrs, amr }
  for (const claim of ['acr', 'acrs', 'amr'] as const) {
    const wanted = settings.require[claim]
    if (wanted.length > 0 && !said[claim].some((one) => wanted.includes(one)))
      return { refused: 'weak', claim, wanted, got: said[claim] }
  }
  // The subject of Entra ID is another for each app; its directory sends the object's id.
  const externalId = settings.kind === 'entra' ? oid : sub
  return {
    issuer: iss,
    subject: sub,
    externalIds: externalId === undefined ? [] : [externalId],
    at,
    acr,
    acrs,
    amr,
  }
}

const emailClaims = z.looseObject({
  email: z.email().optional().catch(undefined),
  email_verified: z.literal(true).optional().catch(undefined),
  hd: z.string().optional().catch(undefined),
})

/**
 * The e-mail where it is sure to be theirs. "true" as a text is not true. Google vouches for its own mailboxes alone:
 * an account of somebody who once had a mailbox elsewhere stays verified for ever.
 */
export function verifiedEmail(claims: unknown, kind: OpenIdSettings['kind']): string | null {
  const { email, email_verified: isVerified, hd } = emailClaims.safeParse(claims).data ?? {}
  if (email === undefined || isVerified !== true) return null
  if (kind === 'google' && hd === undefined && !/@gmail\.com$/i.test(email)) return null
  return email
}
