import { z } from 'zod'

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

/** Which place an address is, for `Connector.where`: without a dot or slash at the end, which lead nowhere else. */
export const placeAt = (kind: string, { protocol, host, pathname }: URL): string =>
  `${kind} ${protocol}//${host.replace(/\.(?=:|$)/, '')}${pathname.replace(/\/+$/, '')}`
