import winston from 'winston'
import type { Log } from './domain/ports.ts'

const secretKey = /token|secret|password|authorization|cookie|private_?key|state\.?values|^view$/i
const secretText =
  /xox[a-z]-[\w-]+|xapp-[\w-]+|whsec_[\w+/=]+|Bearer\s+\S+|(?<=:\/\/[^\s:/@]*:)[^\s@/]+(?=@)/g

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
  if (typeof value === 'string') return value.replace(secretText, '[redacted]')
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  if (depth > 6) return '[deep]'
  if (value instanceof Error) {
    const { name, message, stack, cause } = value
    return redacted({ name, message, stack, ...(cause === undefined ? {} : { cause }) }, depth + 1)
  }
  if (Array.isArray(value)) return value.map((item) => redacted(item, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      secretKey.test(key) ? '[redacted]' : redacted(item, depth + 1),
    ]),
  )
}
