import { createEmulator, type Emulator } from 'emulate'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, request as passOn, type RequestListener, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { lackOf } from '../../src/connectors/github/check-login.ts'
import { Refused } from '../../src/connectors/github/failure.ts'
import { github } from '../../src/connectors/github/github.ts'
import type { Connector, Lack, Surroundings } from '../../src/domain/connector.ts'
import {
  call,
  connectorContract,
  everyHolder,
  failureOf,
  giveCall,
  surroundings,
} from '../../src/testing/contract.ts'
import { aGuardedGithub, aKey, organization, short, type GithubHarness } from './github-harness.ts'

const untried = { names: 'a login has letters, digits and hyphens, and no others' }

connectorContract('github as an app (stand-in)', () => aGuardedGithub('app'), { untried })
connectorContract('github by a token (stand-in)', () => aGuardedGithub('token'), { untried })

const soon = () => AbortSignal.timeout(5_000)
const withId = z.object({ id: z.number() })
const permanent = { retryable: false, happened: 'no' }

describe('github', () => {
  let system: GithubHarness
  let connector: Connector
  beforeAll(async () => {
    system = await aGuardedGithub('app')
    connector = system.connect()
  })
  afterAll(async () => {
    await connector.close()
    await system.stop()
  })
  const aPlace = async () => ({
    principal: await system.aPrincipal(),
    target: { team: await system.aTeam() },
  })
  const numberOf = async () => withId.parse(await system.admin('GET', `/orgs/${organization}`)).id
  const byHand = async (method: string, team: number, login: string, body?: object) =>
    system.admin(method, `/organizations/${await numberOf()}/team/${team}/memberships/${login}`, body)
  const invitations = async () =>
    z
      .array(z.object({ login: z.string() }))
      .parse(await system.admin('GET', `/orgs/${organization}/invitations?per_page=100`))
      .map(({ login }) => login)
  const has = (principal: string, target: { team: number }) =>
    connector.has({ principal, target, signal: soon() })
  const lacksOf = (target: { team: number }, by = connector) =>
    by.check({ targets: [target], signal: soon() })

  describe('invitations', () => {
    test('who is not in the organization is refused, and nobody invites them', async () => {
      const target = { team: await system.aTeam() }
      const principal = await system.anOutsider()
      const failure = await failureOf(connector.give(giveCall(principal, target)))
      expect(failure).toMatchObject(permanent)
      expect(failure.message).toContain('they are not in the organization acme')
      expect(await invitations()).not.toContain(principal)
      expect(await system.membership(target.team, principal)).toBe('none')
    })

    test('who has not accepted yet is refused, and keeps the invitation', async () => {
      const target = { team: await system.aTeam() }
      const principal = await system.anOutsider()
      await system.admin('PUT', `/orgs/${organization}/memberships/${principal}`, { role: 'member' })
      const failure = await failureOf(connector.give(giveCall(principal, target)))
      expect(failure).toMatchObject(permanent)
      expect(failure.message).toContain('they have not accepted their invitation')
      expect(await invitations()).toContain(principal)
    })

    test('what is pending is not held, and a take ends it', async () => {
      const target = { team: await system.aTeam() }
      const principal = await system.anOutsider()
      await byHand('PUT', target.team, principal, { role: 'member' })
      const before = await system.membership(target.team, principal)
      const held = [await has(principal, target), await everyHolder(connector, target)]
      await connector.take(call(principal, target))
      await system.admin('POST', '/standin/accept', { organization, login: principal })
      expect([before, held]).toEqual(['pending member', [false, []]])
      expect(await system.membership(target.team, principal)).toBe('none')
    })

    /** Before the stand-in: GitHub's part that ends things is out of order so often. */
    async function withoutEnding(times: number, login: object = {}) {
      let refusals = times
      const gate = createServer((request, response) => {
        if (request.method === 'DELETE' && refusals > 0) {
          refusals -= 1
          response.writeHead(502).end()
          return
        }
        const { host: _host, ...headers } = request.headers
        const passed = passOn(
          { host: '127.0.0.1', port: system.port, path: request.url, method: request.method, headers },
          (answer) => {
            response.writeHead(answer.statusCode ?? 500, answer.headers)
            answer.pipe(response)
          },
        )
        request.pipe(passed)
      })
      const behind = system.connectWith({ url: await listening(gate), ...login })
      const close = async () => {
        await behind.close()
        gate.closeAllConnections()
        gate.close()
      }
      return { behind, close }
    }

    test.each([1, 2, 3])(
      'one of Curfew’s own that could not be called back at first is called back by the next give (%i)',
      async (times) => {
        const { principal, target } = await aPlace()
        const { behind, close } = await withoutEnding(times)
        await system.admin('POST', '/standin/leaves', { login: principal })
        const failures = []
        for (let i = 0; i <= times; i += 1)
          failures.push(await failureOf(behind.give(giveCall(principal, target))))
        await close()
        const last = failures.pop()
        for (const failure of failures)
          expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
        expect(last).toMatchObject(permanent)
        expect(last?.message).toContain('they left the organization')
        expect(await invitations()).not.toContain(principal)
      },
    )

    test.each(['app', 'token'] as const)(
      'one of Curfew’s own, as its %s, that could not be called back is called back by the take',
      async (by) => {
        const { principal, target } = await aPlace()
        const { token } = await system.aToken('classic', { scopes: ['admin:org'] }, 'admin')
        const { behind, close } = await withoutEnding(1, by === 'token' ? { token } : {})
        await system.admin('POST', '/standin/leaves', { login: principal })
        await failureOf(behind.give(giveCall(principal, target)))
        const before = await invitations()
        await behind.take(call(principal, target))
        await close()
        expect([before.includes(principal), await invitations()]).toEqual([
          true,
          expect.not.arrayContaining([principal]),
        ])
      },
    )

    test('one by others into the organization outlives the take', async () => {
      const target = { team: await system.aTeam() }
      const principal = await system.anOutsider()
      await system.admin('PUT', `/orgs/${organization}/memberships/${principal}`, { role: 'member' })
      await connector.take(call(principal, target))
      expect(await invitations()).toContain(principal)
    })

    test('of who leaves the organization in between no invitation stays', async () => {
      const { principal, target } = await aPlace()
      // More than a page of others is invited.
      for (let i = 0; i < 101; i += 1) {
        const login = await system.anOutsider()
        await system.admin('PUT', `/orgs/${organization}/memberships/${login}`, { role: 'member' })
      }
      await system.admin('POST', '/standin/leaves', { login: principal })
      const failure = await failureOf(connector.give(giveCall(principal, target)))
      expect(failure).toMatchObject(permanent)
      expect(failure.message).toContain('they left the organization')
      const second = await system.admin('GET', `/orgs/${organization}/invitations?per_page=100&page=2`)
      expect(JSON.stringify([await invitations(), second])).not.toContain(principal)
      expect(await system.membership(target.team, principal)).toBe('none')
    })
  })

  describe('who was there before', () => {
    test('a maintainer who is given the team stays one', async () => {
      const { principal, target } = await aPlace()
      await byHand('PUT', target.team, principal, { role: 'maintainer' })
      await connector.give(giveCall(principal, target))
      expect(await system.membership(target.team, principal)).toBe('active maintainer')
      expect(await has(principal, target)).toBe(true)
    })

    test('an owner of the organization is given it and taken out as anybody is', async () => {
      const { principal, target } = await aPlace()
      await system.admin('PUT', `/orgs/${organization}/memberships/${principal}`, { role: 'admin' })
      const before = await has(principal, target)
      await connector.give(giveCall(principal, target))
      const between = [await has(principal, target), await system.membership(target.team, principal)]
      await connector.take(call(principal, target))
      expect([before, between]).toEqual([false, [true, 'active maintainer']])
      expect(await system.membership(target.team, principal)).toBe('none')
    })

    test('a login is one person, however it is written', async () => {
      const { target } = await aPlace()
      const principal = await system.aPrincipal(`Ada-${short()}`)
      await connector.give(giveCall(principal.toLowerCase(), target))
      const held = [await has(principal.toUpperCase(), target), await everyHolder(connector, target)]
      await connector.take(call(principal.toUpperCase(), target))
      expect(held).toEqual([true, [principal]])
      expect(await system.membership(target.team, principal)).toBe('none')
    })
  })

  describe('teams below a team', () => {
    async function aTree() {
      const above = await system.aTeam()
      const below = await system.aTeam({ parent_team_id: above })
      return { above: { team: above }, below: { team: below } }
    }

    test('who is in a team below does not hold the one above, and is not listed there', async () => {
      const { above, below } = await aTree()
      const [principal, other] = [await system.aPrincipal(), await system.aPrincipal()]
      await connector.give(giveCall(principal, below))
      await connector.give(giveCall(other, above))
      expect(await system.membership(above.team, principal)).toBe('active member')
      expect([await has(principal, above), await has(principal, below)]).toEqual([false, true])
      expect([await has(other.toUpperCase(), above), await has(other, below)]).toEqual([true, false])
      expect([await everyHolder(connector, above), await everyHolder(connector, below)]).toEqual([
        [other],
        [principal],
      ])
    })

    test('both are given and taken apart', async () => {
      const { above, below } = await aTree()
      const principal = await system.aPrincipal()
      await byHand('PUT', below.team, principal, { role: 'member' })
      await connector.give(giveCall(principal, above))
      const given = await system.reallyHolds(principal, above)
      await connector.take(call(principal, above))
      await connector.take(call(principal, above))
      expect([given, await system.reallyHolds(principal, above)]).toEqual([true, false])
      expect([await has(principal, above), await system.reallyHolds(principal, below)]).toEqual([false, true])
    })

    test('more than a page of those in the team itself are listed, and found', async () => {
      const { above, below } = await aTree()
      const principal = await system.aPrincipal()
      await connector.give(giveCall(principal, below))
      await system.fill(above, 250)
      const last = await system.aPrincipal()
      await connector.give(giveCall(last, above))
      const listed = await everyHolder(connector, above)
      expect([listed.length, listed.includes(principal), await has(last, above)]).toEqual([251, false, true])
    })
  })

  describe('what a 404 hides', () => {
    test('a team that was renamed is the same team', async () => {
      const { principal, target } = await aPlace()
      await connector.give(giveCall(principal, target))
      await system.admin('PATCH', `/organizations/${await numberOf()}/team/${target.team}`, {
        name: `Renamed ${short()}`,
      })
      const held = await has(principal, target)
      await connector.take(call(principal, target))
      expect([held, await system.reallyHolds(principal, target)]).toEqual([true, false])
    })

    test('a secret team that is hidden from a maintainer no more is not taken for gone', async () => {
      const target = { team: await system.aTeam({ privacy: 'secret' }) }
      const { token, login } = await system.aToken('classic', { scopes: ['write:org'] })
      const principal = await system.aPrincipal()
      await byHand('PUT', target.team, login, { role: 'maintainer' })
      const weak = system.connectWith({ token })
      await weak.give(giveCall(principal, target))
      await byHand('DELETE', target.team, login)
      const failures = [
        await failureOf(weak.take(call(principal, target))),
        await failureOf(weak.has({ principal, target, signal: soon() })),
      ]
      await weak.close()
      for (const failure of failures) {
        expect(failure).toMatchObject(permanent)
        expect(failure.message).toContain('it may be hidden from the owner of the token')
      }
      expect(await system.reallyHolds(principal, target)).toBe(true)
    })

    test('a token whose scope shrank is not told that somebody is gone', async () => {
      const { principal, target } = await aPlace()
      const { token, login } = await system.aToken('classic', { scopes: ['write:org'] }, 'admin')
      const weak = system.connectWith({ token })
      await weak.give(giveCall(principal, target))
      const failures = []
      for (const scopes of [['read:org'], ['repo']]) {
        await system.admin('POST', '/standin/tokens/classic', { token, login, scopes })
        failures.push(await failureOf(weak.take(call(principal, target))))
      }
      const look = await failureOf(weak.has({ principal, target, signal: soon() }))
      await weak.close()
      for (const failure of [...failures, look]) expect(failure).toMatchObject(permanent)
      expect(failures[0]?.message).toContain('Curfew lacks the right')
      expect(await system.reallyHolds(principal, target)).toBe(true)
    })

    test('an organization that is not there is no team that is gone', async () => {
      const { principal, target } = await aPlace()
      const elsewhere = system.connectWith({ organization: 'no-such-organization' })
      const failures = [
        await failureOf(elsewhere.take(call(principal, target))),
        await failureOf(elsewhere.has({ principal, target, signal: soon() })),
      ]
      await elsewhere.close()
      for (const failure of failures) {
        expect(failure).toMatchObject(permanent)
        expect(failure.message).toContain('the organization no-such-organization: it does not exist')
      }
    })

    test("an organization of others, to which Curfew's name for its own went over, is not believed", async () => {
      const { principal, target } = await aPlace()
      await system.admin('POST', '/standin/organizations', { login: 'acme-of-others' })
      const elsewhere = system.connectWith({ organization: 'acme-of-others' })
      const failures = [
        await failureOf(elsewhere.take(call(principal, target))),
        await failureOf(elsewhere.has({ principal, target, signal: soon() })),
      ]
      const lacks = await lacksOf(target, elsewhere)
      await elsewhere.close()
      for (const failure of failures) expect(failure).toMatchObject(permanent)
      expect(lacks.map(({ what }) => what)).toEqual([
        'the installation of the app curfew is in acme, and not in acme-of-others',
      ])
    })
  })

  describe('teams that are not the organization’s to fill', () => {
    test.each(['external-groups', 'team-sync'])(
      'one that an identity provider fills by %s is refused until that is ended',
      async (way) => {
        const { principal, target } = await aPlace()
        await system.admin('POST', '/standin/filled', { team: target.team, way, group: 'Engineers' })
        const failure = await failureOf(connector.give(giveCall(principal, target)))
        const lacks = await lacksOf(target)
        await follow(lacks)
        await connector.give(giveCall(principal, target))
        expect(failure).toMatchObject(permanent)
        expect(failure.message).toContain('managed by your identity provider')
        // Whether the app may change who is in the team is asked of the team itself.
        expect(lacks.map(({ what }) => what)).toEqual([
          expect.stringMatching(/^the group Engineers of the identity provider says who is in the team DBA/),
        ])
        expect(await lacksOf(target)).toEqual([])
      },
    )

    test('one of the enterprise is refused for good, and by the check', async () => {
      const principal = await system.aPrincipal()
      const { id } = withId.parse(
        await system.admin('POST', '/standin/enterprise-teams', { organization, name: 'Everybody' }),
      )
      const failure = await failureOf(connector.give(giveCall(principal, { team: id })))
      expect(failure).toMatchObject(permanent)
      expect(failure.message).toContain('it belongs to the enterprise')
      expect((await lacksOf({ team: id })).map(({ what }) => what)).toEqual([
        'the team Everybody belongs to the enterprise, which says who is in it',
      ])
    })

    test('a token without single sign-on is refused, and the way there is told to nobody', async () => {
      const { principal, target } = await aPlace()
      const { token, login } = await system.aToken('classic', { scopes: ['admin:org'], sso: false }, 'admin')
      const weak = system.connectWith({ token })
      const failures = [
        await failureOf(weak.give(giveCall(principal, target))),
        await failureOf(weak.take(call(principal, target))),
      ]
      const lacks = await lacksOf(target, weak)
      await weak.close()
      expect(lacks).toEqual([
        {
          what: `the token of ${login} is not authorized for the single sign-on of acme`,
          remedy: `Configure SSO of the token, at http://127.0.0.1:${system.port}/settings/tokens`,
        },
      ])
      for (const failure of failures) {
        expect(failure).toMatchObject(permanent)
        expect(failure.message).toContain("is not authorized for the organization's single sign-on")
        expect(failure.message).not.toContain('authorization_request')
      }
    })
  })

  describe('people who are known by the number of their account', () => {
    test('who takes another login is the same person', async () => {
      const team = await system.aTeam()
      const login = await system.aPrincipal()
      const { id } = withId.parse(await system.admin('GET', `/users/${login}`))
      const byNumber = system.connectWith({ people: 'id' })
      const place = { principal: String(id), target: { team } }
      await byNumber.give(giveCall(place.principal, place.target))
      const renamed = `renamed-${short()}`
      await system.admin('PATCH', `/standin/users/${login}`, { login: renamed })
      // Whoever takes the old login is somebody else.
      await system.aPrincipal(login)
      const held = await byNumber.has({ ...place, signal: soon() })
      const listed = await everyHolder(byNumber, place.target)
      await byNumber.take(call(place.principal, place.target))
      await byNumber.close()
      expect([held, listed]).toEqual([true, [place.principal]])
      expect(await system.reallyHolds(renamed, place.target)).toBe(false)
    })

    test.each(['0', '-1', 'ada', '1.5', '../orgs'])('%s is the number of nobody', async (principal) => {
      const target = { team: await system.aTeam() }
      const byNumber = system.connectWith({ people: 'id' })
      const failure = await failureOf(byNumber.give(giveCall(principal, target)))
      const held = await byNumber.has({ principal, target, signal: soon() })
      await byNumber.close()
      expect(failure).toMatchObject(permanent)
      expect(failure.message).toContain('nobody is called so')
      expect(held).toBe(false)
    })
  })

  describe('limits', () => {
    const limit = (status: 403 | 429, kind: string) =>
      system.admin('POST', '/standin/limit', { status, kind, seconds: 1 })
    afterEach(() => system.admin('DELETE', '/standin/limit'))

    test.each([
      [403, 'moment'],
      [429, 'moment'],
      [403, 'hour'],
      [429, 'hour'],
    ] as const)(
      'once GitHub says %i for a limit of the %s, nothing is asked until it is over',
      async (status, kind) => {
        const { principal, target } = await aPlace()
        const patient = system.connect()
        await patient.give(giveCall(principal, target))
        await limit(status, kind)
        const failures = []
        for (let i = 0; i < 3; i += 1) failures.push(await failureOf(patient.take(call(principal, target))))
        const asked = await system.admin('GET', '/standin/limit')
        await untilSo(async () => {
          await patient.take(call(principal, target))
        })
        await patient.close()
        for (const failure of failures) expect(failure).toMatchObject({ retryable: true, happened: 'no' })
        expect(failures.map(({ message }) => message)).toEqual([
          expect.stringContaining(`it was asked too often (${status})`),
          expect.stringMatching(/is asked again in [12] s$/),
          expect.stringMatching(/is asked again in [12] s$/),
        ])
        expect([asked, await system.reallyHolds(principal, target)]).toEqual([{ refusedCalls: 1 }, false])
      },
    )

    test('one that names no time is waited out for a minute', async () => {
      const { principal, target } = await aPlace()
      const patient = system.connect()
      await patient.give(giveCall(principal, target))
      await limit(403, 'moment without a time')
      await failureOf(patient.take(call(principal, target)))
      const failure = await failureOf(patient.take(call(principal, target)))
      await patient.close()
      expect(failure.message).toMatch(/is asked again in (60|59) s$/)
    })

    test('one that is met while signing in changes nothing, and is tried again', async () => {
      const { principal, target } = await aPlace()
      const fresh = system.connect()
      await limit(403, 'moment')
      const failure = await failureOf(fresh.give(giveCall(principal, target)))
      await fresh.close()
      expect(failure).toMatchObject({ retryable: true, happened: 'no' })
    })
  })

  describe('as an app', () => {
    const made = async () =>
      z.object({ made: z.number() }).parse(await system.admin('GET', '/standin/tokens/made')).made

    test('one token serves all calls', async () => {
      const target = { team: await system.aTeam() }
      const people = await Promise.all(Array.from({ length: 10 }, () => system.aPrincipal()))
      const before = await made()
      const fresh = system.connect()
      await Promise.all(people.map((principal) => fresh.give(giveCall(principal, target))))
      await Promise.all(people.map((principal) => fresh.take(call(principal, target))))
      await fresh.close()
      expect((await made()) - before).toBe(1)
    })

    test('another is made shortly before its end, by the time that Curfew goes by', async () => {
      const { principal, target } = await aPlace()
      let aheadMs = 0
      await system.admin('POST', '/standin/tokens/lifetime', { seconds: 330 })
      const before = await made()
      const fresh = system.connectWith({}, { now: () => new Date(Date.now() + aheadMs) })
      const look = () => fresh.has({ principal, target, signal: soon() })
      await look()
      await look()
      const first = (await made()) - before
      aheadMs = 45_000
      await system.admin('POST', '/standin/tokens/lifetime', { seconds: 3_600 })
      await look()
      await look()
      await fresh.close()
      expect([first, (await made()) - before]).toEqual([1, 2])
    })

    test('one that ends early is made anew, and the call is done all the same', async () => {
      const { principal, target } = await aPlace()
      let aheadMs = 0
      const installation = await system.anInstallation('write')
      const fresh = system.connectWith(
        { app: { ...system.app, installation } },
        { now: () => new Date(Date.now() + aheadMs) },
      )
      await fresh.give(giveCall(principal, target))
      await system.admin('POST', '/standin/tokens/expire', { installation })
      aheadMs = 31_000
      await fresh.take(call(principal, target))
      await fresh.close()
      expect(await system.reallyHolds(principal, target)).toBe(false)
    })

    test('what is signed is dated by the time that Curfew goes by', async () => {
      const { principal, target } = await aPlace()
      const ages = [-7_200_000, 7_200_000]
      for (const ms of ages) {
        const wrong = system.connectWith({}, { now: () => new Date(Date.now() + ms) })
        const failure = await failureOf(wrong.give(giveCall(principal, target)))
        await wrong.close()
        expect(failure).toMatchObject(permanent)
        expect(failure.message).toContain("did not accept Curfew's private key")
      }
    })

    test('a key that is mounted is read anew when it is needed, and kept out of the log with its tokens', async () => {
      const { principal, target } = await aPlace()
      const folder = await mkdtemp(join(tmpdir(), 'key-'))
      const file = join(folder, 'key.pem')
      await writeFile(file, aKey().privateKey)
      const hidden: string[] = []
      const hide = (secret: string) => void hidden.push(secret)
      const rotating = system.connectWith({ app: { ...system.app, key: { file } } }, { hide })
      const failure = await failureOf(rotating.give(giveCall(principal, target)))
      await writeFile(file, system.app.key)
      await rotating.give(giveCall(principal, target))
      await rotating.close()
      await rm(folder, { recursive: true })
      expect(failure.message).toContain("did not accept Curfew's private key")
      expect(hidden).toContain(system.app.key.trimEnd())
      expect(hidden.some((secret) => secret.startsWith('ghs_'))).toBe(true)
    })

    test('what comes from variables is text, and a key may have its lines ended by \\n', async () => {
      const { principal, target } = await aPlace()
      const flat = system.connectWith({
        app: {
          ...system.app,
          installation: String(system.app.installation),
          key: system.app.key.replaceAll('\n', '\\n'),
        },
      })
      await flat.give(giveCall(principal, target))
      await flat.close()
      expect(await system.reallyHolds(principal, target)).toBe(true)
    })

    test('what is no key is said to be none, and nothing of it is told', async () => {
      const { principal, target } = await aPlace()
      const broken = system.connectWith({ app: { ...system.app, key: 'not-a-key-at-all' } })
      const failure = await failureOf(broken.give(giveCall(principal, target)))
      await broken.close()
      expect(failure).toMatchObject(permanent)
      expect(failure.message).toContain('is no RSA key in PEM')
      expect(`${failure.message}${failure.stack ?? ''}`).not.toContain('not-a-key-at-all')
      expect(failure.cause).toBeUndefined()
    })

    test('a suspended installation, and none, are refused for good', async () => {
      const { principal, target } = await aPlace()
      const installation = await system.anInstallation('write')
      const connectors = [installation, 1].map((number) =>
        system.connectWith({ app: { ...system.app, installation: number } }),
      )
      await system.admin('PATCH', `/standin/installations/${installation}`, { suspended: true })
      for (const one of connectors) {
        const failure = await failureOf(one.give(giveCall(principal, target)))
        await one.close()
        expect(failure).toMatchObject(permanent)
        expect(failure.message).toMatch(/it did not accept the installation \d+ \(40[34]\)/)
      }
    })

    test('whoever accepts the permission that the check asks for can give and take', async () => {
      const { principal, target } = await aPlace()
      const installation = await system.anInstallation(null)
      const weak = system.connectWith({ app: { ...system.app, installation } })
      const [lack] = await lacksOf(target, weak)
      const [, page] = /accept it at http:\/\/[^/]+(\/\S+)$/.exec(lack?.remedy ?? '') ?? []
      const number = page?.split('/').at(-1) ?? ''
      await system.admin('PATCH', `/standin/installations/${number}`, { members: 'write' })
      const after = await lacksOf(target, weak)
      await weak.give(giveCall(principal, target))
      await weak.take(call(principal, target))
      await weak.close()
      expect([lack?.what, after]).toEqual([
        'the app curfew may not change who is in teams: it has the permission members: none',
        [],
      ])
    })
  })

  describe('by a token', () => {
    test('whoever follows the remedies of the check can give and take, as a maintainer', async () => {
      const { principal, target } = await aPlace()
      const { token } = await system.aToken('classic', { scopes: ['write:org'] })
      const weak = system.connectWith({ token })
      const lacks = await lacksOf(target, weak)
      await follow(lacks)
      const after = await lacksOf(target, weak)
      await weak.give(giveCall(principal, target))
      await weak.take(call(principal, target))
      await weak.close()
      expect([lacks.length, after]).toEqual([1, []])
      expect(await system.reallyHolds(principal, target)).toBe(false)
    })

    test('somebody outside the organization is told to be put into it', async () => {
      const { target } = await aPlace()
      const { token, login } = await system.aToken('classic', { scopes: ['write:org'] })
      await system.admin('DELETE', `/orgs/${organization}/memberships/${login}`)
      const weak = system.connectWith({ token })
      const lacks = await lacksOf(target, weak)
      await follow(lacks)
      await system.admin('POST', '/standin/accept', { organization, login })
      const after = await lacksOf(target, weak)
      await weak.close()
      expect(lacks.map(({ what }) => what)).toEqual([
        `${login}, to whom the token belongs, is not in the organization acme`,
      ])
      expect(after.map(({ what }) => what)).toEqual([expect.stringContaining('may not change who is in')])
    })
  })

  test('the check takes nobody out', async () => {
    const { principal, target } = await aPlace()
    await byHand('PUT', target.team, principal, { role: 'member' })
    expect(await lacksOf(target)).toEqual([])
    expect(await system.reallyHolds(principal, target)).toBe(true)
  })

  test('the place is the organization, however it is written', async () => {
    const [one, other] = ['Acme', 'acme'].map((name) => system.connectWith({ organization: name }))
    expect(one?.where).toBe(other?.where)
    expect(one?.where).toMatch(/^github http:\/\/127\.0\.0\.1:\d+ acme$/)
    await Promise.all([one?.close(), other?.close()])
  })

  /** Does what the remedies say, as an admin who copies them. */
  async function follow(lacks: readonly Lack[]): Promise<void> {
    for (const { remedy } of lacks) {
      const [, method, path, body] =
        /^(PUT|PATCH|DELETE|POST) http:\/\/[^/]+(\/[\w./-]+)(?: (\{.*?\}))?(?:, .*)?$/.exec(remedy ?? '') ??
        []
      if (method === undefined || path === undefined)
        throw new Error(`what is to be done? ${remedy ?? 'nothing is said'}`)
      await system.admin(
        method,
        path,
        body === undefined ? undefined : z.looseObject({}).parse(JSON.parse(body)),
      )
    }
  }
})

/** Tries until it is done; the last failure is thrown. */
async function untilSo(work: () => Promise<void>, withinMs = 4_000): Promise<void> {
  const until = performance.now() + withinMs
  for (;;) {
    try {
      await work()
      return
    } catch (error) {
      if (performance.now() > until) throw error
    }
    await sleep(50)
  }
}

/** Where a server of this process listens. */
async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`
}

describe('github, where what answers is not as it should be', () => {
  const target = { team: 7 }
  const place = { principal: 'ada', target }
  const asked: string[] = []
  let answer: RequestListener
  const server = createServer((request, response) => {
    request.resume()
    asked.push(`${request.method ?? ''} ${request.url ?? ''}`)
    if (request.url?.endsWith('/orgs/acme')) response.end('{"id":9}')
    else answer(request, response)
  })
  let url: string
  const connected: Connector[] = []
  const key = aKey().privateKey
  const aConnector = (path = '', more = {}, around: Partial<Surroundings> = {}) => {
    const settings = { url: `${url}${path}`, organization: 'acme', token: 'the-token', ...more }
    const connector = github.connect(github.settings.parse(settings), { ...surroundings(2_000), ...around })
    connected.push(connector)
    return connector
  }
  beforeAll(async () => {
    url = await listening(server)
  })
  beforeEach(() => void asked.splice(0))
  afterEach(async () => {
    for (const connector of connected.splice(0)) await connector.close()
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  const says = (status: number, body: unknown, headers = {}): void => {
    answer = (_request, response) => response.writeHead(status, headers).end(JSON.stringify(body))
  }
  const docs = 'https://docs.github.com/rest'

  test('a next page is asked of GitHub, wherever its link leads', async () => {
    answer = (request, response) => {
      if (request.url?.includes('/teams?') === true) response.end('[]')
      else
        response
          .writeHead(200, {
            link: [
              '<https://evil.example.com/x?page=1>; rel="prev", <https://evil.example.com/x?page=3>; rel="next"',
              '<https://evil.example.com/x?page=9>; rel="last"',
            ],
          })
          .end('[{"id":1,"login":"ada"}]')
    }
    const connector = aConnector()
    const { next } = await connector.list({ target, after: null, signal: soon() })
    await connector.list({ target, after: next, signal: soon() })
    expect([next, asked.at(-1)]).toEqual(['3', 'GET /organizations/9/team/7/members?per_page=100&page=3'])
  })

  test('an account that cannot be looked up is found among the members, and taken out', async () => {
    answer = (request, response) => {
      if (request.url?.startsWith('/user/') === true)
        response.writeHead(404).end(JSON.stringify({ message: 'Not Found', documentation_url: docs }))
      else if (request.method === 'DELETE') response.writeHead(204).end()
      else if (request.url?.includes('/teams?') === true) response.end('[]')
      else if (request.url?.includes('/members?') === true) response.end('[{"id":5,"login":"ada"}]')
      else response.end('{"state":"active","role":"member"}')
    }
    const connector = aConnector('', { people: 'id' })
    const has = await connector.has({ principal: '5', target, signal: soon() })
    await connector.take(call('5', target))
    expect([has, asked.includes('DELETE /organizations/9/team/7/memberships/ada')]).toEqual([true, true])
  })

  test('who is put in anew between the take and the look is taken out all the same', async () => {
    let takes = 0
    answer = (request, response) => {
      if (request.method === 'DELETE') takes += 1
      if (request.method === 'DELETE' && takes === 1)
        response.writeHead(404).end(JSON.stringify({ message: 'Not Found', documentation_url: docs }))
      else if (request.method === 'DELETE') response.writeHead(204).end()
      else if (request.url?.includes('/teams?') === true) response.end('[]')
      else if (request.url?.includes('/memberships/') === true)
        response.end('{"state":"active","role":"member"}')
      else response.end('{"node_id":"T_7","slug":"dba","name":"DBA"}')
    }
    await aConnector().take(call(place.principal, target))
    expect(takes).toBe(2)
  })

  test.each([
    ['https://api.github.com', 'https://github.com'],
    ['https://github.acme.example/api/v3', 'https://github.acme.example'],
  ])('a remedy for %s leads to a page of %s', (api, site) => {
    const settings = github.settings.parse({ url: api, organization: 'acme', token: 'a' })
    const refusal = new Refused(403, 'why', { retryable: false })
    const owner = { login: 'ada', isClassic: false, ownsAll: false }
    expect(lackOf(refusal, owner, settings).remedy).toContain(`at ${site}/settings/personal-access-tokens`)
  })

  /** A team with another below it, so that who is in it is asked by GraphQL. */
  const withGraph =
    (graph: object, headers = {}): RequestListener =>
    (request, response) => {
      if (request.method === 'DELETE') response.writeHead(204).end()
      else if (request.url === '/graphql') response.writeHead(200, headers).end(JSON.stringify(graph))
      else if (request.url?.includes('/teams?') === true) response.end('[{}]')
      else if (request.url?.includes('/memberships/') === true)
        response.end('{"state":"active","role":"member"}')
      else response.end('{"node_id":"T_7","slug":"dba","name":"DBA"}')
    }
  const message = 'API rate limit already exceeded for user ID 1.'
  /** As GitHub says it since 2025; without `data`, at times. */
  const limited = { errors: [{ type: 'RATE_LIMIT', code: 'graphql_rate_limit', message }] }

  test.each([
    ['without data', limited],
    ['beside empty data', { data: null, ...limited }],
    ['as it was said before', { data: null, errors: [{ type: 'RATE_LIMITED', message }] }],
    ['by its code alone', { errors: [{ code: 'graphql_rate_limit', message: 'Slow down' }] }],
    ['after another error', { data: null, errors: [{ message: 'why' }, { type: 'RATE_LIMIT', message }] }],
  ])('GraphQL that was asked too often, which it says %s, is left alone', async (_, graph) => {
    answer = withGraph(graph)
    const connector = aConnector()
    const failures = []
    for (let i = 0; i < 3; i += 1) failures.push(await failureOf(connector.give(giveCall('ada', target))))
    for (const failure of failures) expect(failure).toMatchObject({ retryable: true, happened: 'no' })
    expect(failures.at(-1)?.message).toMatch(/is asked again in (60|59) s$/)
    expect(asked.filter((line) => line === 'POST /graphql')).toHaveLength(1)
  })

  test('GraphQL that was asked too often is asked again when it says', async () => {
    answer = withGraph(limited, {
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(Math.floor(Date.now() / 1_000) + 600),
    })
    const connector = aConnector()
    await failureOf(connector.has({ ...place, signal: soon() }))
    expect((await failureOf(connector.has({ ...place, signal: soon() }))).message).toMatch(
      /is asked again in (600|599|598) s$/,
    )
  })

  /** With 200, and gone at the next try. */
  test('what went wrong inside GitHub while it answered GraphQL is tried again', async () => {
    const why =
      'Something went wrong while executing your query. Please include `0401:6C25` when reporting this.'
    answer = withGraph({ data: null, errors: [{ message: why }] })
    const failure = await failureOf(aConnector().has({ ...place, signal: soon() }))
    expect(failure).toMatchObject({ retryable: true })
    expect(failure.message).toContain('Something went wrong')
  })

  test('a take that GitHub carried out is not said to have surely not happened when the look fails', async () => {
    answer = withGraph({
      data: { node: null },
      errors: [{ type: 'FORBIDDEN', message: 'Resource not accessible' }],
    })
    const failure = await failureOf(aConnector().take(call('ada', target)))
    expect(asked).toContain('DELETE /organizations/9/team/7/memberships/ada')
    expect(failure).toMatchObject({ happened: 'unknown' })
  })

  /** Octokit asks again as well: a token is not known everywhere at once. */
  test.each([
    [401, 'Bad credentials'],
    [403, 'Resource not accessible by integration'],
  ])(
    'an app’s token that was made a moment ago and is answered %i is tried again, and no other is made',
    async (status, message) => {
      let made = 0
      let isKnown = false
      let aheadMs = 0
      answer = (request, response) => {
        if (request.url?.endsWith('/access_tokens') === true) {
          made += 1
          const expires_at = new Date(Date.now() + 3_600_000).toISOString()
          response.writeHead(201).end(JSON.stringify({ token: `ghs_${made}`, expires_at }))
        } else if (!isKnown)
          response.writeHead(status).end(JSON.stringify({ message, documentation_url: docs }))
        else if (request.url?.includes('/teams?') === true) response.end('[]')
        else if (request.url?.includes('/memberships/') === true)
          response.end('{"state":"active","role":"member"}')
        else response.end('{"node_id":"T_7","slug":"dba","name":"DBA"}')
      }
      const now = () => new Date(Date.now() + aheadMs)
      const connector = aConnector('', { token: undefined, app: { id: 1, installation: 2, key } }, { now })
      const early = [
        await failureOf(connector.give(giveCall('ada', target))),
        await failureOf(connector.take(call('ada', target))),
      ]
      const madeEarly = made
      isKnown = true
      await connector.give(giveCall('ada', target))
      isKnown = false
      aheadMs = 31_000
      const late = await failureOf(connector.give(giveCall('ada', target)))
      for (const failure of early) expect(failure).toMatchObject({ retryable: true, happened: 'no' })
      expect([madeEarly, made]).toEqual(status === 401 ? [1, 2] : [1, 1])
      // The one that was made anew is new as well.
      expect(late).toMatchObject({ retryable: status === 401, happened: 'no' })
    },
  )

  test('once GitHub says to the app that signs in that it was asked too often, nothing is asked', async () => {
    says(
      429,
      { message: 'You have exceeded a secondary rate limit', documentation_url: docs },
      { 'retry-after': '60' },
    )
    const connector = aConnector('', { token: undefined, app: { id: 1, installation: 2, key } })
    const failures = []
    for (let i = 0; i < 3; i += 1) failures.push(await failureOf(connector.has({ ...place, signal: soon() })))
    for (const failure of failures) expect(failure).toMatchObject({ retryable: true, happened: 'no' })
    expect(failures.at(-1)?.message).toMatch(/is asked again in (60|59) s$/)
    expect(asked).toEqual(['POST /app/installations/2/access_tokens'])
  })

  test('an older server that speaks of its abuse detection was asked too often, and refuses nothing for good', async () => {
    says(403, {
      message:
        'You have triggered an abuse detection mechanism. Please wait a few minutes before you try again.',
      documentation_url: docs,
    })
    const failure = await failureOf(aConnector().take(call('ada', target)))
    expect(failure).toMatchObject({ retryable: true, happened: 'no' })
  })

  test('an enterprise server has its two interfaces side by side', async () => {
    answer = (request, response) => {
      if (request.url === '/api/graphql')
        response.end(
          '{"data":{"node":{"members":{"nodes":[],"pageInfo":{"hasNextPage":false,"endCursor":null}}}}}',
        )
      else if (request.url?.includes('/teams?') === true) response.end('[{}]')
      else if (request.url?.includes('/memberships/') === true)
        response.end('{"state":"active","role":"member"}')
      else response.end('{"node_id":"T_7","slug":"dba","name":"DBA"}')
    }
    const has = await aConnector('/api/v3/').has({ ...place, signal: soon() })
    expect([has, asked.at(0), asked.at(-1)]).toEqual([false, 'GET /api/v3/orgs/acme', 'POST /api/graphql'])
  })

  test.each([
    [{ errors: [{ type: 'FORBIDDEN', message: 'Resource not accessible' }] }, permanent],
    [
      { errors: [{ type: 'RATE_LIMITED', message: 'API rate limit exceeded' }] },
      { retryable: true, happened: 'no' },
    ],
    [{ data: { node: null } }, permanent],
    [{ data: {} }, { retryable: true }],
  ])('GraphQL that answers %j is no "not in it"', async (graph, kind) => {
    answer = (request, response) => {
      if (request.url === '/graphql') response.end(JSON.stringify({ data: null, ...graph }))
      else if (request.url?.includes('/teams?') === true) response.end('[{}]')
      else if (request.url?.includes('/memberships/') === true)
        response.end('{"state":"active","role":"member"}')
      else response.end('{"node_id":"T_7","slug":"dba","name":"DBA"}')
    }
    expect(await failureOf(aConnector().has({ ...place, signal: soon() }))).toMatchObject(kind)
  })

  test.each([[{ message: 'Not Found' }], [{ error: 'no such page' }], ['nothing here']])(
    'a 404 with %j is not taken for "they are gone"',
    async (body) => {
      says(404, body)
      const connector = aConnector()
      const failures = [
        await failureOf(connector.take(call(place.principal, target))),
        await failureOf(connector.has({ ...place, signal: soon() })),
      ]
      for (const failure of failures) expect(failure).toMatchObject(permanent)
    },
  )

  test('a change that a gateway answers with a page is not taken for done', async () => {
    answer = (request, response) => {
      if (request.method === 'DELETE') response.end('<html>Sign in</html>')
      else if (request.url?.includes('/memberships/') === true)
        response.writeHead(404).end(JSON.stringify({ message: 'Not Found', documentation_url: docs }))
      else response.end('{"node_id":"T_7","slug":"dba","name":"DBA"}')
    }
    const failure = await failureOf(aConnector().take(call(place.principal, target)))
    expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
  })

  test('a page of a gateway with 200 is no answer', async () => {
    says(200, '<html>Sign in</html>')
    const connector = aConnector()
    const failures = [
      await failureOf(connector.give(giveCall(place.principal, target))),
      await failureOf(connector.has({ ...place, signal: soon() })),
      await failureOf(connector.list({ target, after: null, signal: soon() })),
      await failureOf(connector.check({ targets: [], signal: soon() })),
    ]
    for (const failure of failures) expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
  })

  test('an invitation that cannot be called back leaves the outcome open', async () => {
    answer = (request, response) => {
      if (request.method === 'PUT') response.end('{"state":"pending","role":"member"}')
      else if (request.method === 'DELETE') response.writeHead(502).end()
      else if (request.url?.startsWith('/orgs/acme/memberships/') === true)
        response.end('{"state":"active","role":"member"}')
      else if (request.url?.includes('/memberships/') === true)
        response.writeHead(404).end(JSON.stringify({ message: 'Not Found', documentation_url: docs }))
      else response.end('{"node_id":"T_7","slug":"dba","name":"DBA"}')
    }
    const failure = await failureOf(aConnector().give(giveCall(place.principal, target)))
    expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
    expect(failure.message).toContain('still has an invitation of ada')
  })

  test('an invitation that outlives the take is no success', async () => {
    answer = (request, response) => {
      if (request.method === 'DELETE') response.writeHead(204).end()
      else response.end('{"state":"pending","role":"member"}')
    }
    const failure = await failureOf(aConnector().take(call(place.principal, target)))
    expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
  })

  test('a limit is known by its headers, whatever its words', async () => {
    says(403, { message: 'Slow down', documentation_url: docs }, { 'x-ratelimit-remaining': '0' })
    const failure = await failureOf(aConnector().take(call(place.principal, target)))
    expect(failure).toMatchObject({ retryable: true, happened: 'no' })
  })

  test.each([
    [301, permanent],
    [400, permanent],
    [403, permanent],
    [422, permanent],
    [429, { retryable: true, happened: 'no' }],
    [500, { retryable: true, happened: 'unknown' }],
    [502, { retryable: true, happened: 'unknown' }],
  ])('%i is said as it is', async (status, kind) => {
    says(status, { message: 'why', documentation_url: docs, errors: ['of the-token', { message: 'more' }] })
    const failure = await failureOf(aConnector().take(call(place.principal, target)))
    expect(failure).toMatchObject(kind)
    if (status !== 429) expect(failure.message).toContain('why: of …: more')
  })

  test.each([
    [{ organization: 'acme', token: 'a', url: 'http://github.acme.example' }, /must be https/],
    [{ organization: 'acme', token: 'a', url: 'https://api.github.com/?x' }, /must have no query/],
    [{ organization: 'acme/dba', token: 'a' }, /must be the name of an organization/],
    [{ organization: 'acme' }, /must have either app or token/],
    [
      { organization: 'acme', token: 'a', app: { id: 1, installation: 2, key: 'k' } },
      /must have either app or token/,
    ],
    [{ organization: 'acme', app: { id: 'a b', installation: 2, key: 'k' } }, /must be the id of an app/],
    [
      { organization: 'acme', app: { id: 1, installation: 'two', key: 'k' } },
      /the number of an installation/,
    ],
    [{ organization: 'acme', token: 'a', people: 'email' }, /"login"\|"id"/],
  ])('the settings %j are refused', (written, why) => {
    const parsed = github.settings.safeParse(written)
    const said = parsed.error?.issues.map((issue) => JSON.stringify(issue).replaceAll('\\"', '"'))
    expect(said?.join()).toMatch(why)
  })

  test('the address is that of github.com unless another is written', () => {
    expect(github.settings.parse({ organization: 'acme', token: 'a' }).url).toBe('https://api.github.com')
  })

  test.each(['dba', 0, 1.5])('the target %j is refused', (team) => {
    expect(github.target.safeParse({ team }).success).toBe(false)
  })

  test('whoever writes the name of a team is told how its number is found', () => {
    expect(github.target.safeParse({ team: 'dba' }).error?.issues[0]?.message).toBe(
      'must be the number of a team: gh api orgs/ORGANIZATION/teams/NAME --jq .id',
    )
  })
})

/**
 * Lenient, and made by others: what both take for GitHub is more likely to be so. It has no routes by the number of a team,
 * none for teams below, and no GraphQL: what stands before it asks it by name, and says that nothing is below.
 */
describe('github, played by emulate', () => {
  let emulator: Emulator
  let connector: Connector
  let url: string
  const keys = aKey()
  const names = new Map<string, string>()
  const principal = 'ada'
  const other = 'grace'
  const before = createServer((request, response) => {
    const path = (request.url ?? '').replace(
      /^\/organizations\/\d+\/team\/(\d+)/,
      (_, id: string) => `/orgs/${organization}/teams/${names.get(id) ?? 'no-such-team'}`,
    )
    if (/\/teams\/[^/]+\/teams\?/.test(path)) {
      response.end('[]')
      return
    }
    void passOn(path, request).then(async (answer) => {
      const links = answer.headers.get('link')
      response.writeHead(answer.status, links === null ? {} : { link: links })
      response.end(await answer.text())
    })
  })
  async function passOn(path: string, request: Parameters<RequestListener>[0]): Promise<Response> {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(z.instanceof(Buffer).parse(part))
    const body = Buffer.concat(parts).toString()
    return fetch(`${emulator.url}${path}`, {
      method: request.method ?? 'GET',
      headers: {
        authorization: request.headers.authorization ?? '',
        'content-type': 'application/json',
        'user-agent': 'tests',
      },
      ...(body === '' ? {} : { body }),
    })
  }

  beforeAll(async () => {
    emulator = await createEmulator({
      service: 'github',
      port: 0,
      seed: {
        tokens: { boss: { login: 'boss', scopes: ['admin:org'] } },
        github: {
          users: [{ login: 'boss' }, { login: other }, { login: principal }],
          orgs: [{ login: organization }],
          apps: [
            {
              app_id: 12345,
              slug: 'curfew',
              name: 'Curfew',
              private_key: keys.privateKey,
              permissions: { members: 'write' },
              installations: [
                { installation_id: 67, account: organization, permissions: { members: 'write' } },
              ],
            },
          ],
        },
      },
    })
    url = await listening(before)
    const app = { id: 12345, installation: 67, key: keys.privateKey }
    connector = github.connect(github.settings.parse({ url, organization, app }), surroundings(2_500))
    // Whoever is in a team is in the organization, there.
    const everybody = await aTeam()
    for (const login of [principal, other])
      await ask(
        'PUT',
        `/orgs/${organization}/teams/${names.get(String(everybody)) ?? ''}/memberships/${login}`,
        {},
      )
  })
  afterAll(async () => {
    await connector.close()
    before.closeAllConnections()
    before.close()
    await emulator.close()
  })
  async function ask(method: string, path: string, body: object): Promise<unknown> {
    const answer = await fetch(`${emulator.url}${path}`, {
      method,
      headers: { authorization: 'Bearer boss', 'content-type': 'application/json', 'user-agent': 'tests' },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return answer.json()
  }
  async function aTeam(): Promise<number> {
    const made = z
      .object({ id: z.number(), slug: z.string() })
      .parse(await ask('POST', `/orgs/${organization}/teams`, { name: `DBA ${short()}` }))
    names.set(String(made.id), made.slug)
    return made.id
  }

  test('given twice is given once, taken twice is taken once, and of one team alone', async () => {
    const [target, another] = [{ team: await aTeam() }, { team: await aTeam() }]
    const seen: [boolean, boolean, string[]][] = []
    const look = async () =>
      seen.push([
        await connector.has({ principal, target, signal: soon() }),
        await connector.has({ principal: other, target, signal: soon() }),
        await everyHolder(connector, target),
      ])
    await connector.give(giveCall(principal, another))
    await look()
    for (let i = 0; i < 2; i += 1) await connector.give(giveCall(principal, target))
    await look()
    for (let i = 0; i < 2; i += 1) await connector.take(call(principal, target))
    await look()
    expect(seen).toEqual([
      [false, false, []],
      [true, false, [principal]],
      [false, false, []],
    ])
    expect(await connector.has({ principal, target: another, signal: soon() })).toBe(true)
  })

  test('a maintainer stays one', async () => {
    const team = await aTeam()
    const path = `/orgs/${organization}/teams/${names.get(String(team)) ?? ''}/memberships/${principal}`
    await ask('PUT', path, { role: 'maintainer' })
    await connector.give(giveCall(principal, { team }))
    const answer = await fetch(`${emulator.url}${path}`, { headers: { authorization: 'Bearer boss' } })
    expect(await answer.json()).toMatchObject({ state: 'active', role: 'maintainer' })
  })

  test('another key than the one of the app does not sign in', async () => {
    const app = { id: 12345, installation: 67, key: aKey().privateKey }
    const stranger = github.connect(github.settings.parse({ url, organization, app }), surroundings(2_500))
    const failure = await failureOf(stranger.give(giveCall(principal, { team: await aTeam() })))
    await stranger.close()
    expect(failure).toMatchObject(permanent)
    expect(failure.message).toContain("did not accept Curfew's private key")
  })

  test('a team that is not there, and somebody whom nobody knows', async () => {
    const target = { team: 999 }
    const failures = [
      await failureOf(connector.give(giveCall(principal, target))),
      await failureOf(connector.give(giveCall('nobody', { team: await aTeam() }))),
    ]
    await connector.take(call(principal, target))
    for (const failure of failures) expect(failure).toMatchObject(permanent)
    expect(await connector.check({ targets: [target], signal: soon() })).toEqual([
      { what: 'the team 999 does not exist in acme, or is hidden from Curfew', remedy: null },
    ])
  })
})
