import winston from 'winston'
import type { Log } from './domain/ports/log.ts'
import { underWay } from './under-way.ts'

const redaction = '[redacted]'

const secretKey =
  /token|secret|passw|^pass$|pwd|credential|authorization|^auth$|cookie|sign(ing|ature)|ticket|(api|access|private)_?key|(?<!idempotency)[-_]key$|state\.?values|^view$/i

/** Whatever has the form of a secret, and what is put in its place. */
const secretForms: readonly (readonly [RegExp, string])[] = [
  [/xox[a-z](?:[-.]|%2D)[\w.%-]+|xapp(?:-|%2D)[\w%-]+|whsec_[\w+/=]+/gi, redaction],
  [/\b(Bearer|Basic)\s+\S+/gi, `$1 ${redaction}`],
  // Of a URL all up to the last @: a password that was not encoded may hold an @ or a slash. Paths of modules hold one too.
  [/(?<!file)(:\/\/[^\s"'<>:@]*:)[^\s"'<>]*@/g, `$1${redaction}@`],
  [/(?<!file)(:\/\/)[^\s"'<>:/]*@/g, `$1${redaction}@`],
  [/(hooks\.slack(?:-gov)?\.com\/)[^\s"'<>]+/gi, `$1${redaction}`],
  [
    /\b([\w.-]{0,40}(?:token|secret|key|passw|pwd|sig|ticket|auth|credential)[\w.-]{0,20}=)[^&\s"'<>#]+/gi,
    `$1${redaction}`,
  ],
  [
    /((?:token|secret|passw(?:or)?d|pwd|api_?key|authorization)\w{0,20}(?:\\*["']|%22)?(?:\s?:\s?|%3A)(?:\\*["']|%22))[^"'\\%]+/gi,
    `$1${redaction}`,
  ],
  [/\b(x-[\w-]{0,40}(?:key|token|secret)|(?:set-)?cookie|authorization)(\s?:\s?)\S.*/gi, `$1$2${redaction}`],
  [/("type":"Buffer","data":\[)[\d,]+/g, `$1${redaction}`],
]

/** Of one text; nothing is looked for in what is not logged. */
const mostLogged = 20_000
/** So much more is looked at: at its end there may be the beginning of a secret. */
const leastUnsure = 1_000
/** Shorter ones would make the log unreadable, and keep nothing secret. */
const leastLength = 6
const hidden = new Set<string>()
let longestLength = 0
let hiddenText: RegExp | null = null

/** From now on this value is cut out of whatever is logged; of an address the passwords in it count too. */
export function hide(value: string): void {
  for (const secret of [value, ...passwordsOf(value)].filter(({ length }) => length >= leastLength))
    for (const written of writingsOf(secret)) if (written.length >= leastLength) hidden.add(written)
  const longestFirst = [...hidden].sort((one, other) => other.length - one.length)
  longestLength = longestFirst[0]?.length ?? 0
  const escaped = longestFirst.map((one) => one.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'))
  hiddenText = escaped.length > 0 ? new RegExp(escaped.join('|'), 'g') : null
}

/** As it may have been meant: up to the first @ of an address, or up to the last where it was not encoded. */
function passwordsOf(value: string): string[] {
  const login = [/:\/\/[^:@/]*:([^@/]*)@/.exec(value)?.[1], /:\/\/[^:@]*:(.+)@/s.exec(value)?.[1]]
  const options = [...value.matchAll(/[?&][^=&#]*(?:password|secret|token)[^=&#]*=([^&#]+)/gi)]
  return [...login, ...options.map(([, option]) => option)].filter((found) => found !== undefined)
}

/** As addresses, forms, JSON, and what carries bytes as text would write it. */
function writingsOf(secret: string): string[] {
  const encoded = encodeURIComponent(secret.toWellFormed())
  const inJson = JSON.stringify(secret).slice(1, -1)
  return [
    ...[secret, decoded(secret), encoded, encoded.replace(/%../g, (one) => one.toLowerCase())],
    encoded.replaceAll('%20', '+'),
    ...[inJson, JSON.stringify(inJson).slice(1, -1)],
    ...[0, 1, 2].flatMap((before) => base64After(before, secret)),
    Buffer.from(secret).toString('hex'),
  ]
}

/** What is always the same of it in base64, behind so many other bytes (modulo 3). */
function base64After(before: number, secret: string): string[] {
  const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)])
  const whole = Math.floor((bytes.length * 8) / 6)
  const text = bytes.toString('base64').slice(Math.ceil((before * 8) / 6), whole)
  return [text, text.replaceAll('+', '-').replaceAll('/', '_')]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Without whatever is hidden, and what looks like a secret: for texts of others that are shown, too. */
export function clean(text: string): string {
  const looked = text.slice(0, mostLogged + leastUnsure)
  const shown = hiddenText === null ? looked : looked.replace(hiddenText, redaction)
  const cleaned = secretForms.reduce((rest, [form, instead]) => rest.replace(form, instead), shown)
  // Where it was cut off most of a secret may be left; what was taken out before that moved it up.
  const unsure = looked === text ? 0 : Math.max(leastUnsure, longestLength)
  const sure = cleaned.slice(0, Math.max(0, cleaned.length - unsure))
  return text.length > mostLogged ? `${sure.slice(0, mostLogged)}…` : sure
}

/**
 * JSON lines: a fixed message and fields. Whatever looks like a secret, by its key or its form, is cut out. What is said
 * in the middle of something that is traced names its trace.
 */
export function createLog(level: string): Log {
  const redact = winston.format((line) => Object.assign(line, redacted(line) as object))
  const trace = winston.format((line) => Object.assign(line, tracedBy()))
  return winston.createLogger({
    level,
    format: winston.format.combine(
      winston.format.errors({ stack: true }),
      redact(),
      trace(),
      winston.format.timestamp(),
      winston.format.json(),
    ),
    transports: new winston.transports.Console({ stderrLevels: ['error', 'warn', 'info', 'debug'] }),
  })
}

function tracedBy(): { traceId?: string } {
  const part = underWay.getStore()
  return part === undefined ? {} : { traceId: part.traceId }
}

/** A copy without secrets, bounded in depth; errors become their name, message and stack. */
export function redacted(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return clean(value)
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  if (depth > 6) return '[deep]'
  if (value instanceof Error) {
    const { name, message, stack, cause } = value
    const errors = value instanceof AggregateError ? { errors: value.errors as unknown[] } : {}
    return redacted({ name, message, stack, ...(cause === undefined ? {} : { cause }), ...errors }, depth + 1)
  }
  if (ArrayBuffer.isView(value) || isBufferAsJson(value)) return '[bytes]'
  // Headers as they came: each name is followed by its value.
  if (Array.isArray(value))
    return value.map((item, i) =>
      isHeaderSecret(value[i - 1], item) ? redaction : redacted(item, depth + 1),
    )
  if (value instanceof Set) return redacted([...(value as Set<unknown>)], depth)
  const entries: [unknown, unknown][] =
    value instanceof Map ? [...(value as Map<unknown, unknown>)] : Object.entries(value)
  return Object.fromEntries(
    entries.map(([key, item]) => [
      clean(String(key)),
      secretKey.test(String(key)) ? redaction : redacted(item, depth + 1),
    ]),
  )
}

const isHeaderSecret = (name: unknown, value: unknown): boolean =>
  typeof name === 'string' && typeof value === 'string' && /^[\w-]{1,60}$/.test(name) && secretKey.test(name)

const isBufferAsJson = (value: object): boolean =>
  'type' in value && value.type === 'Buffer' && 'data' in value && Array.isArray(value.data)
