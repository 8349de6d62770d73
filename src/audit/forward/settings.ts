import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { z } from 'zod'
import { isStrongSecret, strongSecret } from '../../connectors/webhook/settings.ts'
import { formats } from '../formats.ts'

/** Where entries of the record are sent on to. */
export type ForwardPlace =
  | { readonly kind: 'syslog'; readonly host: string; readonly port: number }
  | { readonly kind: 'webhook'; readonly url: string }
  | { readonly kind: 'file'; readonly path: string }

export interface ForwardSettings {
  readonly place: ForwardPlace
  /** One of `formats`. */
  readonly format: string
  /** From which number on a place gets them that got none yet; null: where the place before it stood. */
  readonly from: number | 'end' | null
  /** By which a webhook is signed. */
  readonly secret: string | null
  /** A file with the certificates that are trusted, and no others; null: the usual ones. */
  readonly caPath: string | null
  /** The longest message of syslog, in bytes. */
  readonly messageBytes: number
}

const places = 'must be syslog+tls://host:6514, an https address or a file'
const syslogPort = 6514

export const forwardPlace = z.string().transform((text, context): ForwardPlace => {
  const read = placeOf(text)
  if (typeof read !== 'string') return read
  context.addIssue({ code: 'custom', message: read })
  return z.NEVER
})

/** Or why it is none. */
function placeOf(text: string): ForwardPlace | string {
  if (!/^[a-z][a-z\d+.-]*:/i.test(text)) return { kind: 'file', path: resolve(text) }
  const url = URL.canParse(text) && !/\s/.test(text) ? new URL(text) : null
  if (url === null) return places
  if (url.username !== '' || url.password !== '') return 'may hold no user or password'
  if (url.protocol === 'https:') return { kind: 'webhook', url: url.href }
  if (url.protocol !== 'syslog+tls:' || url.hostname === '') return places
  if (!['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '')
    return 'may name nothing behind the port: syslog+tls://host:6514'
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return { kind: 'syslog', host, port: url.port === '' ? syslogPort : Number(url.port) }
}

/** By which its position is known, and nothing secret of it: an address may hold a token. */
export function idOf(place: ForwardPlace): string {
  switch (place.kind) {
    case 'syslog':
      return `syslog ${place.host} ${place.port}`
    case 'webhook':
      return `webhook ${createHash('sha256').update(place.url).digest('hex')}`
    case 'file':
      return `file ${place.path}`
  }
}

/** As the log calls it. */
export function nameOf(place: ForwardPlace): string {
  switch (place.kind) {
    case 'syslog':
      return `syslog+tls://${place.host}:${place.port}`
    case 'webhook':
      return new URL(place.url).origin
    case 'file':
      return place.path
  }
}

const numberFrom = (least: number, most: number, words: string) =>
  z
    .string()
    .regex(/^\d{1,15}$/, words)
    .transform(Number)
    .refine((number) => number >= least && number <= most, words)

const fromWords = 'must be the number of the first entry to send, or end'
const bytesWords = 'must be a number of bytes from 2048 to 1000000'

/** Beside the place, which is read like other paths and addresses. */
export const forwardVariables = {
  AUDIT_FORWARD_FORMAT: z
    .string()
    .refine((name) => Object.hasOwn(formats, name), `must be one of ${Object.keys(formats).join(', ')}`)
    .default('jsonl'),
  AUDIT_FORWARD_FROM: z
    .union([z.literal('end'), numberFrom(1, Number.MAX_SAFE_INTEGER, fromWords)], fromWords)
    .optional(),
  AUDIT_FORWARD_SECRET: z.string().refine(isStrongSecret, `must be ${strongSecret}`).optional(),
  AUDIT_FORWARD_BYTES: numberFrom(2_048, 1_000_000, bytesWords).default(8_192),
}

interface Read {
  readonly AUDIT_FORWARD?: ForwardPlace | undefined
  readonly AUDIT_FORWARD_FORMAT: string
  readonly AUDIT_FORWARD_FROM?: number | 'end' | undefined
  readonly AUDIT_FORWARD_SECRET?: string | undefined
  readonly AUDIT_FORWARD_CA?: string | undefined
  readonly AUDIT_FORWARD_BYTES: number
}

export function forwardSettings(env: Read): ForwardSettings | null {
  if (env.AUDIT_FORWARD === undefined) return null
  return {
    place: env.AUDIT_FORWARD,
    format: env.AUDIT_FORWARD_FORMAT,
    from: env.AUDIT_FORWARD_FROM ?? null,
    secret: env.AUDIT_FORWARD_SECRET ?? null,
    caPath: env.AUDIT_FORWARD_CA ?? null,
    messageBytes: env.AUDIT_FORWARD_BYTES,
  }
}
