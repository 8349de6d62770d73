import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { awsIdentityCenter } from '../../src/connectors/aws-identity-center/aws-identity-center.ts'
import type { Connector, ConnectorError } from '../../src/domain/connector.ts'
import { instanceArn, region, storeId } from '../standin/aws/state.ts'
import { hasMoto, startMoto, type Moto } from '../support/moto.ts'
import { aProxy } from '../support/proxy.ts'
import {
  anInstance,
  leastRights,
  without,
  type IdentityCenterHarness,
} from './aws-identity-center-harness.ts'
import {
  call,
  connectorContract,
  everyHolder,
  failureOf,
  giveCall,
  surroundings,
} from '../../src/testing/contract.ts'

connectorContract('aws-identity-center, groups (stand-in)', () => anInstance('groups'))
connectorContract('aws-identity-center, assignments (stand-in)', () => anInstance('assignments'))

const soon = () => AbortSignal.timeout(5_000)
const short = () => randomBytes(4).toString('hex')
const withId = z.object({ id: z.string() })

describe('aws-identity-center', () => {
  let system: IdentityCenterHarness
  let connector: Connector
  beforeAll(async () => {
    system = await anInstance('assignments')
    connector = system.connect()
  })
  afterEach(() => system.admin('moods', { delayMs: 120, failsWith: null }))
  afterAll(async () => {
    await connector.close()
    await system.stop()
  })
  const anAssignment = async () => ({
    principal: await system.aPrincipal(),
    target: await system.anAssignment(),
  })
  const aMembership = async () => ({
    principal: await system.aPrincipal(),
    target: { group: await system.aGroup() },
  })
  const quiet = async () => {
    const count = z.object({ count: z.number() })
    while (count.parse(await system.admin('under-way')).count > 0) await sleep(20)
  }

  test('who is disabled is given nothing, and can still be taken out', async () => {
    const { principal, target } = await aMembership()
    const other = await system.anAssignment()
    await connector.give(giveCall(principal, target))
    await system.admin('disable-user', { id: system.idOf(principal) })
    const failure = await failureOf(connector.give(giveCall(principal, other)))
    await connector.take(call(principal, target))
    expect(failure).toMatchObject({ retryable: false, happened: 'no' })
    expect(failure.message).toContain('they are disabled')
    expect(await system.reallyHolds(principal, target)).toBe(false)
  })

  test('people may be known by their e-mail address', async () => {
    const target = { group: await system.aGroup() }
    const email = `${short()}@mail.example.com`
    const { id } = withId.parse(await system.admin('user', { userName: `ada-${short()}`, email }))
    const byEmail = system.connectWith({ people: 'email' })
    await byEmail.give(giveCall(email, target))
    const listed = await everyHolder(byEmail, target)
    const isHeld = await system.admin('holds', { ...target, user: id })
    await byEmail.take(call(email, target))
    await byEmail.close()
    expect([listed, isHeld]).toEqual([[email], { isHeld: true }])
    expect(await system.admin('holds', { ...target, user: id })).toEqual({ isHeld: false })
  })

  test('what somebody has by a group is not theirs: not listed, not said, not taken', async () => {
    const { principal, target } = await anAssignment()
    const group = await system.aGroup()
    await system.admin('member', { group, user: system.idOf(principal) })
    const byGroup = { ...target, type: 'GROUP', principal: group }
    await system.admin('assign', byGroup)
    const has = await connector.has({ principal, target, signal: soon() })
    const listed = await everyHolder(connector, target)
    await connector.give(giveCall(principal, target))
    const between = await connector.has({ principal, target, signal: soon() })
    await connector.take(call(principal, target))
    expect([has, listed, between]).toEqual([false, [], true])
    expect(await connector.has({ principal, target, signal: soon() })).toBe(false)
    expect(await system.reallyHolds(principal, target)).toBe(false)
  })

  test('a give that AWS is still at when its time is up is left open; the take that follows waits and leaves nothing', async () => {
    const { principal, target } = await anAssignment()
    await system.admin('moods', { delayMs: 900 })
    const failure = await failureOf(
      connector.give({ ...giveCall(principal, target), signal: AbortSignal.timeout(300) }),
    )
    await connector.take(call(principal, target))
    await quiet()
    expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
    expect(failure.message).toContain('no answer in time')
    expect(await system.reallyHolds(principal, target)).toBe(false)
  })

  test('a give that AWS is still at when its time is up ends well when it is tried again', async () => {
    const { principal, target } = await anAssignment()
    await system.admin('moods', { delayMs: 700 })
    const same = giveCall(principal, target)
    await failureOf(connector.give({ ...same, signal: AbortSignal.timeout(300) }))
    await connector.give({ ...same, signal: soon() })
    expect(await system.reallyHolds(principal, target)).toBe(true)
  })

  test('a give that comes while AWS is at a take waits for it, and is not undone by it', async () => {
    const { principal, target } = await anAssignment()
    await connector.give(giveCall(principal, target))
    await system.admin('moods', { delayMs: 600 })
    const taking = connector.take(call(principal, target))
    await sleep(100)
    await Promise.all([taking, connector.give(giveCall(principal, target))])
    await quiet()
    expect(await connector.has({ principal, target, signal: soon() })).toBe(
      await system.reallyHolds(principal, target),
    )
    await connector.give(giveCall(principal, target))
    expect(await system.reallyHolds(principal, target)).toBe(true)
  })

  test.each([
    ['Received a 404 status error: Not supported.', { retryable: false, happened: 'no' }],
    ['Received a 403 status error: Account is suspended.', { retryable: false, happened: 'no' }],
    ['Received a 429 status error: Slow down.', { retryable: true, happened: 'unknown' }],
    ['Received a 500 status error: Internal.', { retryable: true, happened: 'unknown' }],
    ['Something else', { retryable: true, happened: 'unknown' }],
  ])('an assignment that AWS gives up on says why: %s', async (failsWith, kind) => {
    const { principal, target } = await anAssignment()
    await system.admin('moods', { failsWith })
    const failure = await failureOf(connector.give(giveCall(principal, target)))
    expect(failure).toMatchObject(kind)
    expect(failure.message).toContain(failsWith)
  })

  test('an account that is gone is said not to exist, and nothing is left to take there', async () => {
    const { principal, target } = await anAssignment()
    await system.admin('close-account', { id: target.account })
    const failure = await failureOf(connector.give(giveCall(principal, target)))
    await connector.take(call(principal, target))
    expect(failure).toMatchObject({ retryable: false, happened: 'no' })
    expect(failure.message).toMatch(/does not exist.*Account not found/)
  })

  test('a take that AWS gives up on is no success while it is still there', async () => {
    const { principal, target } = await anAssignment()
    await connector.give(giveCall(principal, target))
    await system.admin('moods', { failsWith: 'Received a 500 status error: Internal.' })
    const failure = await failureOf(connector.take(call(principal, target)))
    expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
    expect(await system.reallyHolds(principal, target)).toBe(true)
  })

  test('AWS is asked for a few assignments at once, however many are wanted', async () => {
    const target = await system.anAssignment()
    const principals = await Promise.all(Array.from({ length: 40 }, () => system.aPrincipal()))
    await Promise.all(principals.map((principal) => connector.give(giveCall(principal, target))))
    expect(await everyHolder(connector, target)).toHaveLength(40)
  })

  test('being asked too often while AWS is at it is waited out', async () => {
    const { principal, target } = await anAssignment()
    const patient = system.connect()
    await system.admin('limit', { action: 'DescribeAccountAssignmentCreationStatus', ms: 700 })
    await patient.give(giveCall(principal, target))
    const limited = await system.admin('limited')
    await patient.close()
    expect(limited).not.toEqual({ refusedCalls: 0 })
    expect(await system.reallyHolds(principal, target)).toBe(true)
  })

  test('once AWS has begun, whatever fails leaves it open', async () => {
    const { principal, target } = await anAssignment()
    const login = await system.aKey(without('sso:DescribeAccountAssignmentCreationStatus'))
    const weak = system.connectWith({ login })
    const failure = await failureOf(weak.give(giveCall(principal, target)))
    await weak.close()
    await quiet()
    expect(failure).toMatchObject({ retryable: false, happened: 'unknown' })
    expect(failure.message).toContain('lacks the right')
    expect(await system.reallyHolds(principal, target)).toBe(true)
  })

  test('once AWS says that it is asked too often, it is left alone for as long as it says', async () => {
    const { principal, target } = await aMembership()
    const patient = system.connect()
    await system.admin('limit', { action: 'CreateGroupMembership', ms: 1_500, retryAfterSeconds: 2 })
    const failures = []
    for (let i = 0; i < 4; i += 1) failures.push(await failureOf(patient.give(giveCall(principal, target))))
    const limited = await system.admin('limited')
    await sleep(2_100)
    await patient.give(giveCall(principal, target))
    await patient.close()
    for (const failure of failures) expect(failure).toMatchObject({ retryable: true, happened: 'no' })
    expect(failures.map(({ message }) => message)).toEqual([
      expect.stringContaining('it was asked too often (ThrottlingException)'),
      ...Array.from({ length: 3 }, () => expect.stringMatching(/is asked again in [12] s$/) as unknown),
    ])
    expect(limited).toEqual({ refusedCalls: 1 })
    expect(await system.reallyHolds(principal, target)).toBe(true)
  })

  test("what is signed bears Curfew's time, and not this machine's", async () => {
    const { principal, target } = await aMembership()
    const offsetMs = 3_600_000
    await system.admin('clock', { offsetMs })
    const right = system.connectWith({}, { now: () => new Date(Date.now() + offsetMs) })
    // Nor does it go by what AWS says the time is, though it says so with each answer.
    const failures: ConnectorError[] = []
    const keepAsking = async () => {
      for (let i = 0; i < 10; i += 1)
        failures.push(await failureOf(connector.has({ principal, target, signal: soon() })))
    }
    await Promise.all(Array.from({ length: 10 }, keepAsking))
    await right.give(giveCall(principal, target))
    await right.close()
    await system.admin('clock', { offsetMs: 0 })
    for (const one of failures) {
      expect(one).toMatchObject({ retryable: true, happened: 'no' })
      expect(one.message).toContain('their clocks differ')
    }
    expect(await system.reallyHolds(principal, target)).toBe(true)
  })

  test('keys in files are read anew at each call', async () => {
    const { principal, target } = await aMembership()
    const folder = await mkdtemp(join(tmpdir(), 'keys-'))
    const [idFile, secretFile] = [join(folder, 'id'), join(folder, 'secret')]
    const [old, fresh] = [await system.aKey(), await system.aKey(leastRights)]
    const write = async (key: typeof old) => {
      await writeFile(idFile, key.accessKeyId)
      await writeFile(secretFile, `${key.secretAccessKey}\n`)
    }
    await write(old)
    const hidden: string[] = []
    const rotating = system.connectWith(
      { login: { accessKeyId: { file: idFile }, secretAccessKey: { file: secretFile } } },
      { hide: (secret) => void hidden.push(secret) },
    )
    const failure = await failureOf(rotating.give(giveCall(principal, target)))
    await write(fresh)
    await rotating.give(giveCall(principal, target))
    await rotating.close()
    await rm(folder, { recursive: true })
    expect(failure.message).toContain('lacks the right')
    expect(hidden).toEqual(expect.arrayContaining([old.secretAccessKey, fresh.secretAccessKey]))
  })

  describe('with a role', () => {
    const aRole = async (more: object) => {
      const arn = `arn:aws:iam::111122223333:role/curfew-${short()}`
      await system.admin('role', { arn, statements: leastRights, ...more })
      return arn
    }
    const asked = async () => (await system.counts())['AssumeRole'] ?? 0

    test('it is assumed once, by whom it trusts, and its keys are kept out of the log', async () => {
      const { principal, target } = await aMembership()
      const trusts = `arn:aws:iam::111122223333:user/${short()}`
      const key = { id: `AKIA${short()}`, secret: `secret-${short()}` }
      await system.admin('key', { ...key, arn: trusts, statements: [] })
      const role = await aRole({ trusts, externalId: 'of curfew' })
      const own = { accessKeyId: key.id, secretAccessKey: key.secret, role }
      const hidden: string[] = []
      const before = await asked()
      const assuming = system.connectWith(
        { login: { ...own, externalId: 'of curfew' } },
        { hide: (secret) => void hidden.push(secret) },
      )
      const stranger = system.connectWith({ login: own })
      await Promise.all([1, 2, 3].map(() => assuming.has({ principal, target, signal: soon() })))
      await assuming.give(giveCall(principal, target))
      const once = (await asked()) - before
      await system.admin('expire-roles')
      const expired = await failureOf(assuming.give(giveCall(principal, target)))
      await assuming.take(call(principal, target))
      const refused = [
        await failureOf(stranger.give(giveCall(principal, target))),
        await failureOf(stranger.check({ targets: [target], signal: soon() })),
      ]
      await Promise.all([assuming.close(), stranger.close()])
      expect([once, hidden.length]).toEqual([1, 4])
      expect(expired).toMatchObject({ retryable: true, happened: 'no' })
      for (const failure of refused) {
        expect(failure).toMatchObject({ retryable: false, happened: 'no' })
        expect(failure.message).toContain(`could not assume the role ${role}: Curfew's login lacks the right`)
      }
      expect(await system.reallyHolds(principal, target)).toBe(false)
    })

    test('it is assumed anew before it expires', async () => {
      const { principal, target } = await aMembership()
      const key = await system.aKey()
      const trusts = `arn:aws:iam::111122223333:user/${short()}`
      await system.admin('key', {
        id: key.accessKeyId,
        secret: key.secretAccessKey,
        arn: trusts,
        statements: [],
      })
      const role = await aRole({ trusts, seconds: 301 })
      const assuming = system.connectWith({ login: { ...key, role } })
      const before = await asked()
      await assuming.has({ principal, target, signal: soon() })
      await assuming.has({ principal, target, signal: soon() })
      const kept = (await asked()) - before
      await sleep(1_050)
      await assuming.has({ principal, target, signal: soon() })
      await assuming.close()
      expect([kept, (await asked()) - before]).toEqual([1, 2])
    })

    test('a token of a provider that it trusts is enough, where the file may be opened', async () => {
      const { principal, target } = await aMembership()
      const folder = await mkdtemp(join(tmpdir(), 'token-'))
      const file = join(folder, 'token')
      const role = await aRole({ webIdentity: 'eyJ.the.token' })
      const login = { webIdentity: { file }, role }
      const opened = system.connectWith({ login })
      const closed = system.connectWith({ login }, { opens: () => false })
      await writeFile(file, 'eyJ.another.token\n')
      const wrong = await failureOf(opened.give(giveCall(principal, target)))
      await writeFile(file, 'eyJ.the.token\n')
      await opened.give(giveCall(principal, target))
      const refused = await failureOf(closed.give(giveCall(principal, target)))
      await Promise.all([opened.close(), closed.close()])
      await rm(folder, { recursive: true })
      expect(wrong).toMatchObject({ retryable: false, happened: 'no' })
      expect(wrong.message).toContain('did not accept')
      expect(wrong.message).not.toContain('eyJ')
      expect(refused.message).toContain('CATALOG_FILES')
      expect(await system.reallyHolds(principal, target)).toBe(true)
    })
  })

  test("nothing of this machine's own is used: neither its login nor its settings; and proxies are gone through", async () => {
    const { principal, target } = await aMembership()
    const proxy = await aProxy({ to: system.port })
    const borrowed = {
      AWS_ACCESS_KEY_ID: 'AKIAOFTHEMACHINE',
      AWS_SECRET_ACCESS_KEY: 'of-the-machine',
      AWS_SESSION_TOKEN: 'of-the-machine',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      AWS_ENDPOINT_URL_IDENTITYSTORE: 'http://127.0.0.1:1',
      AWS_REGION: 'us-east-1',
      AWS_PROFILE: 'of-the-machine',
      AWS_USE_FIPS_ENDPOINT: 'true',
      AWS_USE_DUALSTACK_ENDPOINT: 'true',
      AWS_CONFIG_FILE: '/nonexistent/config',
      AWS_MAX_ATTEMPTS: '9',
    }
    const before = { ...process.env }
    Object.assign(process.env, borrowed)
    try {
      const own = system.connect()
      await own.give(giveCall(principal, target))
      await own.close()
      const bare = system.connectWith(
        { endpoint: undefined },
        { proxies: { http: null, https: proxy.url, except: '' } },
      )
      await failureOf(bare.has({ principal, target, signal: soon() }))
      await bare.close()
    } finally {
      for (const name of Object.keys(borrowed)) {
        if (before[name] === undefined) Reflect.deleteProperty(process.env, name)
        else process.env[name] = before[name]
      }
    }
    expect(await system.reallyHolds(principal, target)).toBe(true)
    expect(new Set(proxy.asked)).toEqual(new Set(['identitystore.eu-central-1.amazonaws.com:443']))
  })

  test('whoever follows the remedies of the check can give and take', async () => {
    const places = [await aMembership(), await anAssignment()]
    const targets = places.map(({ target }) => target)
    const login = await system.aKey()
    const weak = system.connectWith({ login })
    const lacks = await weak.check({ targets, signal: soon() })
    for (const { remedy } of lacks)
      await system.admin('allow', {
        id: login.accessKeyId,
        statement: z.looseObject({}).parse(JSON.parse(remedy ?? '')),
      })
    const after = await weak.check({ targets, signal: soon() })
    // The one right that is not rehearsed.
    await system.admin('allow', {
      id: login.accessKeyId,
      statement: { Effect: 'Allow', Action: ['sso:CreateAccountAssignment'], Resource: ['*'] },
    })
    for (const { principal, target } of places) {
      await weak.give(giveCall(principal, target))
      expect(await weak.has({ principal, target, signal: soon() })).toBe(true)
      expect(await everyHolder(weak, target)).toEqual([principal])
      await weak.take(call(principal, target))
    }
    await weak.close()
    expect([lacks.length, after]).toEqual([3, []])
  })

  test('the check gives and takes nothing', async () => {
    const places = [await aMembership(), await anAssignment()]
    for (const { principal, target } of places) await connector.give(giveCall(principal, target))
    await connector.check({ targets: places.map(({ target }) => target), signal: soon() })
    await quiet()
    for (const { principal, target } of places)
      expect(await everyHolder(connector, target)).toEqual([principal])
  })

  test('an identity store that is not the one of the instance is no "nobody is called so"', async () => {
    const { principal, target } = await aMembership()
    const wrong = system.connectWith({ identityStore: 'd-0000000000' })
    const failures = [
      await failureOf(wrong.has({ principal, target, signal: soon() })),
      await failureOf(wrong.take(call(principal, target))),
    ]
    await wrong.close()
    for (const failure of failures) expect(failure).toMatchObject({ retryable: false, happened: 'no' })
  })

  test('what the settings name wrongly is said by the check, with what is right', async () => {
    const all = await system.aKey([
      { Effect: 'Allow', Action: ['identitystore:*', 'sso:*'], Resource: ['*'] },
    ])
    const checked = async (settings: object, target: object) => {
      const wrong = system.connectWith({ login: all, ...settings })
      const lacks = await wrong.check({ targets: [awsIdentityCenter.target.parse(target)], signal: soon() })
      await wrong.close()
      return lacks
    }
    const { account, permissionSet } = await system.anAssignment()
    const group = await system.aGroup()
    const elsewhere = instanceArn.replace('ssoins-1', 'ssoins-9')
    expect(await checked({ identityStore: 'd-0000000000' }, { group })).toEqual([
      {
        what: `the instance ${instanceArn} keeps its people in the identity store ${storeId}, and not in d-0000000000`,
        remedy: `identityStore: ${storeId}`,
      },
    ])
    expect(await checked({ instance: elsewhere }, { group })).toEqual([
      { what: `AWS knows of no instance ${elsewhere} in ${region}`, remedy: null },
    ])
    expect(
      await checked({}, { account, permissionSet: permissionSet.replace('ssoins-1', 'ssoins-9') }),
    ).toEqual([{ what: expect.stringContaining('is of another instance') as unknown, remedy: null }])
  })

  test('where nobody uses it, nothing of its SDK is loaded', () => {
    const from = (path: string) => JSON.stringify(new URL(path, import.meta.url).href)
    const program = `
      import { createRequire } from 'node:module'
      const { connectorKinds } = await import(${from('../../src/connectors/registry.ts')})
      const { unused } = await import(${from('../../src/domain/connector.ts')})
      const kind = connectorKinds.get('aws-identity-center')
      const settings = kind.settings.parse(${JSON.stringify({
        region,
        instance: instanceArn,
        identityStore: storeId,
        login: { accessKeyId: 'a', secretAccessKey: 'b' },
      })})
      await kind.connect(settings, unused(1000)).close()
      const loaded = () => Object.keys(createRequire(import.meta.url).cache).filter((path) => path.includes('@aws-sdk')).length
      const before = loaded()
      await import('@aws-sdk/client-sso-admin')
      console.log(JSON.stringify([before, loaded() > 0]))`
    const loader = new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url).href
    const { stdout } = spawnSync(
      process.execPath,
      ['--import', loader, '--input-type=module', '-e', program],
      { encoding: 'utf8', cwd: fileURLToPath(new URL('../..', import.meta.url)) },
    )
    expect(JSON.parse(stdout)).toEqual([0, true])
  })
})

describe('aws-identity-center, where what answers is not as it should be', () => {
  const group = '93a4c8d2-4081-70e5-9d6b-0a8e7a0c1f11'
  const place = { principal: 'ada@example.com', target: { group } }
  let answer: RequestListener
  const asked: string[] = []
  const server = createServer((request, response) => {
    request.resume()
    asked.push(String(request.headers['x-amz-target']).replace(/.*\./, ''))
    answer(request, response)
  })
  let connector: Connector
  beforeAll(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    connector = awsIdentityCenter.connect(
      awsIdentityCenter.settings.parse({
        region,
        instance: instanceArn,
        identityStore: storeId,
        endpoint: `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`,
        login: { accessKeyId: 'AKIA1', secretAccessKey: 'the-secret' },
      }),
      surroundings(2_000),
    )
  })
  beforeEach(() => void asked.splice(0))
  afterAll(async () => {
    await connector.close()
    server.closeAllConnections()
    server.close()
  })
  const says = (status: number, body: unknown, headers: Record<string, string> = {}): void => {
    answer = (_request, response) =>
      response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body))
  }
  const everything = () =>
    Promise.all([
      failureOf(connector.give(giveCall(place.principal, place.target))),
      failureOf(connector.take(call(place.principal, place.target))),
      failureOf(connector.has({ ...place, signal: soon() })),
      failureOf(connector.list({ target: place.target, after: null, signal: soon() })),
      failureOf(connector.check({ targets: [], signal: soon() })),
    ])

  test('somebody else who comes back for a name is given nothing', async () => {
    says(200, { IdentityStoreId: storeId, UserId: group, UserName: 'mallory@example.com' })
    const failure = await failureOf(connector.give(giveCall(place.principal, place.target)))
    expect(failure).toMatchObject({ retryable: false, happened: 'no' })
    expect(asked).toEqual(['GetUserId', 'DescribeUser'])
  })

  test.each([
    [404, '<html>no such page</html>', { retryable: false, happened: 'no' }],
    [404, { message: 'no such page' }, { retryable: false, happened: 'no' }],
    [400, { __type: 'ResourceNotFoundException', Message: 'of what?' }, { retryable: false, happened: 'no' }],
    [403, '<html>Sign in</html>', { retryable: false, happened: 'no' }],
    [302, '', { retryable: false, happened: 'no' }],
    [429, '', { retryable: true, happened: 'unknown' }],
    [502, '<html>Bad gateway</html>', { retryable: true, happened: 'unknown' }],
    [500, { __type: 'InternalServerException', Message: 'Oh' }, { retryable: true, happened: 'unknown' }],
    [400, { __type: 'SomethingNew', message: 'Oh' }, { retryable: false, happened: 'no' }],
    [200, '<html>Sign in</html>', { retryable: true, happened: 'unknown' }],
    [200, { UserId: 7 }, { retryable: true, happened: 'unknown' }],
    [200, '', { retryable: true, happened: 'unknown' }],
  ])('%i with %j is taken neither for done nor for "they are gone"', async (status, body, kind) => {
    says(status, body)
    for (const failure of await everything()) {
      expect(failure).toMatchObject(kind)
      expect(JSON.stringify([failure.message, failure.stack])).not.toContain('the-secret')
    }
  })

  test.each([
    [{ region: 'here' }, /must be a region/],
    [{ instance: 'ssoins-1234567890abcdef' }, /must be the ARN of an instance/],
    [{ identityStore: 'mine' }, /must be the id of an identity store/],
    [{ login: undefined }, /must be \{ accessKeyId, secretAccessKey \}/],
    [{ login: 'default' }, /must be \{ accessKeyId, secretAccessKey \}/],
    [{ login: { webIdentity: { file: '/run/token' } } }, /or \{ webIdentity, role \}/],
    [{ login: { accessKeyId: 'a', secretAccessKey: 'b', profile: 'c' } }, /Unrecognized key/],
    [{ endpoint: 'http://sso.example.com' }, /must be https/],
    [{ endpoint: 'https://sso.example.com/api' }, /nothing after its host/],
    [{ people: 'name' }, /"userName"\|"email"/],
    [{ late: '1h' }, /must be a time/],
  ])('the settings %j are refused', (written, why) => {
    const parsed = awsIdentityCenter.settings.safeParse({
      region,
      instance: instanceArn,
      identityStore: storeId,
      login: { accessKeyId: 'a', secretAccessKey: 'b' },
      ...written,
    })
    expect(parsed.error?.issues.map(({ message }) => message).join()).toMatch(why)
  })

  const permissionSet = `${instanceArn.replace(':instance/', ':permissionSet/')}/ps-1234567890abcdef`
  test.each([
    [{}, /must name either a group, or an account and a permissionSet/],
    [{ group: 'DBA' }, /must be the id of a group/],
    [{ group, account: '111122223333', permissionSet }, /must name either a group, or/],
    [{ group, user: 'ada' }, /Unrecognized key/],
    [{ account: '1111', permissionSet }, /must be the 12 digits of an account, in quotes/],
    [{ account: 111122223333, permissionSet }, /must be the 12 digits of an account, in quotes/],
    [{ account: '111122223333' }, /must name either a group, or/],
    [{ account: '111122223333', permissionSet: 'Admin' }, /must be the ARN of a permission set/],
  ])('the target %j is refused', (written, why) => {
    const parsed = awsIdentityCenter.target.safeParse(written)
    expect(parsed.error?.issues.map(({ message }) => message).join()).toMatch(why)
  })
})

describe('aws-identity-center, where a role cannot be assumed for the moment', () => {
  let answer: RequestListener
  let url: string
  let asked = 0
  const server = createServer((request, response) => {
    request.resume()
    asked += 1
    answer(request, response)
  })
  const connected: Connector[] = []
  const aConnector = (login: object) => {
    const settings = awsIdentityCenter.settings.parse({
      region,
      instance: instanceArn,
      identityStore: storeId,
      endpoint: url,
      login: { role: 'arn:aws:iam::111122223333:role/curfew', ...login },
    })
    const connector = awsIdentityCenter.connect(settings, surroundings(2_000))
    connected.push(connector)
    return connector
  }
  const says = (code: string, message: string): void => {
    answer = (_request, response) =>
      response
        .writeHead(400, { 'content-type': 'text/xml' })
        .end(
          `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
        )
  }
  const target = { group: '93a4c8d2-4081-70e5-9d6b-0a8e7a0c1f11' }
  const looks = (connector: Connector) =>
    failureOf(connector.has({ principal: 'ada@example.com', target, signal: soon() }))
  beforeAll(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    url = `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`
  })
  beforeEach(() => {
    asked = 0
  })
  afterEach(async () => {
    for (const connector of connected.splice(0)) await connector.close()
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  test('a provider that AWS could not reach is asked for again', async () => {
    says('IDPCommunicationError', 'Could not reach the identity provider')
    const failure = await looks(aConnector({ webIdentity: 'a.b.c' }))
    expect(failure.message).toContain('IDPCommunicationError')
    expect(failure).toMatchObject({ retryable: true, happened: 'no' })
  })

  test.each([['Throttling'], ['ThrottlingException']])(
    'once the service for roles says %s, it is left alone',
    async (code) => {
      says(code, 'Rate exceeded')
      const connector = aConnector({ accessKeyId: 'AKIA', secretAccessKey: 's3cret' })
      const failures = [await looks(connector), await looks(connector), await looks(connector)]
      for (const failure of failures) {
        expect(failure.message).toContain('it was asked too often')
        expect(failure).toMatchObject({ retryable: true, happened: 'no' })
      }
      expect(asked).toBe(1)
    },
  )
})

/** Lenient, and made by others: what both take for AWS is more likely to be so. */
const moto = hasMoto() ? describe : describe.skip
moto('aws-identity-center, played by moto', () => {
  let server: Moto
  let connector: Connector
  let instance: { InstanceArn: string; IdentityStoreId: string }
  beforeAll(async () => {
    server = await startMoto(region)
    const { Instances } = z
      .object({ Instances: z.array(z.object({ InstanceArn: z.string(), IdentityStoreId: z.string() })) })
      .parse(await server.ask('sso', 'ListInstances'))
    const [first] = Instances
    if (first === undefined) throw new Error('moto has no instance')
    instance = first
    connector = awsIdentityCenter.connect(
      awsIdentityCenter.settings.parse({
        region,
        instance: instance.InstanceArn,
        identityStore: instance.IdentityStoreId,
        endpoint: server.url,
        login: {
          accessKeyId: 'AKIAANY',
          secretAccessKey: 'any',
          role: 'arn:aws:iam::123456789012:role/curfew',
        },
      }),
      surroundings(2_500),
    )
  })
  afterAll(async () => {
    await connector.close()
    await server.stop()
  })
  async function aPerson(): Promise<string> {
    const UserName = `ada-${short()}@example.com`
    await server.ask('identitystore', 'CreateUser', {
      IdentityStoreId: instance.IdentityStoreId,
      UserName,
      DisplayName: 'Ada',
      Name: { GivenName: 'Ada', FamilyName: 'Lovelace' },
      Emails: [{ Value: UserName, Primary: true }],
    })
    return UserName
  }
  const targets = {
    group: async () => {
      const asked = { IdentityStoreId: instance.IdentityStoreId, DisplayName: `DBA ${short()}` }
      const answer = await server.ask('identitystore', 'CreateGroup', asked)
      return { group: z.object({ GroupId: z.string() }).parse(answer).GroupId }
    },
    // Moto has no ids as AWS's are, and lets any be assigned.
    'permission set': async () => ({
      account: '444455556666',
      permissionSet: `${instance.InstanceArn.replace(':instance/', ':permissionSet/')}/ps-${short()}${short()}`,
    }),
  }

  test.each(['group', 'permission set'] as const)(
    'a %s that is given twice is there once, and gone once it is taken; of others nothing changes',
    async (kind) => {
      const [target, another] = [await targets[kind](), await targets[kind]()]
      const [principal, other] = [await aPerson(), await aPerson()]
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
      // Moto has it twice now.
      await connector.take(call(principal, target))
      await look()
      await connector.take(call(principal, target))
      expect(seen).toEqual([
        [false, false, []],
        [true, false, [principal]],
        [false, false, []],
      ])
      expect(await connector.has({ principal, target: another, signal: soon() })).toBe(true)
    },
  )

  test('more of a group than a page shows are all listed', async () => {
    const target = await targets.group()
    const people = await Promise.all(Array.from({ length: 110 }, aPerson))
    for (const principal of people) await connector.give(giveCall(principal, target))
    expect((await everyHolder(connector, target)).sort()).toEqual(people.sort())
  }, 30_000)

  test('what is not there, and somebody whom nobody knows', async () => {
    const group = '00000000-1111-2222-3333-444444444444'
    const principal = await aPerson()
    const failures = [
      await failureOf(connector.give(giveCall(principal, { group }))),
      await failureOf(connector.give(giveCall('nobody@example.com', await targets.group()))),
    ]
    await connector.take(call(principal, { group }))
    await connector.take(call('nobody@example.com', { group }))
    for (const failure of failures) expect(failure).toMatchObject({ retryable: false, happened: 'no' })
    expect(await connector.check({ targets: [{ group }], signal: soon() })).toEqual([
      { what: expect.stringContaining('does not exist in the identity store') as unknown, remedy: null },
    ])
  })

  test('the check finds the instance, the people and the group, and misses the permission set', async () => {
    const missing = await targets['permission set']()
    expect(await connector.check({ targets: [await targets.group()], signal: soon() })).toEqual([])
    expect(await connector.check({ targets: [missing], signal: soon() })).toEqual([
      { what: `the permission set ${missing.permissionSet} does not exist`, remedy: null },
    ])
  })
})
