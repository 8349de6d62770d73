import { execFileSync } from 'node:child_process'
import { constants } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { mongodb } from '../../src/connectors/mongodb/mongodb.ts'
import type { Connector } from '../../src/domain/connector.ts'
import { call, connectorContract, failureOf, giveCall, surroundings } from '../../src/testing/contract.ts'
import { aGate } from '../../src/testing/gate.ts'
import { aGuardedMongodb, type MongodbHarness } from './mongodb-harness.ts'

connectorContract('mongodb', aGuardedMongodb)

describe('mongodb', () => {
  let system: MongodbHarness
  let connector: Connector
  beforeAll(async () => {
    system = await aGuardedMongodb()
    connector = system.connect()
    await system.admin.db('orders').collection('orders').insertOne({ item: 'lamp' })
  })
  afterAll(async () => {
    await connector.close()
    await system.stop()
  })
  const read = { database: 'orders', role: 'read' }
  const soon = () => AbortSignal.timeout(5_000)

  test('a session that was open before the take is refused at its next command', async () => {
    const principal = await system.aPrincipal()
    await connector.give(giveCall(principal, read))
    const session = await new MongoClient(system.urlOf(principal), { maxPoolSize: 1 }).connect()
    const orders = session.db('orders').collection('orders')
    const before = await orders.countDocuments()
    await connector.take(call(principal, read))
    const after = await orders.countDocuments().catch((error: unknown) => error)
    await session.close()
    expect(before).toBe(1)
    expect(after).toMatchObject({ codeName: 'Unauthorized' })
  })

  test('a session that was open before the give may read at its next command', async () => {
    const principal = await system.aPrincipal()
    const session = await new MongoClient(system.urlOf(principal), { maxPoolSize: 1 }).connect()
    const orders = session.db('orders').collection('orders')
    const before = await orders.countDocuments().catch((error: unknown) => error)
    await connector.give(giveCall(principal, read))
    const after = await orders.countDocuments()
    await session.close()
    expect(before).toMatchObject({ codeName: 'Unauthorized' })
    expect(after).toBe(1)
  })

  test("Curfew's own login can read no data and make no users", async () => {
    const login = await new MongoClient(system.url).connect()
    const attempts = await Promise.allSettled([
      login.db('orders').collection('orders').findOne(),
      login.db('admin').command({ createUser: 'eve', pwd: 'eve', roles: [] }),
      login.db('admin').command({ grantRolesToUser: 'curfew', roles: ['root'] }),
    ])
    await login.close()
    expect(attempts.map((attempt) => attempt.status)).toEqual(['rejected', 'rejected', 'rejected'])
  })

  test('a role of a database that was not entrusted to Curfew is refused for good, and said so', async () => {
    const principal = await system.aPrincipal()
    const failure = await failureOf(
      connector.give(giveCall(principal, { database: 'payroll', role: 'read' })),
    )
    expect(failure).toMatchObject({ retryable: false, happened: 'no' })
    expect(failure.message).toContain('lacks the privilege')
  })

  test('a role that does not exist is refused for good', async () => {
    const principal = await system.aPrincipal()
    const failure = await failureOf(
      connector.give(giveCall(principal, { database: 'orders', role: 'no-such-role' })),
    )
    expect(failure).toMatchObject({ retryable: false, happened: 'no' })
    expect(failure.message).toContain('the role does not exist')
  })

  test('the check names a role that does not exist, with what makes it', async () => {
    const targets = [read, { database: 'orders', role: 'no-such-role' }]
    expect(await connector.check({ targets, signal: AbortSignal.timeout(5_000) })).toEqual([
      {
        what: 'the role no-such-role of the database orders does not exist',
        remedy: `db.getSiblingDB('orders').createRole({ role: "no-such-role", roles: [], privileges: [] })`,
      },
    ])
  })

  test('a give that is delayed on the way may come after the take: it is looked for as long as that', async () => {
    const principal = await system.aPrincipal()
    const gate = await aGate(system.port)
    const by = system.connectBy(gate.port)
    await by.has({ principal, target: read, signal: AbortSignal.timeout(5_000) })
    gate.hold()
    const failure = await failureOf(
      by.give({ ...giveCall(principal, read), signal: AbortSignal.timeout(300) }),
    )
    await connector.take(call(principal, read))
    gate.release()
    while (!(await system.reallyHolds(principal, read)));
    await by.close()
    await gate.close()
    expect({ happened: failure.happened, lateMs: connector.lateMs }).toEqual({
      happened: 'unknown',
      lateMs: 30_000,
    })
  })

  test('a password in a file is read anew when it was rotated, by the connector that is open', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'curfew-password-'))
    const file = join(folder, 'password')
    const users = system.admin.db('admin')
    const login = `rotating-${randomBytes(4).toString('hex')}`
    await users.command({ createUser: login, pwd: 'first', roles: ['curfew'] })
    await writeFile(file, 'first\n')
    const url = `mongodb://${login}@127.0.0.1:${system.port}/?authSource=admin`
    const hidden: string[] = []
    const by = mongodb.connect(mongodb.settings.parse({ url, password: { file } }), {
      ...surroundings(2_500),
      hide: (secret) => void hidden.push(secret),
    })
    const principal = await system.aPrincipal()
    try {
      await by.give(giveCall(principal, read))
      await users.command({ updateUser: login, pwd: 'second' })
      const early = mongodb.connect(mongodb.settings.parse({ url, password: { file } }), surroundings(2_500))
      const refused = await failureOf(early.has({ principal, target: read, signal: soon() }))
      await writeFile(file, 'second\n')
      const answers = [
        await early.has({ principal, target: read, signal: soon() }),
        await by.has({ principal, target: read, signal: soon() }),
      ]
      await early.close()
      expect(refused.message).toMatch(/not accept/)
      expect(answers).toEqual([true, true])
      expect(hidden).toContain('first')
    } finally {
      await by.close()
      await rm(folder, { recursive: true })
    }
  })

  test('a password beside a url that holds one, or names no login, is refused', () => {
    const complaints = (url: string) =>
      mongodb.settings.safeParse({ url, password: 'x' }).error?.issues.map(({ message }) => message)
    const words = ['is of the login in the url, which must name one and hold no password']
    expect(complaints('mongodb://127.0.0.1:1/')).toEqual(words)
    expect(complaints('mongodb://curfew:y@127.0.0.1:1/')).toEqual(words)
    expect(complaints('mongodb://curfew@127.0.0.1:1/')).toBeUndefined()
  })

  test('taking a role that was dropped in the meantime succeeds', async () => {
    const principal = await system.aPrincipal()
    const { target } = await system.aTarget()
    await connector.give(giveCall(principal, target))
    await system.admin.db('orders').command({ dropRole: target['role'] })
    await connector.take(call(principal, target))
    expect(await system.reallyHolds(principal, target)).toBe(false)
  })

  test('while no server is primary a call is tried again, and works once one is', async () => {
    const members = system.admin.db('admin')
    const principal = await system.aPrincipal()
    await members.command({ replSetStepDown: 60, force: true })
    const signal = AbortSignal.timeout(500)
    const failure = await failureOf(connector.give({ ...giveCall(principal, read), signal }))
    await members.command({ replSetFreeze: 0 }, { readPreference: 'secondary' })
    await connector.give(giveCall(principal, read))
    expect(failure).toMatchObject({ retryable: true })
    expect(await system.reallyHolds(principal, read)).toBe(true)
  })

  test.each(['tlsCAFile', 'TLSCAFILE', 'tlsCRLFile'])(
    'a catalog alone has no file read by %s',
    async (option) => {
      const folder = await mkdtemp(join(tmpdir(), 'curfew-mongodb-'))
      const file = join(folder, 'not-opened')
      // Opening it waits for somebody who writes: it is opened only where somebody reads.
      execFileSync('mkfifo', [file])
      const asked: string[] = []
      const settings = mongodb.settings.parse({
        url: `mongodb://a:b@127.0.0.1:1/?tls=true&${option}=${encodeURIComponent(file)}`,
      })
      const closed = mongodb.connect(settings, {
        ...surroundings(500),
        opens: (path) => {
          asked.push(path)
          return false
        },
      })
      const failure = await failureOf(closed.check({ targets: [], signal: AbortSignal.timeout(500) }))
      const pipe = await open(file, constants.O_WRONLY | constants.O_NONBLOCK).catch(() => null)
      await pipe?.close()
      await closed.close()
      await rm(folder, { recursive: true })
      expect({ pipe, asked }).toEqual({ pipe: null, asked: [file] })
      expect(failure).toMatchObject({ retryable: false, happened: 'no' })
      expect(failure.message).toContain(`${file} is not opened to catalogs`)
    },
  )

  test.each([
    ['mongodb://localhost/?replicaSet=rs0', true],
    ['mongodb+srv://db.example.com', true],
    ['postgres://localhost', false],
    ['mongodb://user:p@ss@host', false],
    ['mongodb://localhost/?tls=true&tlsCAFile=/etc/ssl/our-ca.pem', true],
    ['mongodb://localhost/?tls=true&tlsCertificateKeyFile=/run/secrets/other.pem', false],
    ['mongodb://localhost/?authMechanism=MONGODB-OIDC&authMechanismProperties=ENVIRONMENT:k8s', false],
    ['mongodb://localhost/?AUTHMECHANISM=mongodb-aws', false],
    ['mongodb://a@localhost/?authMechanism=GSSAPI', false],
    ['mongodb://localhost/?%61uthMechanism=MONGODB-OIDC&authMechanismProperties=ENVIRONMENT:k8s', false],
    ['', false],
  ])('the catalog is told whether %s is a connection string', (url, isOne) => {
    expect(mongodb.settings.safeParse({ url }).success).toBe(isOne)
  })

  test.each([
    [{ database: 'orders', role: 'read' }, true],
    [{ database: 'orders' }, false],
    [{ database: 'orders', role: 'read', colection: 'x' }, false],
    [{ database: 'or@ders', role: 'read' }, false],
  ])('the catalog is told whether %j is a target', (target, isOne) => {
    expect(mongodb.target.safeParse(target).success).toBe(isOne)
  })
})
