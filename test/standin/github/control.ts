import { createPublicKey } from 'node:crypto'
import { z } from 'zod'
import { parsed, type Route } from './ask.ts'
import { slugOf, type Directory } from './directory.ts'
import type { Tokens } from './login.ts'
import { notFound } from './refusal.ts'

const right = z.enum(['read', 'write']).nullable()
const named = z.strictObject({ login: z.string() })
const limitSchema = z.strictObject({
  status: z.union([z.literal(403), z.literal(429)]),
  kind: z.enum(['hour', 'moment', 'moment without a time']),
  seconds: z.number(),
})

/** Calls that are refused until a limit is over. */
export interface Limit {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly message: string
  readonly endsAtMs: number
}

/** What tests do here by hand, below /standin/. */
export interface Control {
  limit: Limit | null
  refusedCalls: number
  /** Who leaves the organization as soon as they were looked up in it. */
  leaves: string | null
  readonly routes: readonly Route[]
}

export function controlOf(directory: Directory, tokens: Tokens): Control {
  const known = <T>(one: T | undefined | null): T => {
    if (one === undefined || one === null) throw notFound()
    return one
  }
  const control: { -readonly [K in keyof Control]: Control[K] } = {
    limit: null,
    refusedCalls: 0,
    leaves: null,
    routes: [],
  }
  control.routes = [
    ['POST /standin/users', ({ body }) => [200, directory.addUser(parsed(named, body).login)]],
    [
      'PATCH /standin/users/*',
      ({ ids, body }) => {
        known(directory.user(ids[0] ?? '')).login = parsed(named, body).login
        return [200, {}]
      },
    ],
    [
      'DELETE /standin/users/*',
      ({ ids }) => {
        directory.deleteUser(known(directory.user(ids[0] ?? '')))
        return [204]
      },
    ],
    [
      'POST /standin/organizations',
      ({ body }) => {
        const { id } = directory.addOrganization(parsed(named, body).login)
        return [200, { id }]
      },
    ],
    [
      'POST /standin/accept',
      ({ body }) => {
        const said = parsed(z.strictObject({ organization: z.string(), login: z.string() }), body)
        directory.accept(known(directory.organization(said.organization)), known(directory.user(said.login)))
        return [200, {}]
      },
    ],
    [
      'POST /standin/leaves',
      ({ body }) => {
        control.leaves = parsed(named, body).login
        return [200, {}]
      },
    ],
    [
      'POST /standin/fill',
      ({ body }) => {
        const said = parsed(z.strictObject({ team: z.number(), logins: z.array(z.string()) }), body)
        const team = known(directory.teams.get(said.team))
        for (const login of said.logins) {
          const user = directory.addUser(login)
          team.organization.members.set(user, 'member')
          team.members.set(user, 'member')
        }
        return [200, {}]
      },
    ],
    [
      'GET /standin/members/*',
      ({ ids }) => {
        const members = directory.teams.get(Number(ids[0]))?.members.keys() ?? []
        return [200, [...members].map(({ login }) => login)]
      },
    ],
    [
      'POST /standin/filled',
      ({ body }) => {
        const way = z.enum(['external-groups', 'team-sync'])
        const said = parsed(z.strictObject({ team: z.number(), way, group: z.string() }), body)
        known(directory.teams.get(said.team)).filledBy = { way: said.way, group: said.group }
        return [200, {}]
      },
    ],
    [
      'POST /standin/enterprise-teams',
      ({ body }) => {
        const said = parsed(z.strictObject({ organization: z.string(), name: z.string() }), body)
        const id = directory.nextId()
        directory.teams.set(id, {
          id,
          organization: known(directory.organization(said.organization)),
          name: said.name,
          slug: `ent:${slugOf(said.name)}`,
          parent: null,
          privacy: 'closed',
          type: 'enterprise',
          members: new Map(),
          pending: new Set(),
          filledBy: null,
        })
        return [200, { id }]
      },
    ],
    [
      'POST /standin/apps',
      ({ body }) => {
        const { slug, key } = parsed(z.strictObject({ slug: z.string(), key: z.string() }), body)
        const app = { id: directory.nextId(), slug, key: createPublicKey(key) }
        directory.apps.set(app.id, app)
        return [200, { id: app.id }]
      },
    ],
    [
      'POST /standin/installations',
      ({ body }) => {
        const said = parsed(
          z.strictObject({ app: z.number(), organization: z.string(), members: right }),
          body,
        )
        const id = directory.nextId()
        directory.installations.set(id, {
          id,
          app: known(directory.apps.get(said.app)),
          organization: known(directory.organization(said.organization)),
          members: said.members,
          isSuspended: false,
        })
        return [200, { id }]
      },
    ],
    [
      'PATCH /standin/installations/*',
      ({ ids, body }) => {
        const said = parsed(
          z.strictObject({ members: right.optional(), suspended: z.boolean().optional() }),
          body,
        )
        const installation = known(directory.installations.get(Number(ids[0])))
        if (said.members !== undefined) installation.members = said.members
        if (said.suspended !== undefined) installation.isSuspended = said.suspended
        return [200, {}]
      },
    ],
    [
      'POST /standin/tokens/classic',
      ({ body }) => {
        const said = parsed(
          z.strictObject({
            token: z.string(),
            login: z.string(),
            scopes: z.array(z.string()),
            sso: z.boolean().default(true),
          }),
          body,
        )
        const user = known(directory.user(said.login))
        tokens.callers.set(said.token, { kind: 'classic', user, scopes: said.scopes, sso: said.sso })
        return [200, {}]
      },
    ],
    [
      'POST /standin/tokens/fine',
      ({ body }) => {
        const said = parsed(z.strictObject({ token: z.string(), login: z.string(), members: right }), body)
        const user = known(directory.user(said.login))
        tokens.callers.set(said.token, { kind: 'fine', user, members: said.members, sso: true })
        return [200, {}]
      },
    ],
    [
      'POST /standin/tokens/expire',
      ({ body }) => {
        tokens.expire(parsed(z.strictObject({ installation: z.number() }), body).installation)
        return [200, {}]
      },
    ],
    [
      'POST /standin/tokens/lifetime',
      ({ body }) => {
        tokens.lifetimeSeconds = parsed(z.strictObject({ seconds: z.number() }), body).seconds
        return [200, {}]
      },
    ],
    ['GET /standin/tokens/made', () => [200, { made: tokens.made }]],
    [
      'POST /standin/limit',
      ({ body }) => {
        const { status, kind, seconds } = parsed(limitSchema, body)
        const endsAtMs = Math.ceil(Date.now() / 1_000 + seconds) * 1_000
        control.refusedCalls = 0
        control.limit = {
          status,
          endsAtMs,
          message:
            kind === 'hour'
              ? 'API rate limit exceeded for installation ID 1.'
              : 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
          headers: {
            ...(kind === 'moment' ? { 'retry-after': String(seconds) } : {}),
            'x-ratelimit-remaining': kind === 'hour' ? '0' : '4999',
            'x-ratelimit-reset': String(kind === 'hour' ? endsAtMs / 1_000 : Date.now() + 3_600),
          },
        }
        return [200, {}]
      },
    ],
    [
      'DELETE /standin/limit',
      () => {
        control.limit = null
        return [204]
      },
    ],
    ['GET /standin/limit', () => [200, { refusedCalls: control.refusedCalls }]],
  ]
  return control
}
