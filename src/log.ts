import winston from 'winston'
import type { Log } from './domain/ports.ts'

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
]

/** Shorter ones would make the log unreadable, and keep nothing secret. */
const leastLength = 6
const hidden = new Set<string>()
let hiddenText: RegExp | null = null

/** From now on this value is cut out of whatever is logged; of an address the password alone counts too. */
export function hide(value: string): void {
  for (const secret of [value, passwordOf(value)]) {
    if (secret === null) continue
    for (const written of [secret, encodeURIComponent(secret), decoded(secret)])
      if (written.length >= leastLength) hidden.add(written)
  }
  const longestFirst = [...hidden].sort((one, other) => other.length - one.length)
  const escaped = longestFirst.map((one) => one.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'))
  hiddenText = escaped.length > 0 ? new RegExp(escaped.join('|'), 'g') : null
}

const passwordOf = (value: string): string | null => /:\/\/[^:@]*:(.+)@/s.exec(value)?.[1] ?? null

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function clean(text: string): string {
  const shown = hiddenText === null ? text : text.replace(hiddenText, redaction)
  return secretForms.reduce((cleaned, [form, instead]) => cleaned.replace(form, instead), shown)
}

/** JSON lines: a fixed message and fields. Whatever looks like a secret, by its key or its form, is cut out. */
export function createLog(level: string): Log {
  const redact = winston.format((line) => Object.assign(line, redacted(line) as object))
  return winston.createLogger({
    level,
    format: winston.format.combine(
      winston.format.errors({ stack: true }),
      redact(),
      winston.format.timestamp(),
      winston.format.json(),
    ),
    transports: new winston.transports.Console({ stderrLevels: ['error', 'warn', 'info', 'debug'] }),
  })
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
  if (ArrayBuffer.isView(value)) return '[bytes]'
  if (Array.isArray(value)) return value.map((item) => redacted(item, depth + 1))
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
