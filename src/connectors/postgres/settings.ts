import { z } from 'zod'
import type { Target } from '../../domain/connector.ts'
import { secret } from '../secret.ts'

/** Longer names are cut silently by the server, and may be another's then. */
const mostNameBytes = 63

export const isName = (text: string): boolean =>
  text !== '' && !text.includes('\0') && Buffer.byteLength(text) <= mostNameBytes

const name = z.string().refine(isName, `must be a name of 1 to ${mostNameBytes} bytes`)

const url = z
  .string()
  .refine(isAddress, 'must be postgres://user@host:port/database, with nothing after it but ?sslmode=disable')

export const postgresSettings = z.strictObject({
  url,
  /** Of the login in `url`; left out where the server asks for none. */
  password: secret.optional(),
  /** The NOLOGIN role in whose name memberships are given: they stay Curfew's when its login is replaced. */
  owner: name,
  /** Whether a person's sessions are ended after their role was taken. */
  cut: z.boolean().default(false),
  /** Certificates in PEM that are trusted beside the usual ones. */
  ca: secret.optional(),
})

export type PostgresSettings = z.infer<typeof postgresSettings>

export const postgresTarget = z.strictObject({
  role: name,
  /** `temporary`: a login that is made for the time of the grant. Left out: people have a login of their own. */
  login: z.literal('temporary').optional(),
})

export const roleOf = (target: Target): string => postgresTarget.parse(target).role

export const isTemporary = (target: Target): boolean => postgresTarget.parse(target).login === 'temporary'

export interface Address {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  readonly hasTls: boolean
}

/** Read here and not by the driver, whose connection strings may name files, sockets and options of the session. */
export function addressOf(text: string): Address | null {
  const parsed = URL.canParse(text) ? new URL(text) : null
  if (!parsed || !/^postgres(ql)?:$/.test(parsed.protocol)) return null
  if (parsed.hostname === '' || parsed.username === '' || parsed.password !== '' || parsed.hash) return null
  const database = decoded(parsed.pathname.slice(1))
  const user = decoded(parsed.username)
  if (!database || !user || !isName(database) || !isName(user)) return null
  const options = [...parsed.searchParams]
  const isPlain = options.length === 1 && options[0]?.join('=') === 'sslmode=disable'
  if (options.length > 0 && !isPlain) return null
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? 5_432 : Number(parsed.port),
    user,
    database,
    hasTls: !isPlain,
  }
}

function isAddress(text: string): boolean {
  return addressOf(text) !== null
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}
