import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { okta } from '../../src/connectors/okta/okta.ts'
import type { Connector, Target } from '../../src/domain/connector.ts'
import { freeze } from '../support/freeze.ts'
import { startStandin } from '../support/standin.ts'
import { surroundings, type Harness } from '../../src/testing/contract.ts'

export interface OktaHarness extends Harness {
  connectWith(settings: object, hide?: (secret: string) => void): Connector
  /** Asks as somebody whom nothing is refused; rejects where it is not done. */
  admin(method: string, path: string, body?: object): Promise<unknown>
  aGroup(type?: string): Promise<string>
  idOf(principal: string): string
}

const adminToken = 'admin-of-the-organisation'
export const tokens = { good: '00t0ken-of+curfew=', reader: '00reader', members: '00members', none: '00none' }
const short = () => randomBytes(4).toString('hex')
const withId = z.object({ id: z.string() })
const loginsPage = z.array(z.object({ profile: z.object({ login: z.string() }) }))

/** The stand-in, on which Curfew's token has the roles that the docs tell to grant, and no other. */
export async function aGuardedOrganisation(): Promise<OktaHarness> {
  const server = await startStandin('okta', {
    tokens: [
      `${adminToken},admin@example.com,SUPER_ADMIN`,
      `${tokens.good},curfew@example.com,GROUP_MEMBERSHIP_ADMIN`,
      `${tokens.reader},reader@example.com,READ_ONLY_ADMIN`,
      `${tokens.members},members@example.com,GROUP_MEMBERSHIP_ADMIN`,
      `${tokens.none},none@example.com,`,
    ],
  })
  const origin = (port: number) => `http://127.0.0.1:${port}`
  const connectWith = (settings: object, hide: (secret: string) => void = () => undefined) =>
    okta.connect(okta.settings.parse({ url: origin(server.port), token: tokens.good, ...settings }), {
      ...surroundings(2_500),
      hide,
    })
  async function ask(method: string, path: string, body?: object): Promise<Response> {
    const answer = await fetch(`${origin(server.port)}${path}`, {
      method,
      headers: { authorization: `SSWS ${adminToken}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return answer
  }
  async function admin(method: string, path: string, body?: object): Promise<unknown> {
    const answer = await ask(method, path, body)
    return answer.status === 204 ? undefined : answer.json()
  }
  const curfew = withId.parse(await admin('GET', '/api/v1/users/curfew@example.com'))
  await admin('POST', `/api/v1/users/${curfew.id}/roles`, { type: 'READ_ONLY_ADMIN' })

  const ids = new Map<string, string>()
  const idOf = (principal: string) => ids.get(principal) ?? ''
  const harness: OktaHarness = {
    port: server.port,
    secrets: [tokens.good, encodeURIComponent(tokens.good), 'wrong-token'],
    admin,
    idOf,
    connectWith,
    connect: () => connectWith({}),
    connectBy: (port) => connectWith({ url: origin(port) }),
    connectUnreachable: () => connectWith({ url: origin(1) }),
    connectWithBadCredentials: () => connectWith({ token: 'wrong-token' }),

    async aGroup(type) {
      const path = type === undefined ? '/api/v1/groups' : '/standin/groups'
      const group = { profile: { name: `DBA ${short()}` }, ...(type === undefined ? {} : { type }) }
      return withId.parse(await admin('POST', path, group)).id
    },
    async aPrincipal(login = `ada-${short()}@example.com`) {
      const profile = { login, email: `${short()}@example.com` }
      ids.set(login, withId.parse(await admin('POST', '/api/v1/users', { profile })).id)
      return login
    },
    async fill({ group }: Target, count) {
      const logins = Array.from({ length: count }, (_, i) => `member-${short()}-${i}@example.com`)
      await admin('POST', '/standin/members', { group, logins })
    },
    async vanish(principal) {
      // The first time deactivates.
      for (let i = 0; i < 2; i += 1) await admin('DELETE', `/api/v1/users/${idOf(principal)}`)
    },
    async aTarget() {
      const group = await harness.aGroup()
      return { target: { group }, sameTarget: { group } }
    },
    async vanishTarget({ group }) {
      await admin('DELETE', `/api/v1/groups/${String(group)}`)
    },
    lacking: async () => {
      const group = await harness.aGroup()
      return [
        {
          connector: connectWith({ token: tokens.reader }),
          target: { group },
          what: /^reader@example.com, to whom the token belongs, may not change who is in the group DBA/,
          remedy: /^POST .*\/api\/v1\/users\/00u\w+\/roles \{"type":"GROUP_MEMBERSHIP_ADMIN"\}$/,
        },
        {
          connector: connectWith({ token: tokens.members }),
          target: { group },
          what: /^members@example.com, to whom the token belongs, may not read the group rules/,
          remedy: /\{"type":"READ_ONLY_ADMIN"\}, or write rules: false/,
        },
        {
          connector: connectWith({}),
          target: { group: '00gNoSuchGroup' },
          what: /^the group 00gNoSuchGroup does not exist$/,
          remedy: null,
        },
      ]
    },
    async reallyHolds(principal, { group }) {
      for (let after = ''; ;) {
        const answer = await ask('GET', `/api/v1/groups/${String(group)}/users?limit=1000${after}`)
        if (loginsPage.parse(await answer.json()).some(({ profile }) => profile.login === principal))
          return true
        const [, cursor] = /after=([^&>]+)[^>]*>; rel="next"/.exec(answer.headers.get('link') ?? '') ?? []
        if (cursor === undefined) return false
        after = `&after=${cursor}`
      }
    },
    async freeze() {
      const thaw = await freeze(server.pid)
      return async () => {
        thaw()
        // What had arrived while it was frozen is done with once it has answered what came after.
        for (let i = 0; i < 2; i += 1) await admin('GET', '/api/v1/users/me')
      }
    },
    stop: server.stop,
  }
  return harness
}
