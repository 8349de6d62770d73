import { createEmulator, type Emulator } from 'emulate'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { okta } from '../../src/connectors/okta/okta.ts'
import type { Connector, Lack } from '../../src/domain/connector.ts'
import {
  call,
  connectorContract,
  everyHolder,
  failureOf,
  giveCall,
  surroundings,
} from '../../src/testing/contract.ts'
import { aGuardedOrganisation, tokens, type OktaHarness } from './okta-harness.ts'

connectorContract('okta (stand-in)', aGuardedOrganisation)

const soon = () => AbortSignal.timeout(5_000)
const short = () => randomBytes(4).toString('hex')
const withId = z.object({ id: z.string() })

describe('okta', () => {
  let system: OktaHarness
  let connector: Connector
  beforeAll(async () => {
    system = await aGuardedOrganisation()
    connector = system.connect()
  })
  afterAll(async () => {
    await connector.close()
    await system.stop()
  })
  const aPlace = async () => ({
    principal: await system.aPrincipal(),
    target: { group: await system.aGroup() },
  })
  const put = (group: string, principal: string) =>
    system.admin('PUT', `/api/v1/groups/${group}/users/${system.idOf(principal)}`)

  test('who was deactivated is given nothing, and can still be taken out', async () => {
    const { principal, target } = await aPlace()
    const other = { group: await system.aGroup() }
    await connector.give(giveCall(principal, target))
    await system.admin('POST', `/api/v1/users/${system.idOf(principal)}/lifecycle/deactivate`)
    const failure = await failureOf(connector.give(giveCall(principal, other)))
    await connector.take(call(principal, target))
    expect(failure).toMatchObject({ retryable: false, happened: 'no' })
    expect(failure.message).toContain('they are deactivated')
    expect(await system.reallyHolds(principal, target)).toBe(false)
  })

  test('who is suspended keeps what they have, and may be given more', async () => {
    const { principal, target } = await aPlace()
    await system.admin('POST', `/api/v1/users/${system.idOf(principal)}/lifecycle/suspend`)
    await connector.give(giveCall(principal, target))
    expect(await connector.has({ principal, target, signal: soon() })).toBe(true)
  })

  test('a person is found whose login Okta writes with other letters, once its index knows of them', async () => {
    const { target } = await aPlace()
    const login = await system.aPrincipal(`Ada.${short()}@Example.com`)
    const principal = login.toLowerCase()
    await sleep(1_100)
    await connector.give(giveCall(principal, target))
    const has = await connector.has({ principal, target, signal: soon() })
    const listed = await everyHolder(connector, target)
    await connector.take(call(principal, target))
    expect([has, listed, await system.reallyHolds(login, target)]).toEqual([true, [login], false])
  })

  test('people may be known by their e-mail address, of which one must have only one', async () => {
    const group = await system.aGroup()
    const byEmail = system.connectWith({ people: 'email' })
    const [email, shared] = [`${short()}@mail.example.com`, `${short()}@mail.example.com`]
    const make = async (address: string) =>
      withId.parse(
        await system.admin('POST', '/api/v1/users', {
          profile: { login: `${short()}@login.example.com`, email: address },
        }),
      ).id
    await make(email)
    const [first] = [await make(shared), await make(shared)]
    await byEmail.give(giveCall(email, { group }))
    const failure = await failureOf(byEmail.give(giveCall(shared, { group })))
    const listed = await everyHolder(byEmail, { group })
    await system.admin('DELETE', `/api/v1/users/${first}`)
    await byEmail.give(giveCall(shared, { group }))
    const both = await everyHolder(byEmail, { group })
    await byEmail.close()
    expect(failure).toMatchObject({ retryable: false, happened: 'no' })
    expect(failure.message).toContain('several people are called so')
    expect([listed, both.sort()]).toEqual([[email], [email, shared].sort()])
  })

  describe('several accounts of one e-mail address', () => {
    let byEmail: Connector
    beforeAll(() => {
      byEmail = system.connectWith({ people: 'email' })
    })
    afterAll(() => byEmail.close())
    const anAccount = async (email: string) => {
      const login = `${short()}@login.example.com`
      const { id } = withId.parse(await system.admin('POST', '/api/v1/users', { profile: { login, email } }))
      return { id, login }
    }
    const deactivate = (id: string) => system.admin('POST', `/api/v1/users/${id}/lifecycle/deactivate`)
    /** One who was given a group. */
    async function aHolder(written = (email: string) => email) {
      const target = { group: await system.aGroup() }
      const email = `${short()}@mail.example.com`
      const holder = await anAccount(written(email))
      // By then its index knows of them.
      if (written(email) !== email) await sleep(1_100)
      await byEmail.give(giveCall(email, target))
      return { target, email, holder }
    }
    const holds = (email: string, target: { group: string }) =>
      byEmail.has({ principal: email, target, signal: soon() })

    test('who was deactivated and has a new account is taken out', async () => {
      const { target, email, holder } = await aHolder()
      await deactivate(holder.id)
      await anAccount(email)
      const heldBefore = await holds(email, target)
      await byEmail.take(call(email, target))
      const really = await system.reallyHolds(holder.login, target)
      expect([heldBefore, await holds(email, target), really]).toEqual([true, false, false])
    })

    test('a take from who was deactivated leaves a new account in the group that came there by hand', async () => {
      const { target, email, holder } = await aHolder()
      await deactivate(holder.id)
      const fresh = await anAccount(email)
      await system.admin('PUT', `/api/v1/groups/${target.group}/users/${fresh.id}`)
      await byEmail.take(call(email, target))
      const left = [
        await system.reallyHolds(holder.login, target),
        await system.reallyHolds(fresh.login, target),
      ]
      // It is read back as held, and whoever takes again takes it.
      const held = await holds(email, target)
      await byEmail.take(call(email, target))
      expect([left, held, await holds(email, target)]).toEqual([[false, true], true, false])
    })

    test('somebody else who takes the same address does not keep the holder in the group', async () => {
      const { target, email, holder } = await aHolder()
      await anAccount(email)
      const heldBefore = await holds(email, target)
      await byEmail.take(call(email, target))
      const really = await system.reallyHolds(holder.login, target)
      expect([heldBefore, await holds(email, target), really]).toEqual([true, false, false])
    })

    test('a new account whose address is written otherwise does not hide the one that holds the group', async () => {
      const { target, email, holder } = await aHolder((address) => address.toUpperCase())
      await anAccount(email)
      const heldBefore = await holds(email, target)
      await byEmail.take(call(email, target))
      expect([heldBefore, await system.reallyHolds(holder.login, target)]).toEqual([true, false])
    })
  })

  test.each([
    ['APP_GROUP', /belongs to an app or directory \(APP_GROUP\)/],
    ['BUILT_IN', /is built in/],
  ])('a group of type %s is refused for good, and by the check', async (type, why) => {
    const group = await system.aGroup(type)
    const principal = await system.aPrincipal()
    const failure = await failureOf(connector.give(giveCall(principal, { group })))
    const lacks = await connector.check({ targets: [{ group }], signal: soon() })
    expect(failure).toMatchObject({ retryable: false, happened: 'no' })
    expect(failure.message).toMatch(why)
    expect(lacks).toHaveLength(1)
    expect(lacks[0]?.what).toMatch(why)
    expect(lacks[0]?.remedy).toMatch(/^Give a group that was made in Okta: POST /)
  })

  test('a group that an active rule fills is refused until the rule is ended', async () => {
    const { principal, target } = await aPlace()
    // More than a page of others comes first.
    for (let i = 0; i < 201; i += 1) await aRule(`other ${i}`, 'groups of others')
    const rule = await aRule('Everyone in sales', target.group)
    await system.admin('POST', `/api/v1/groups/rules/${rule}/lifecycle/activate`)
    const failure = await failureOf(connector.give(giveCall(principal, target)))
    const lacks = await connector.check({ targets: [target], signal: soon() })
    await follow(lacks)
    await connector.give(giveCall(principal, target))
    expect(failure).toMatchObject({ retryable: false, happened: 'no' })
    expect(failure.message).toContain('the rule Everyone in sales says who is in it')
    expect(lacks.map(({ what }) => what)).toEqual([
      expect.stringContaining('the rule Everyone in sales says who is in the group DBA'),
    ])
    expect(await connector.check({ targets: [target], signal: soon() })).toEqual([])
  })

  test('with rules: false a token that cannot read them is enough', async () => {
    const { principal, target } = await aPlace()
    const [strict, lenient] = [true, false].map((rules) =>
      system.connectWith({ token: tokens.members, rules }),
    )
    const failure = strict && (await failureOf(strict.give(giveCall(principal, target))))
    const lacks = await lenient?.check({ targets: [target], signal: soon() })
    await lenient?.give(giveCall(principal, target))
    await Promise.all([strict?.close(), lenient?.close()])
    expect(failure).toMatchObject({ retryable: false, happened: 'no' })
    expect(failure?.message).toContain("Curfew's token lacks the right (403)")
    expect(lacks).toEqual([])
    expect(await system.reallyHolds(principal, target)).toBe(true)
  })

  test('whoever follows the remedies of the check can give and take', async () => {
    const { principal, target } = await aPlace()
    const weak = system.connectWith({ token: tokens.none })
    const whats: string[][] = []
    for (let round = 0; round < 4; round += 1) {
      const lacks = await weak.check({ targets: [target], signal: soon() })
      whats.push(lacks.map(({ what }) => what.replace(/.* may not /, '')))
      await follow(lacks)
    }
    await weak.give(giveCall(principal, target))
    await weak.take(call(principal, target))
    await weak.close()
    expect(whats).toEqual([
      ['look up people', `see the group ${target.group}`],
      ['read the group rules'],
      [],
      [],
    ])
  })

  test('the check takes nobody out', async () => {
    const { principal, target } = await aPlace()
    await put(target.group, principal)
    await connector.check({ targets: [target], signal: soon() })
    expect(await system.reallyHolds(principal, target)).toBe(true)
  })

  test('somebody in more groups than a page shows is found to be in the last of them', async () => {
    const { principal, target } = await aPlace()
    for (let i = 0; i < 60; i += 1) await put(await system.aGroup(), principal)
    const last = { group: await system.aGroup() }
    await put(last.group, principal)
    expect(await connector.has({ principal, target: last, signal: soon() })).toBe(true)
    expect(await connector.has({ principal, target, signal: soon() })).toBe(false)
  })

  test('once Okta says 429, nothing of that kind is asked until the time that it names; all else is', async () => {
    const { principal, target } = await aPlace()
    const patient = system.connect()
    await system.admin('POST', '/standin/limit', { route: 'DELETE /api/v1/groups/*/users/*', seconds: 1 })
    await patient.give(giveCall(principal, target))
    const failures = []
    for (let i = 0; i < 3; i += 1) failures.push(await failureOf(patient.take(call(principal, target))))
    const has = await patient.has({ principal, target, signal: soon() })
    const asked = await system.admin('GET', '/standin/limit')
    await sleep(2_100)
    await patient.take(call(principal, target))
    await patient.close()
    for (const failure of failures) expect(failure).toMatchObject({ retryable: true, happened: 'no' })
    expect(failures.map(({ message }) => message)).toEqual([
      expect.stringContaining('it was asked too often (429)'),
      expect.stringMatching(/is asked again in [12] s$/),
      expect.stringMatching(/is asked again in [12] s$/),
    ])
    expect([has, asked, await system.reallyHolds(principal, target)]).toEqual([
      true,
      { refusedCalls: 1 },
      false,
    ])
  })

  test('a token that is mounted is read anew at each call, and kept out of the log', async () => {
    const { principal, target } = await aPlace()
    const folder = await mkdtemp(join(tmpdir(), 'token-'))
    const file = join(folder, 'token')
    await writeFile(file, '00old\n')
    const hidden: string[] = []
    const rotating = system.connectWith({ token: { file } }, (secret) => void hidden.push(secret))
    const failure = await failureOf(rotating.give(giveCall(principal, target)))
    await writeFile(file, `${tokens.good}\n`)
    await rotating.give(giveCall(principal, target))
    await rotating.close()
    await rm(folder, { recursive: true })
    expect(failure.message).toContain('did not accept')
    expect(hidden).toEqual(expect.arrayContaining(['00old', tokens.good]))
  })

  async function aRule(name: string, group: string): Promise<string> {
    const actions = { assignUserToGroups: { groupIds: [group] } }
    return withId.parse(
      await system.admin('POST', '/api/v1/groups/rules', { type: 'group_rule', name, actions }),
    ).id
  }

  /** Does what the remedies say, as an admin who copies them. */
  async function follow(lacks: readonly Lack[]): Promise<void> {
    for (const { remedy } of lacks) {
      const [, path, body] =
        /^POST http:\/\/[^/]+(\/api\/v1\/[\w/]+)(?: (\{.*?\}))?(?:, or .*)?$/.exec(remedy ?? '') ?? []
      if (path === undefined) throw new Error(`what is to be done? ${remedy ?? 'nothing is said'}`)
      await system.admin('POST', path, z.looseObject({}).parse(JSON.parse(body ?? '{}')))
    }
  }
})

describe('okta, where what answers is not as it should be', () => {
  const target = { group: '00gOrders' }
  const place = { principal: 'ada@example.com', target }
  const person = (login: string) => ({ id: `00u${login.length}`, status: 'ACTIVE', profile: { login } })
  let answer: RequestListener
  const asked: string[] = []
  const server = createServer((request, response) => {
    request.resume()
    asked.push(`${request.method ?? ''} ${request.url ?? ''}`)
    answer(request, response)
  })
  let connector: Connector
  beforeAll(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const url = `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`
    connector = okta.connect(okta.settings.parse({ url, token: 'the-token' }), surroundings(2_000))
  })
  beforeEach(() => void asked.splice(0))
  afterAll(async () => {
    await connector.close()
    server.closeAllConnections()
    server.close()
  })
  const says = (status: number, body: unknown, headers = {}): void => {
    answer = (_request, response) => response.writeHead(status, headers).end(JSON.stringify(body))
  }

  test('somebody else who comes back for a login is not taken for them', async () => {
    says(200, [person('mallory@example.com')])
    expect(await connector.has({ ...place, signal: soon() })).toBe(false)
    await connector.take(call(place.principal, target))
    expect(asked.filter((line) => !line.startsWith('GET'))).toEqual([])
  })

  test('somebody whom the token cannot look up is found among the members, and taken out', async () => {
    answer = (request, response) => {
      const isMembers = request.url?.startsWith('/api/v1/groups/00gOrders/users?') ?? false
      if (request.method === 'DELETE') response.writeHead(204).end()
      else response.end(JSON.stringify(isMembers ? [person(place.principal)] : []))
    }
    const has = await connector.has({ ...place, signal: soon() })
    await connector.take(call(place.principal, target))
    expect([has, asked.at(-1)]).toEqual([true, 'DELETE /api/v1/groups/00gOrders/users/00u15'])
  })

  test('somebody whom the token cannot look up is found whatever the case of their login', async () => {
    answer = (request, response) => {
      const isMembers = request.url?.startsWith('/api/v1/groups/00gOrders/users?') ?? false
      if (request.method === 'DELETE') response.writeHead(204).end()
      else response.end(JSON.stringify(isMembers ? [person('Ada@Example.com')] : []))
    }
    const has = await connector.has({ ...place, signal: soon() })
    await connector.take(call(place.principal, target))
    expect([has, asked.at(-1)]).toEqual([true, 'DELETE /api/v1/groups/00gOrders/users/00u15'])
  })

  test('a next page is asked of Okta, wherever its link leads', async () => {
    says(200, [person('ada@example.com')], {
      link: [
        '<https://evil.example.com/x>; rel="self"',
        '<https://evil.example.com/x?after=a%26b>; rel="next"',
      ],
    })
    const { next } = await connector.list({ target, after: null, signal: soon() })
    await connector.list({ target, after: next, signal: soon() })
    expect([next, asked.at(-1)]).toEqual(['a&b', 'GET /api/v1/groups/00gOrders/users?limit=1000&after=a%26b'])
  })

  test.each([
    [{ error: 'no such page' }],
    [{ errorCode: 'E0000022', errorSummary: 'The endpoint does not support the provided HTTP method' }],
  ])('a 404 with %j is not taken for "they are gone"', async (body) => {
    says(404, body)
    const failures = [
      await failureOf(connector.take(call(place.principal, target))),
      await failureOf(connector.has({ ...place, signal: soon() })),
    ]
    for (const failure of failures) expect(failure).toMatchObject({ retryable: false, happened: 'no' })
  })

  test('a change that a gateway answers with a page is not taken for done', async () => {
    answer = (request, response) =>
      response.end(
        request.method === 'GET' ? JSON.stringify([person(place.principal)]) : '<html>Sign in</html>',
      )
    const failure = await failureOf(connector.take(call(place.principal, target)))
    expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
  })

  test('a page of a gateway with 200 is no answer', async () => {
    says(200, '<html>Sign in</html>')
    const failures = [
      await failureOf(connector.give(giveCall(place.principal, target))),
      await failureOf(connector.take(call(place.principal, target))),
      await failureOf(connector.has({ ...place, signal: soon() })),
      await failureOf(connector.list({ target, after: null, signal: soon() })),
      await failureOf(connector.check({ targets: [], signal: soon() })),
    ]
    for (const failure of failures) expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
  })

  test.each([
    [400, 'E0000001', { retryable: false, happened: 'no' }],
    [403, 'E0000006', { retryable: false, happened: 'no' }],
    [429, 'E0000047', { retryable: true, happened: 'no' }],
    [500, 'E0000009', { retryable: true, happened: 'unknown' }],
    [503, 'E0000010', { retryable: true, happened: 'unknown' }],
  ])('%i is said as it is', async (status, errorCode, kind) => {
    says(status, { errorCode, errorSummary: 'why', errorCauses: [{ errorSummary: 'of the-token' }] })
    const failure = await failureOf(connector.take(call(place.principal, target)))
    expect(failure).toMatchObject(kind)
    expect(failure.message).toContain('why: of …')
  })

  test.each([
    [{ url: 'http://acme.okta.com', token: 'a' }, /must be https/],
    [{ url: 'https://acme.okta.com/app', token: 'a' }, /nothing after its host/],
    [{ url: 'https://acme.okta.com' }, /must be a text/],
    [{ url: 'https://acme.okta.com', token: 'a', people: 'name' }, /"login"\|"email"/],
  ])('the settings %j are refused', (written, why) => {
    const parsed = okta.settings.safeParse(written)
    expect(parsed.error?.issues.map(({ message }) => message).join()).toMatch(why)
  })

  test('a target that is no id is refused', () => {
    expect(okta.target.safeParse({ group: 'Domain Admins' }).error?.issues[0]?.message).toMatch(
      /must be the id of a group/,
    )
  })
})

/** Lenient, and made by others: what both take for Okta is more likely to be so. It has no group rules. */
describe('okta, played by emulate', () => {
  let emulator: Emulator
  let connector: Connector
  const principal = 'ada@example.com'
  const other = 'grace@example.com'
  beforeAll(async () => {
    emulator = await createEmulator({
      service: 'okta',
      port: 0,
      seed: {
        okta: {
          users: [{ login: other }, { login: principal }],
          groups: [{ name: 'DBA' }],
        },
      },
    })
    connector = okta.connect(
      okta.settings.parse({ url: emulator.url, token: 'any', rules: false }),
      surroundings(2_500),
    )
  })
  afterAll(async () => {
    await connector.close()
    await emulator.close()
  })
  async function aGroup(): Promise<string> {
    const answer = await fetch(`${emulator.url}/api/v1/groups`, {
      method: 'POST',
      headers: { authorization: 'SSWS any', 'content-type': 'application/json' },
      body: JSON.stringify({ profile: { name: `DBA ${short()}` } }),
    })
    return withId.parse(await answer.json()).id
  }

  test('given twice is given once, taken twice is taken once, and of one group alone', async () => {
    const [target, another] = [{ group: await aGroup() }, { group: await aGroup() }]
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

  test('a group that is not there, and somebody whom nobody knows', async () => {
    const target = { group: '00gNoSuchGroup' }
    const failures = [
      await failureOf(connector.give(giveCall(principal, target))),
      await failureOf(connector.give(giveCall('nobody@example.com', { group: await aGroup() }))),
    ]
    await connector.take(call(principal, target))
    for (const failure of failures) expect(failure).toMatchObject({ retryable: false, happened: 'no' })
    expect(await connector.check({ targets: [target], signal: soon() })).toEqual([
      { what: 'the group 00gNoSuchGroup does not exist', remedy: null },
    ])
  })
})
