import { writeFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { scim } from '../../src/connectors/scim/scim.ts'
import { connectorErrorOf, type Connector } from '../../src/domain/connector.ts'
import { aScimStandIn, type ScimStandIn } from '../support/scim-stand-in.ts'
import { hasScim2 } from '../support/scim2.ts'
import {
  call,
  connectorContract,
  everyHolder,
  failureOf,
  giveCall,
  surroundings,
} from '../../src/testing/contract.ts'
import { aScim2Server, connectScim, type ScimHarness } from './scim-harness.ts'

const soon = () => AbortSignal.timeout(5_000)

if (hasScim2()) {
  connectorContract('scim (scim2-server)', aScim2Server)
  describe('scim (scim2-server)', () => {
    let system: ScimHarness
    beforeAll(async () => {
      system = await aScim2Server()
    })
    afterAll(() => system.stop())

    test('what every remedy of the check says makes the check pass', async () => {
      const connector = system.connect()
      let target = { group: 'the "dba" team' }
      const said: string[] = []
      for (let i = 0; i < 5; i++) {
        const [lack] = await connector.check({ targets: [target], signal: soon() })
        if (!lack?.remedy) break
        said.push(lack.remedy)
        const [, path, body] = /^POST http:\/\/[^/]+\/v2(\/\S+) (.+)$/.exec(lack.remedy) ?? []
        if (path && body) await system.asked('POST', path, JSON.parse(body))
        const [, group] = /^target: \{ group: (".+") \}$/.exec(lack.remedy) ?? []
        if (group) target = { group: String(JSON.parse(group)) }
      }
      const principal = await system.aPrincipal()
      await connector.give(giveCall(principal, target))
      const has = await connector.has({ principal, target, signal: soon() })
      await connector.close()
      expect(said).toHaveLength(2)
      expect(has).toBe(true)
    })

    test('one member of many is asked for, and not all of them', async () => {
      const connector = system.connect()
      const { target } = await system.aTarget()
      const [principal, other] = [await system.aPrincipal(), await system.aPrincipal()]
      await system.fill(target, 150)
      const answers = [await connector.has({ principal, target, signal: soon() })]
      await connector.give(giveCall(principal, target))
      answers.push(await connector.has({ principal, target, signal: soon() }))
      answers.push(await connector.has({ principal: other, target, signal: soon() }))
      await connector.take(call(principal, target))
      answers.push(await connector.has({ principal, target, signal: soon() }))
      await connector.close()
      expect(answers).toEqual([false, true, false, false])
    })

    test('whoever was deleted stays a member there: listed by id, in a form that is no principal', async () => {
      const connector = system.connect()
      const { target } = await system.aTarget()
      const [principal, gone] = [await system.aPrincipal(), await system.aPrincipal()]
      await connector.give(giveCall(principal, target))
      await connector.give(giveCall(gone, target))
      await system.vanish(gone)
      const listed = await everyHolder(connector, target)
      const nobody = `member without a person: ${system.idOf(gone)}`
      const failure = await failureOf(connector.give(giveCall(nobody, target)))
      const has = await connector.has({ principal: nobody, target, signal: soon() })
      await connector.close()
      expect(listed.sort()).toEqual([nobody, principal].sort())
      expect(failure).toMatchObject({ retryable: false, happened: 'no' })
      expect(has).toBe(false)
    })
  })
} else test.skip('scim2-server is not here: ./scripts/servers says how to get it', () => undefined)

describe('scim (stand-in)', () => {
  let server: ScimStandIn
  let connector: Connector
  const opened: Connector[] = []
  const target = { group: 'g1' }
  const connect = (settings: object = { token: 'token-1' }, timeoutMs?: number) => {
    const one = connectScim(server.url, settings, timeoutMs)
    opened.push(one)
    return one
  }
  beforeEach(async () => {
    server = await aScimStandIn()
    for (const name of ['ada', 'grace', 'lin'])
      server.people.set(`u-${name}`, {
        id: `u-${name}`,
        userName: `${name}@example.com`,
        externalId: `e-${name}`,
        emails: [{ value: `old-${name}@example.com` }, { value: `${name}@work.example`, primary: true }],
      })
    server.groups.set('g1', { displayName: 'dba', members: [], version: 1 })
    server.groups.set('g2', { displayName: 'web', members: ['u-ada'], version: 1 })
    connector = connect()
  })
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((one) => one.close()))
    await server.stop()
  })
  const ada = 'ada@example.com'
  const membersOf = (group: string) => server.groups.get(group)?.members
  const changes = () => server.asked.filter((one) => one.startsWith('PATCH')).length
  const has = (principal = ada, by = connector) => by.has({ principal, target, signal: soon() })

  test('a group that was changed meanwhile is read again, and changed under its new version', async () => {
    server.hasVersions = true
    server.meanwhile = () => server.groups.set('g1', { displayName: 'dba', members: ['u-lin'], version: 7 })
    await connector.give(giveCall(ada, target))
    expect([membersOf('g1'), changes()]).toEqual([['u-lin', 'u-ada'], 2])
  })

  test('a group that is changed again and again is given up for now, and nothing happened', async () => {
    server.hasVersions = true
    const change = () => {
      const group = server.groups.get('g1')
      if (group) group.version += 1
      queueMicrotask(() => (server.meanwhile = change))
    }
    server.meanwhile = change
    expect(await failureOf(connector.give(giveCall(ada, target)))).toMatchObject({
      retryable: true,
      happened: 'no',
    })
    expect(membersOf('g1')).toEqual([])
  })

  test('a change that the server lost is made once more', async () => {
    server.losesNext = 1
    await connector.give(giveCall(ada, target))
    expect(membersOf('g1')).toEqual(['u-ada'])
    server.losesNext = 1
    await connector.take(call(ada, target))
    expect([membersOf('g1'), changes()]).toEqual([[], 4])
  })

  test('what it loses again and again is said, and may have happened', async () => {
    server.losesNext = 9
    const failure = await failureOf(connector.give(giveCall(ada, target)))
    expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
    expect(failure.message).toContain('does not show it')
  })

  test('what tells the truth late is not read back at once', async () => {
    server.losesNext = 1
    await connect({ token: 'token-1', lag: '5s' }).give(giveCall(ada, target))
    expect(changes()).toBe(1)
  })

  test('members of one group are changed one after the other', async () => {
    let running = 0
    let most = 0
    const seen = server.asked.push.bind(server.asked)
    server.asked.push = (one) => {
      if (one.startsWith('GET /Groups/g1')) most = Math.max(most, ++running)
      if (one.startsWith('PATCH /Groups/g1')) running -= 1
      return seen(one)
    }
    connector = connect({ token: 'token-1', lag: '1s' })
    await Promise.all(
      ['ada', 'grace', 'lin'].map((name) => connector.give(giveCall(`${name}@example.com`, target))),
    )
    expect([membersOf('g1')?.length, most]).toEqual([3, 1])
  })

  test.each([
    [400, 'noTarget'],
    [409, 'uniqueness'],
  ])('a repeat that is refused with %i %s is done already', async (status, scimType) => {
    server.refusesRepeats = { status, scimType }
    await connector.take(call(ada, target))
    await connector.give(giveCall(ada, target))
    await connector.give(giveCall(ada, target))
    expect(membersOf('g1')).toEqual(['u-ada'])
  })

  test.each(['refused', 'ignored', 'empty'] as const)(
    'where a question for one member is %s, the group is read, and nobody is guessed to be out',
    async (how) => {
      server.memberFilter = how
      server.groups.set('g1', {
        displayName: 'dba',
        members: [...Array.from({ length: 200 }, (_, i) => `m-${i}`), 'u-ada'],
        version: 1,
      })
      expect([await has(), await has(), await has('lin@example.com')]).toEqual([true, true, false])
    },
  )

  test('where it is understood, it was tried on a member and on nobody, once; a later refusal is no answer', async () => {
    server.groups.set('g1', {
      displayName: 'dba',
      members: [...Array.from({ length: 200 }, (_, i) => `m-${i}`), 'u-ada'],
      version: 1,
    })
    const answers = [await has(), await has(), await has('lin@example.com')]
    expect(server.asked.filter((one) => one === 'GET /Groups/g1')).toHaveLength(1)
    expect(server.asked.filter((one) => one === 'GET /Groups')).toHaveLength(4)
    server.memberFilter = 'refused'
    answers.push(await has(), await has('lin@example.com'))
    expect(answers).toEqual([true, true, false, true, false])
  })

  test('somebody else than who was asked for is never taken for them', async () => {
    server.ignoresUserFilter = true
    for (const attempt of [
      connector.give(giveCall(ada, target)),
      connector.take(call('nobody', target)),
      connector.has({ principal: 'nobody', target, signal: soon() }),
    ])
      expect(await failureOf(attempt)).toMatchObject({ retryable: false, happened: 'no' })
    expect(await connector.check({ targets: [], signal: soon() })).toEqual([
      { what: 'it finds somebody when asked for a userName that nobody has', remedy: null },
    ])
  })

  test('where it knows but one person and does not look, nobody else is given what was meant for another', async () => {
    server.ignoresUserFilter = true
    server.people.delete('u-grace')
    server.people.delete('u-lin')
    const failure = await failureOf(connector.give(giveCall('riley@example.com', target)))
    expect(failure).toMatchObject({ retryable: false, happened: 'no' })
    expect(membersOf('g1')).toEqual([])
  })

  test('two people of one name are nobody in particular', async () => {
    server.people.set('u-2', { id: 'u-2', userName: 'ADA@example.com' })
    const failure = await failureOf(connector.give(giveCall(ada, target)))
    expect(failure).toMatchObject({ retryable: false, happened: 'no' })
    expect(failure.message).toContain('several people have the userName ada@example.com')
    expect(await failureOf(has())).toMatchObject({ retryable: false })
  })

  test.each([
    ['userName', 'ADA@example.com', 'ada@example.com'],
    ['email', 'old-ada@example.com', 'ada@work.example'],
    ['externalId', 'e-ada', 'e-ada'],
  ])('people are known by their %s', async (person, principal, listed) => {
    const by = connect({ token: 'token-1', person })
    await by.give(giveCall(principal, target))
    expect(membersOf('g1')).toEqual(['u-ada'])
    expect(await everyHolder(by, target)).toEqual([listed])
    await by.take(call(principal, target))
    expect(membersOf('g1')).toEqual([])
  })

  test('externalId is compared with its case', async () => {
    const by = connect({ token: 'token-1', person: 'externalId' })
    expect(await failureOf(by.give(giveCall('E-ADA', target)))).toMatchObject({ happened: 'no' })
  })

  test('whoever was renamed after the give is still found to hold it, and loses it', async () => {
    await connector.give(giveCall(ada, target))
    server.people.set('u-ada', { id: 'u-ada', userName: 'ada.smith@example.com' })
    server.people.set('u-new', { id: 'u-new', userName: ada })
    expect(await has()).toBe(true)
    await connector.take(call(ada, target))
    expect([membersOf('g1'), await has()]).toEqual([[], false])
  })

  /** Ada had it and it was taken; she marries, and another Ada is hired under her old name. */
  async function renamed(by = connector) {
    await by.give(giveCall(ada, target))
    await by.take(call(ada, target))
    expect(await has(ada, by)).toBe(false)
    server.people.set('u-ada', { id: 'u-ada', userName: 'ada.smith@example.com' })
    server.people.set('u-new', { id: 'u-new', userName: ada })
  }

  test.each(['0ms', '1s'])(
    'what one person holds is not told of another who has their old name (lag %s)',
    async (lag) => {
      const by = connect({ token: 'token-1', lag })
      await renamed(by)
      await by.give(giveCall('ada.smith@example.com', target))
      expect(await has('ada.smith@example.com', by)).toBe(true)
      expect(await everyHolder(by, target)).toEqual(['ada.smith@example.com'])
      expect(await has(ada, by)).toBe(false)
    },
  )

  test.each(['0ms', '1s'])(
    'a take from whoever has the old name does not take from whoever had it (lag %s)',
    async (lag) => {
      const by = connect({ token: 'token-1', lag })
      await renamed(by)
      await by.give(giveCall('ada.smith@example.com', target))
      await by.give(giveCall(ada, target))
      await by.take(call(ada, target))
      expect(membersOf('g1')).toEqual(['u-ada'])
    },
  )

  test('what somebody was given by their new name stays when what they had by the old one ends', async () => {
    await connector.give(giveCall(ada, target))
    server.people.set('u-ada', { id: 'u-ada', userName: 'ada.smith@example.com' })
    await connector.give(giveCall('ada.smith@example.com', target))
    await connector.take(call(ada, target))
    expect([membersOf('g1'), await has(), await has('ada.smith@example.com')]).toEqual([
      ['u-ada'],
      false,
      true,
    ])
    await connector.take(call('ada.smith@example.com', target))
    expect(membersOf('g1')).toEqual([])
  })

  test('what another took meanwhile is not remembered of whoever had it once the server said so', async () => {
    await connector.give(giveCall(ada, target))
    await connect().take(call(ada, target))
    server.people.set('u-ada', { id: 'u-ada', userName: 'ada.smith@example.com' })
    expect(await has()).toBe(false)
    await connect().give(giveCall('ada.smith@example.com', target))
    expect(await has()).toBe(false)
    await connector.take(call(ada, target))
    expect(membersOf('g1')).toEqual(['u-ada'])
  })

  test('whoever was renamed is still asked for after a take that a slow server lost', async () => {
    const by = connect({ token: 'token-1', lag: '1s' })
    await by.give(giveCall(ada, target))
    server.people.set('u-ada', { id: 'u-ada', userName: 'ada.smith@example.com' })
    server.losesNext = 1
    await by.take(call(ada, target))
    expect(await has(ada, by)).toBe(true)
    await by.take(call(ada, target))
    expect([membersOf('g1'), await has(ada, by)]).toEqual([[], false])
  })

  test.each([
    ['no resources', { totalResults: 1 }],
    ['resources that are null', { totalResults: 1, Resources: null }],
    ['an empty page', { totalResults: 1, Resources: [], itemsPerPage: 0, startIndex: 1 }],
  ])('one person, but %s, is not nobody', async (_, body) => {
    server.groups.set('g1', { displayName: 'dba', members: ['u-ada'], version: 1 })
    for (const attempt of [
      () => has(),
      () => connector.take(call(ada, target)),
      () => connector.give(giveCall(ada, target)),
    ]) {
      server.next.push({ status: 200, body: JSON.stringify(body) })
      expect(await failureOf(attempt())).toMatchObject({ retryable: true, happened: 'unknown' })
    }
    expect(membersOf('g1')).toEqual(['u-ada'])
  })

  /** The next so many changes are answered with 409, as RFC 7644 (3.12) has it of a version that is not the latest. */
  function conflicts(many: number) {
    const seen = server.asked.push.bind(server.asked)
    let left = many
    server.asked.push = (one) => {
      if (one.startsWith('PATCH') && left-- > 0) {
        const schemas = ['urn:ietf:params:scim:api:messages:2.0:Error']
        const detail = 'the version is another now'
        server.next.push({ status: 409, body: JSON.stringify({ schemas, status: '409', detail }) })
      }
      return seen(one)
    }
  }

  test.each([true, false])(
    'a change that is refused since the version is another now (409) is made once more (versions: %s)',
    async (hasVersions) => {
      server.hasVersions = hasVersions
      conflicts(1)
      await connector.give(giveCall(ada, target))
      expect([membersOf('g1'), changes()]).toEqual([['u-ada'], 2])
      conflicts(1)
      await connector.take(call(ada, target))
      expect(membersOf('g1')).toEqual([])
    },
  )

  test('a version that is another again and again is tried later, and nothing happened', async () => {
    server.hasVersions = true
    conflicts(9)
    expect(await failureOf(connector.give(giveCall(ada, target)))).toMatchObject({
      retryable: true,
      happened: 'no',
    })
  })

  test('an answer about another group, or another person, is not an answer about this one', async () => {
    server.groups.set('g1', { displayName: 'dba', members: ['u-ada'], version: 1 })
    const found = { totalResults: 1, Resources: [{ id: 'u-ada', userName: ada }] }
    server.next.push(
      { status: 200, body: JSON.stringify(found) },
      { status: 200, body: JSON.stringify({ id: 'g2', members: [] }) },
    )
    expect(await failureOf(has())).toMatchObject({ retryable: true })
    server.next.push(
      { status: 200, body: JSON.stringify({ id: 'g1', members: [{ value: 'u-ada' }] }) },
      { status: 200, body: JSON.stringify({ id: 'u-lin', userName: 'lin@example.com' }) },
    )
    expect(await failureOf(everyHolder(connector, target))).toMatchObject({ retryable: true })
  })

  test.each([
    ['token-2\n', 'given'],
    ['token-1\n', false],
  ])('a token in a file is read anew where it is not accepted: %j', async (next, outcome) => {
    const folder = await mkdtemp(join(tmpdir(), 'curfew-scim-'))
    const file = join(folder, 'token')
    await writeFile(file, 'token-1\n')
    const by = connect({ token: { file } })
    const seen = server.asked.push.bind(server.asked)
    server.asked.push = (one) => {
      if (one.startsWith('GET /Groups') && !server.accepted.has('token-2')) {
        writeFileSync(file, next)
        server.accepted.clear()
        server.accepted.add('token-2')
      }
      return seen(one)
    }
    const given = await by.give(giveCall(ada, target)).then(
      () => 'given',
      (error: unknown) => connectorErrorOf(error)?.retryable,
    )
    await rm(folder, { recursive: true })
    expect(given).toBe(outcome)
  })

  test('people whose names differ in case alone are one, but for an externalId', () => {
    const written = (person: string) => connect({ token: 'token-1', person }).canonicalPrincipal?.('Lin')
    expect(['userName', 'email', 'externalId'].map(written)).toEqual(['lin', 'lin', 'Lin'])
  })

  test('a page that is not of SCIM does not say that a group or a person is gone', async () => {
    const lost = connectScim(server.url.replace('/scim/v2', '/scim/v3'), { token: 'token-1' })
    opened.push(lost)
    for (const attempt of [
      lost.give(giveCall(ada, target)),
      lost.take(call(ada, target)),
      lost.has({ principal: ada, target, signal: soon() }),
      lost.list({ target, after: null, signal: soon() }),
      lost.check({ targets: [target], signal: soon() }),
    ])
      expect((await failureOf(attempt)).message).toContain('not as SCIM does')
    server.next.push({ status: 404, body: '<html>proxy</html>' })
    expect(await failureOf(connector.list({ target, after: null, signal: soon() }))).toMatchObject({
      retryable: false,
    })
  })

  test.each([
    ['nothing', ''],
    ['no JSON', '<html>'],
    ['another shape', '{"members":[]}'],
    ['a null', 'null'],
  ])('%s is never read as "nobody"', async (_, body) => {
    server.next.push({ status: 200, body })
    expect(await failureOf(connector.list({ target, after: null, signal: soon() }))).toMatchObject({
      retryable: true,
    })
    server.next.push({ status: 200, body })
    expect(await failureOf(has())).toMatchObject({ retryable: true })
  })

  test('a server that has too much to do is waited for where it asks for a moment, else tried later', async () => {
    server.next.push({ status: 429, headers: { 'retry-after': '0' } })
    await connector.give(giveCall(ada, target))
    expect(membersOf('g1')).toEqual(['u-ada'])
    server.next.push({ status: 429, headers: { 'retry-after': '60' } })
    expect(await failureOf(connector.take(call(ada, target)))).toMatchObject({
      retryable: true,
      happened: 'no',
    })
    server.next.push({ status: 429, headers: { 'retry-after': '2' } })
    const signal = AbortSignal.timeout(200)
    expect(await failureOf(connector.take({ ...call(ada, target), signal }))).toMatchObject({
      retryable: true,
    })
  })

  test.each([
    [400, false, 'no'],
    [403, false, 'no'],
    [409, false, 'no'],
    [413, false, 'no'],
    [429, true, 'no'],
    [500, true, 'unknown'],
    [501, false, 'no'],
    [503, true, 'unknown'],
    [301, false, 'no'],
  ])('a change that is answered with %i: retryable %s, happened %s', async (status, retryable, happened) => {
    const body = JSON.stringify({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: String(status),
      scimType: 'tooMany',
      detail: 'not with token-1',
    })
    server.meanwhile = null
    const asked = server.asked.push.bind(server.asked)
    server.asked.push = (one) => {
      if (one.startsWith('PATCH')) server.next.push({ status, body })
      return asked(one)
    }
    const failure = await failureOf(connector.give(giveCall(ada, target)))
    expect(failure).toMatchObject({ retryable, happened })
    expect(failure.message).toContain('tooMany: not with …')
  })

  test('what fails after a change was sent may have happened', async () => {
    const asked = server.asked.push.bind(server.asked)
    server.asked.push = (one) => {
      if (changes() > 0) server.next.push({ status: 403 })
      return asked(one)
    }
    expect(await failureOf(connector.give(giveCall(ada, target)))).toMatchObject({ happened: 'unknown' })
  })

  test('the check says what the server cannot do, and passes where it does not say', async () => {
    server.config = { patch: { supported: false }, filter: { supported: false } }
    const lacks = await connector.check({ targets: [target], signal: soon() })
    server.config = null
    expect(lacks.map(({ what }) => what)).toEqual([
      'it does not change groups by PATCH, which giving and taking need',
      'it does not filter, which looking people up needs',
    ])
    expect(await connector.check({ targets: [target], signal: soon() })).toEqual([])
  })

  test('many are listed by pages of everybody, and whoever is in none of them by themselves', async () => {
    const ids = Array.from({ length: 450 }, (_, i) => `p-${i}`)
    for (const id of ids) server.people.set(id, { id, userName: `name of ${id}` })
    server.groups.set('g1', { displayName: 'dba', members: [...ids, 'u-gone'], version: 1 })
    const listed = await everyHolder(connector, target)
    expect(new Set(listed)).toEqual(
      new Set([...ids.map((id) => `name of ${id}`), 'member without a person: u-gone']),
    )
    expect(server.asked.length).toBeLessThan(10)
  })

  describe('with a client of its own', () => {
    const secret = 's e:cret/+ü'
    const oauth = () => ({
      url: server.tokenUrl,
      clientId: 'cur:few',
      clientSecret: secret,
      scope: 'scim.write',
    })
    const aToken = (access_token: string, expires_in?: number) => {
      server.tokens.push({
        body: { access_token, token_type: 'Bearer', ...(expires_in ? { expires_in } : {}) },
      })
      server.accepted.add(access_token)
    }

    test('one token serves many calls, and is fetched anew a little before its end', async () => {
      const by = connect({ oauth: oauth() })
      aToken('short', 1)
      await Promise.all([has(ada, by), has('lin@example.com', by)])
      expect(server.tokenRequests).toEqual([
        {
          authorization: `Basic ${Buffer.from('cur%3Afew:s+e%3Acret%2F%2B%C3%BC').toString('base64')}`,
          body: 'grant_type=client_credentials&scope=scim.write',
        },
      ])
      aToken('long', 3_600)
      await new Promise((resolve) => setTimeout(resolve, 600))
      await has(ada, by)
      await has(ada, by)
      expect(server.tokenRequests).toHaveLength(2)
    })

    test('a token that is not accepted any more is replaced once', async () => {
      const by = connect({ oauth: { ...oauth(), secretIn: 'body' } })
      aToken('first', 3_600)
      await has(ada, by)
      server.accepted.delete('first')
      aToken('second', 3_600)
      await by.give(giveCall(ada, target))
      expect(membersOf('g1')).toEqual(['u-ada'])
      expect(new URLSearchParams(server.tokenRequests[1]?.body).get('client_secret')).toBe(secret)
      server.accepted.delete('second')
      server.tokens.push({ body: { access_token: 'third' } })
      const failure = await failureOf(by.take(call(ada, target)))
      expect(failure).toMatchObject({ retryable: false, happened: 'no' })
      expect(failure.message).toContain("did not accept Curfew's login (401): the token … is not known")
    })

    test.each([
      [400, { error: 'invalid_client', error_description: `not ${secret}` }, false, 'not accept'],
      [401, { error: 'invalid_client' }, false, 'not accept'],
      [400, { error: 'invalid_scope' }, false, 'invalid_scope'],
      [503, {}, true, '503'],
      [200, { token: 'x' }, true, 'cannot be read'],
    ])('a token server that answers %i %j', async (status, body, retryable, words) => {
      const by = connect({ oauth: oauth() })
      server.tokens.push({ status, body })
      const failure = await failureOf(by.give(giveCall(ada, target)))
      expect(failure).toMatchObject({ retryable, happened: 'no' })
      expect(failure.message).toContain(words)
      expect(inspect(failure, { depth: 12, showHidden: true })).not.toContain(secret)
    })

    test('one that cannot be reached is tried again, and nothing happened', async () => {
      const by = connect({ oauth: { ...oauth(), url: 'http://127.0.0.1:1/token' } })
      expect(await failureOf(by.give(giveCall(ada, target)))).toMatchObject({
        retryable: true,
        happened: 'no',
      })
    })
  })

  test('a token in a mounted file is read anew at each call, and kept out of the log', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'curfew-secret-'))
    const file = join(folder, 'token')
    const hidden: string[] = []
    const settings = scim.settings.parse({ url: server.url, token: { file } })
    const by = scim.connect(settings, { ...surroundings(2_500), hide: (text) => hidden.push(text) })
    opened.push(by)
    await writeFile(file, 'token-1\n')
    await has(ada, by)
    server.accepted.delete('token-1')
    server.accepted.add('token-2')
    await writeFile(file, 'token-2\n')
    await has(ada, by)
    await rm(folder, { recursive: true })
    expect(new Set(hidden)).toEqual(new Set(['token-1', 'token-2']))
    expect(await failureOf(has(ada, by))).toMatchObject({ retryable: true, happened: 'no' })
  })
})

describe('scim settings', () => {
  const good = { url: 'https://id.example.com/scim/v2', token: 'x' }
  const oauth = { url: 'https://id.example.com/token', clientId: 'c', clientSecret: 's' }
  test.each([
    ['a token', good, true],
    ['a token in a file', { ...good, token: { file: '/run/secrets/x' } }, true],
    ['a client', { url: good.url, oauth }, true],
    ['both', { ...good, oauth }, false],
    ['neither', { url: good.url }, false],
    ['a client without a secret', { url: good.url, oauth: { ...oauth, clientSecret: '' } }, false],
    ['http elsewhere', { ...good, url: 'http://id.example.com/scim/v2' }, false],
    ['an address with a query', { ...good, url: 'https://id.example.com/scim/v2?x=1' }, false],
    ['people by e-mail', { ...good, person: 'email' }, true],
    ['people by their name', { ...good, person: 'displayName' }, false],
    ['a lag', { ...good, lag: '5s', late: '1m' }, true],
    ['an unknown key', { ...good, tokn: 'x' }, false],
  ])('%s', (_, settings, isGood) => {
    expect(scim.settings.safeParse(settings).success).toBe(isGood)
  })

  test.each([
    [{ group: 'g1' }, true],
    [{ group: '' }, false],
    [{ group: '..' }, false],
    [{ displayName: 'dba' }, false],
    [{ group: 'g1', displayName: 'dba' }, false],
  ])('the catalog is told whether %j is a group', (target, isOne) => {
    expect(scim.target.safeParse(target).success).toBe(isOne)
  })
})
