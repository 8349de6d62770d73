import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { github } from '../../src/connectors/github/github.ts'
import type { Connector, Surroundings, Target } from '../../src/domain/connector.ts'
import { freeze } from '../support/freeze.ts'
import { startStandin } from '../support/standin.ts'
import { surroundings, type Harness, type Lacking } from '../../src/testing/contract.ts'

export interface GithubHarness extends Harness {
  /** With the app, unless the settings say otherwise. */
  connectWith(settings: object, changed?: Partial<Surroundings>): Connector
  /** Asks as somebody whom nothing is refused; rejects where it is not done. */
  admin(method: string, path: string, body?: object): Promise<unknown>
  /** Makes a team, and returns its number. */
  aTeam(team?: object): Promise<number>
  /** An account that is in no organization. */
  anOutsider(): Promise<string>
  /** A token of somebody in the organization. */
  aToken(
    kind: 'classic' | 'fine',
    rights: object,
    role?: 'admin' | 'member',
  ): Promise<{ token: string; login: string }>
  anInstallation(members: 'read' | 'write' | null, organization?: string): Promise<number>
  membership(team: number, login: string): Promise<string>
  readonly app: { readonly id: number; readonly installation: number; readonly key: string }
}

export const organization = 'acme'
const adminToken = 'admin-of-the-site'
const goodToken = 'github_pat_of+curfew='
export const short = () => randomBytes(4).toString('hex')
export const aKey = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  })
const withId = z.object({ id: z.number() })
const logins = z.array(z.string())
/** What stands in the middle of a key, on one line. */
const middleOf = (pem: string) => pem.split('\n')[5] ?? ''

/** The stand-in, on which Curfew is what the docs tell to make it: an app, or an owner with a token. */
export async function aGuardedGithub(by: 'app' | 'token'): Promise<GithubHarness> {
  const server = await startStandin('github', { tokens: [adminToken] })
  const origin = (port: number) => `http://127.0.0.1:${port}`
  async function ask(method: string, path: string, body?: object): Promise<Response> {
    return fetch(`${origin(server.port)}${path}`, {
      method,
      headers: { authorization: `Bearer ${adminToken}`, 'user-agent': 'tests' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  }
  async function admin(method: string, path: string, body?: object): Promise<unknown> {
    const answer = await ask(method, path, body)
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return answer.status === 204 ? undefined : answer.json()
  }

  await admin('POST', '/standin/organizations', { login: organization })
  const keys = aKey()
  const appId = withId.parse(await admin('POST', '/standin/apps', { slug: 'curfew', key: keys.publicKey })).id
  const anInstallation = async (members: 'read' | 'write' | null, where = organization) =>
    withId.parse(await admin('POST', '/standin/installations', { app: appId, organization: where, members }))
      .id
  const app = { id: appId, installation: await anInstallation('write'), key: keys.privateKey }
  await admin('POST', '/standin/users', { login: 'curfew-bot' })
  await admin('POST', '/standin/accept', { organization, login: 'curfew-bot' })
  await admin('PUT', `/orgs/${organization}/memberships/curfew-bot`, { role: 'admin' })
  await admin('POST', '/standin/tokens/fine', { token: goodToken, login: 'curfew-bot', members: 'write' })

  const hidden: string[] = []
  const connectWith = (settings: object, changed: Partial<Surroundings> = {}) => {
    const login =
      'token' in settings || 'app' in settings ? {} : by === 'app' ? { app } : { token: goodToken }
    const written = { url: origin(server.port), organization, ...login, ...settings }
    return github.connect(github.settings.parse(written), {
      ...surroundings(2_500),
      hide: (secret) => void hidden.push(secret),
      ...changed,
    })
  }
  const otherKey = aKey().privateKey

  const harness: GithubHarness = {
    port: server.port,
    get secrets() {
      return [goodToken, 'wrong-token', middleOf(app.key), middleOf(otherKey), ...hidden]
    },
    app,
    admin,
    connectWith,
    connect: () => connectWith({}),
    connectBy: (port) => connectWith({ url: origin(port) }),
    connectUnreachable: () => connectWith({ url: origin(1) }),
    connectWithBadCredentials: () =>
      connectWith(by === 'app' ? { app: { ...app, key: otherKey } } : { token: 'wrong-token' }),

    async aTeam(team = {}) {
      const made = await admin('POST', `/orgs/${organization}/teams`, { name: `DBA ${short()}`, ...team })
      return withId.parse(made).id
    },
    async anOutsider() {
      const login = `outsider-${short()}`
      await admin('POST', '/standin/users', { login })
      return login
    },
    async aToken(kind, rights, role = 'member') {
      const [login, token] = [await harness.aPrincipal(), `token-${short()}`]
      await admin('PUT', `/orgs/${organization}/memberships/${login}`, { role })
      await admin('POST', `/standin/tokens/${kind}`, { token, login, ...rights })
      return { token, login }
    },
    anInstallation,
    async membership(team, login) {
      const { id } = withId.parse(await admin('GET', `/orgs/${organization}`))
      const answer = await ask('GET', `/organizations/${id}/team/${team}/memberships/${login}`)
      if (answer.status === 404) return 'none'
      const { state, role } = z.object({ state: z.string(), role: z.string() }).parse(await answer.json())
      return `${state} ${role}`
    },
    // Logins have letters, digits and hyphens alone.
    async aPrincipal(name) {
      const login = name !== undefined && /^[\w-]+$/.test(name) ? name : `ada-${short()}`
      await admin('POST', '/standin/users', { login })
      await admin('POST', '/standin/accept', { organization, login })
      return login
    },
    async fill({ team }: Target, count) {
      const members = Array.from({ length: count }, (_, i) => `member-${short()}-${i}`)
      await admin('POST', '/standin/fill', { team, logins: members })
    },
    async vanish(principal) {
      await admin('DELETE', `/standin/users/${principal}`)
    },
    async aTarget() {
      const team = await harness.aTeam()
      return { target: { team }, sameTarget: { team } }
    },
    async vanishTarget({ team }) {
      const { id } = withId.parse(await admin('GET', `/orgs/${organization}`))
      await admin('DELETE', `/organizations/${id}/team/${String(team)}`)
    },
    async lacking() {
      const target = { team: await harness.aTeam() }
      const missing: Lacking = {
        connector: connectWith({}),
        target: { team: 1 },
        what: /^the team 1 does not exist in acme, or is hidden from Curfew$/,
        remedy: null,
      }
      if (by === 'app') {
        const reads = { ...app, installation: await anInstallation('read') }
        return [
          missing,
          {
            connector: connectWith({ app: reads }),
            target,
            what: /^the app curfew may not change who is in teams: it has the permission members: read$/,
            remedy: new RegExp(
              `accept it at http://.*/organizations/acme/settings/installations/${reads.installation}$`,
            ),
          },
        ]
      }
      const scoped = await harness.aToken('classic', { scopes: ['read:org', 'repo'] }, 'admin')
      const reader = await harness.aToken('fine', { members: 'read' }, 'admin')
      const member = await harness.aToken('classic', { scopes: ['write:org'] })
      return [
        missing,
        {
          connector: connectWith({ token: scoped.token }),
          target,
          what: /^the token of ada-\w+ has the scopes read:org, repo, and neither write:org nor admin:org$/,
          remedy: /the scope write:org/,
        },
        {
          connector: connectWith({ token: reader.token }),
          target,
          what: /^the token of ada-\w+ may not read or change who is in teams of acme$/,
          remedy: /Members: "Read and write" for acme/,
        },
        {
          connector: connectWith({ token: member.token }),
          target,
          what: /^ada-\w+, to whom the token belongs, may not change who is in the team DBA/,
          remedy: /^PUT http:.*\/orgs\/acme\/teams\/dba-\w+\/memberships\/ada-\w+ \{"role":"maintainer"\}$/,
        },
      ]
    },
    async reallyHolds(principal, { team }) {
      return logins.parse(await admin('GET', `/standin/members/${String(team)}`)).includes(principal)
    },
    async freeze() {
      const thaw = await freeze(server.pid)
      return async () => {
        thaw()
        // What had arrived while it was frozen is done with once it has answered what came after.
        for (let i = 0; i < 2; i += 1) await admin('GET', `/orgs/${organization}`)
      }
    },
    stop: server.stop,
  }
  return harness
}
