import {
  MongoClient,
  MongoInvalidArgumentError,
  MongoMissingCredentialsError,
  MongoMissingDependencyError,
  MongoParseError,
  MongoServerError,
  type MongoClientOptions,
} from 'mongodb'
import { z } from 'zod'

/** No waiting makes MongoDB usable with what was set. Its words name no secret. */
export class Unusable extends Error {
  override readonly name = 'Unusable'
}

/** Throws `Unusable` for an address that the driver does not take; asks nobody. */
export function mustBeReadable(uri: string, options: MongoClientOptions): void {
  try {
    new MongoClient(uri, options)
  } catch (error) {
    throw new Unusable(`MONGODB_URI cannot be read: ${sayWithout(uri, error)}`, { cause: error })
  }
}

/** What waiting cannot mend, in words; null for an outage, which ends. */
export function whyAddressIsUnusable(uri: string, error: unknown): string | null {
  if (isWrong(error)) return `MONGODB_URI cannot work: ${sayWithout(uri, error)}`
  if (error instanceof MongoServerError) return refused(error)
  const code = codeOf(error)
  if (code === 'ENOENT' || code === 'EACCES')
    return `MONGODB_URI names a file that cannot be read (${code}), for TLS`
  return distrusted(error)
}

const isWrong = (error: unknown): boolean =>
  error instanceof MongoParseError ||
  error instanceof MongoInvalidArgumentError ||
  error instanceof MongoMissingCredentialsError ||
  error instanceof MongoMissingDependencyError

/** 13 is Unauthorized, 18 AuthenticationFailed, 8000 Atlas's own. */
function refused({ code }: MongoServerError): string | null {
  if (code === 18 || code === 8000) return 'MongoDB does not accept the login in MONGODB_URI'
  if (code === 13)
    return 'The login in MONGODB_URI may not use its database: it needs the role readWrite there'
  return null
}

const untrusted = /^(CERT_|DEPTH_ZERO|ERR_SSL_|ERR_TLS_CERT|SELF_SIGNED|UNABLE_TO_)|^EPROTO$/

/** What no server that could be selected was, of the driver's error or mongoose's. */
const unselected = z.object({
  reason: z.object({
    setName: z.string().nullable(),
    servers: z.map(z.string(), z.looseObject({ error: z.unknown() })),
  }),
})

/** When every server that was asked is one that we do not trust, or a member of another replica set. */
function distrusted(error: unknown): string | null {
  const { data } = unselected.safeParse(error)
  if (!data) return null
  const { setName, servers } = data.reason
  if (servers.size === 0 && setName !== null)
    return 'No server that MONGODB_URI names is a member of its replicaSet'
  const codes = [...servers.values()].map((server) => codeOf(server.error))
  if (codes.length === 0 || !codes.every((code) => untrusted.test(code))) return null
  return `No TLS connection to MongoDB can be made with MONGODB_URI (${[...new Set(codes)].join(', ')})`
}

const coded = z.object({ code: z.string() })
const caused = z.object({ cause: z.unknown() })

/** Its own code, or the nearest of its causes'. */
function codeOf(error: unknown): string {
  const own = coded.safeParse(error)
  if (own.success) return own.data.code
  const { data } = caused.safeParse(error)
  return data?.cause ? codeOf(data.cause) : ''
}

/** The driver's words, unless they repeat a part of the login. */
function sayWithout(uri: string, error: unknown): string {
  const words = error instanceof Error ? error.message : String(error)
  const login = uri.slice(uri.indexOf('://') + 3, Math.max(0, uri.lastIndexOf('@')))
  const parts = login.split(/[:@/]/).filter((part) => part.length > 2)
  return parts.some((part) => words.includes(part)) ? 'its login is not written as a URI wants it' : words
}
