import { z } from 'zod'

const unitMs = { ms: 1, s: 1_000, m: 60_000 } as const
const shortTimePattern = /^(\d{1,6})(ms|s|m)$/

/** A short time, written `500ms`, `5s` or `2m`; in milliseconds once parsed. */
export const shortTime = z.string().transform((text, context) => {
  const [, amount, unit] = shortTimePattern.exec(text) ?? []
  if (unit === 'ms' || unit === 's' || unit === 'm') return Number(amount) * unitMs[unit]
  context.addIssue({ code: 'custom', message: 'must be a time such as 500ms, 5s or 2m' })
  return z.NEVER
})

/** How late the system tells the truth after a change. */
export const lag = shortTime.refine((ms) => ms <= 60_000, 'must be at most 1m').default(0)

/** How long after a call was given up it may still happen there. */
export const late = shortTime.refine((ms) => ms <= 600_000, 'must be at most 10m')

/** An address that secrets may be sent to. */
export const safeUrl = z
  .string()
  .refine(isSafeUrl, 'must be https (http only for this very machine) and hold no user or password')

/** Headers of the owner's that go with each call; `own` are those that Curfew itself sets. */
export const extraHeaders = (own: RegExp) =>
  z
    .record(
      z
        .string()
        .regex(/^[\w-]+$/)
        .refine((name) => !own.test(name), 'is set by Curfew itself'),
      z.string().regex(/^[\t\x20-\x7e]*$/, 'must be printable ASCII'),
    )
    .default({})

/** Headers that no connector lets be set. */
export const transportHeaders = 'content-.*|host|connection|transfer-encoding|expect|upgrade'

function isSafeUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || url.username || url.password) return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))
}

const isLoopback = (host: string) =>
  host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)

/** Which place an address is, for `Connector.where`: without a dot or slash at the end, which lead nowhere else. */
export const placeAt = (kind: string, { protocol, host, pathname }: URL): string =>
  `${kind} ${protocol}//${host.replace(/\.(?=:|$)/, '')}${pathname.replace(/\/+$/, '')}`
