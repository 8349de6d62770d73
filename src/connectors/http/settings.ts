import { z } from 'zod'

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
