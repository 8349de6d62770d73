import { randomBytes, verify } from 'node:crypto'
import { z } from 'zod'
import type { Asked, Route } from './ask.ts'
import type { App, Caller, Directory, Installation } from './directory.ts'
import { notFound, Refusal } from './refusal.ts'

const longestMs = 600_000
const claimsSchema = z.object({ iat: z.number(), exp: z.number(), iss: z.string() })
const headerSchema = z.object({ alg: z.literal('RS256'), typ: z.literal('JWT') })

const undecoded = () => new Refusal(401, 'A JSON web token could not be decoded')

/** Everybody's tokens. */
export class Tokens {
  readonly #directory: Directory
  readonly callers = new Map<string, Caller>()
  readonly #ends = new Map<string, number>()
  lifetimeSeconds = 3_600
  made = 0

  constructor(directory: Directory) {
    this.#directory = directory
  }

  caller(authorization: string | undefined): Caller {
    const [, token] = /^(?:Bearer|token) (\S+)$/.exec(authorization ?? '') ?? []
    if (token === undefined) throw new Refusal(401, 'Requires authentication')
    const known = this.callers.get(token)
    const isOver = (this.#ends.get(token) ?? Infinity) <= Date.now()
    if (known?.kind === 'installation' && known.installation.isSuspended)
      throw new Refusal(403, 'This installation has been suspended')
    if (known !== undefined && !isOver) return known
    if (token.split('.').length === 3) return { kind: 'app', app: this.#appOf(token) }
    throw new Refusal(401, 'Bad credentials')
  }

  make(installation: Installation): { token: string; expires_at: string; permissions: object } {
    const token = `ghs_${randomBytes(20).toString('hex')}`
    const endsAtMs = Date.now() + this.lifetimeSeconds * 1_000
    this.made += 1
    this.callers.set(token, { kind: 'installation', installation })
    this.#ends.set(token, endsAtMs)
    // To the second, as GitHub writes it.
    const expires = new Date(endsAtMs).toISOString().replace(/\.\d+Z$/, 'Z')
    return { token, expires_at: expires, permissions: permissionsOf(installation) }
  }

  /** Ends the tokens of an installation. */
  expire(installation: number): void {
    for (const [token, caller] of this.callers)
      if (caller.kind === 'installation' && caller.installation.id === installation)
        this.callers.delete(token)
  }

  #appOf(token: string): App {
    const [head = '', claims = '', signature = ''] = token.split('.')
    const read = (part: string): unknown => {
      try {
        return JSON.parse(Buffer.from(part, 'base64url').toString())
      } catch {
        throw undecoded()
      }
    }
    const said = claimsSchema.safeParse(read(claims)).data
    if (said === undefined || !headerSchema.safeParse(read(head)).success) throw undecoded()
    const app = this.#directory.apps.get(Number(said.iss))
    if (app === undefined) throw new Refusal(404, 'Integration not found')
    if (!verify('RSA-SHA256', Buffer.from(`${head}.${claims}`), app.key, Buffer.from(signature, 'base64url')))
      throw undecoded()
    const nowMs = Date.now()
    if (said.exp * 1_000 <= nowMs)
      throw new Refusal(401, "'Expiration time' claim ('exp') must be a numeric value in the future")
    if (said.exp * 1_000 > nowMs + longestMs)
      throw new Refusal(401, "'Expiration time' claim ('exp') is too far in the future")
    if (said.iat * 1_000 > nowMs)
      throw new Refusal(401, "'Issued at' claim ('iat') must be an Integer representing a time in the past")
    return app
  }
}

const permissionsOf = ({ members }: Installation) => (members === null ? {} : { members })

/** What an app asks as itself. */
export function appRoutes(directory: Directory, tokens: Tokens): readonly Route[] {
  const installation = ({ who, ids }: Asked): Installation => {
    if (who.kind !== 'app') throw undecoded()
    const found = directory.installations.get(Number(ids[0]))
    if (found?.app !== who.app) throw notFound()
    return found
  }
  return [
    [
      'GET /app/installations/*',
      (asked) => {
        const found = installation(asked)
        const { id, app, organization, isSuspended } = found
        const page = `${asked.origin}/organizations/${organization.login}/settings/installations/${id}`
        return [
          200,
          {
            id,
            app_slug: app.slug,
            account: { id: organization.id, login: organization.login },
            permissions: permissionsOf(found),
            html_url: page,
            suspended_at: isSuspended ? new Date().toISOString() : null,
          },
        ]
      },
    ],
    [
      'POST /app/installations/*/access_tokens',
      (asked) => {
        const found = installation(asked)
        if (found.isSuspended) throw new Refusal(403, 'This installation has been suspended')
        return [201, tokens.make(found)]
      },
    ],
  ]
}
