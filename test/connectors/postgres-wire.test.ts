import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { TLSSocket } from 'node:tls'
import { postgres } from '../../src/connectors/postgres/postgres.ts'
import type { Connector } from '../../src/domain/connector.ts'
import { call, failureOf, giveCall, surroundings } from '../../src/testing/contract.ts'
import { aGate } from '../../src/testing/gate.ts'
import { hasPostgres } from '../support/postgres.ts'
import { aGuardedPostgres, type PostgresHarness } from './postgres-harness.ts'

const soon = () => AbortSignal.timeout(5_000)
const version = 18

if (hasPostgres(version))
  describe('postgres, on the way to the server', () => {
    let system: PostgresHarness
    let connector: Connector
    beforeAll(async () => {
      system = await aGuardedPostgres(version)
      connector = system.connect()
    })
    afterAll(async () => {
      await connector.close()
      await system.stop()
    })
    async function aPlace() {
      const principal = await system.aPrincipal()
      const { target } = await system.aTarget()
      return { principal, target }
    }
    const sessions = async () => {
      const { rows } = await system.admin.query<{ pid: number }>(
        "SELECT pid FROM pg_stat_activity WHERE usename = 'curfew' ORDER BY pid",
      )
      return rows.map(({ pid }) => pid)
    }

    test('a give that arrives once its time is up does not happen, whatever went another way meanwhile', async () => {
      const { principal, target } = await aPlace()
      await connector.take(call(principal, target))
      const before = await sessions()
      const gate = await aGate(system.port)
      const timeoutMs = 400
      const url = `postgres://curfew@127.0.0.1:${gate.port}/postgres?sslmode=disable`
      const by = system.connectWith({ url }, timeoutMs)
      await by.has({ principal, target, signal: soon() })
      gate.holdFrom((bytes) => bytes.includes('GRANT'))
      const failing = failureOf(
        by.give({ ...giveCall(principal, target), signal: AbortSignal.timeout(timeoutMs) }),
      )
      await gate.waiting()
      const failure = await failing
      await connector.take(call(principal, target))
      gate.release()
      // What was sent is carried out before its session ends.
      while ((await sessions()).some((pid) => !before.includes(pid))) await sleep(10)
      const after = await system.reallyHolds(principal, target)
      await by.close()
      await gate.close()
      expect({ lateMs: connector.lateMs, happened: failure.happened, after }).toEqual({
        lateMs: 0,
        happened: 'unknown',
        after: false,
      })
    })

    test('a call that is aborted as it begins is not sent', async () => {
      const { principal, target } = await aPlace()
      await connector.give(giveCall(principal, target))
      const controller = new AbortController()
      const taking = connector.take({ ...call(principal, target), signal: controller.signal }).then(
        () => 'done',
        () => 'failed',
      )
      controller.abort()
      expect([await taking, await system.reallyHolds(principal, target)]).toEqual(['failed', true])
    })

    test('a call that is aborted as it begins ends, also where the server says nothing', async () => {
      const { principal, target } = await aPlace()
      await Promise.all(Array.from({ length: 4 }, () => connector.has({ principal, target, signal: soon() })))
      const thaw = await system.freeze()
      const controller = new AbortController()
      const taking = connector.take({ ...call(principal, target), signal: controller.signal }).then(
        () => 'ended',
        () => 'ended',
      )
      controller.abort()
      const late = new AbortController()
      const first = await Promise.race([
        taking,
        sleep(2_000, 'still running', { signal: late.signal }).catch(() => null),
      ])
      late.abort()
      await thaw()
      await taking
      expect(first).toBe('ended')
    })

    test('calls in flight fail when the connector is closed, and it closes at once', async () => {
      const { principal, target } = await aPlace()
      const brief = system.connect()
      await brief.has({ principal, target, signal: soon() })
      const thaw = await system.freeze()
      const asking = failureOf(brief.has({ principal, target, signal: AbortSignal.timeout(8_000) }))
      const late = new AbortController()
      const closed = await Promise.race([
        brief.close().then(() => 'closed'),
        sleep(2_000, 'still open', { signal: late.signal }).catch(() => null),
      ])
      late.abort()
      const failure = await asking
      await thaw()
      expect(closed).toBe('closed')
      expect(failure).toMatchObject({ retryable: true })
    }, 20_000)

    test('a connector that is closed during its first call leaves no connection', async () => {
      const { principal, target } = await aPlace()
      await connector.has({ principal, target, signal: soon() })
      const before = await sessions()
      const brief = system.connectWith({ ca: 'an authority' })
      const asking = failureOf(brief.has({ principal, target, signal: soon() }))
      await brief.close()
      const failure = await asking
      expect(failure).toMatchObject({ retryable: true, happened: 'no' })
      expect(await sessions()).toEqual(before)
    })

    test.each([
      ['PGPASSWORD', "curfew:only@s'ecret"],
      ['PGOPTIONS', '-c search_path=public'],
      ['PGREPLICATION', 'database'],
      ['PGSSLNEGOTIATION', 'direct'],
      ['PGCLIENTENCODING', 'latin1'],
    ])('nothing is taken from the surroundings of Curfew: %s', async (variable, text) => {
      const before = process.env[variable]
      process.env[variable] = text
      const borrowing = system.connectWith({ password: undefined })
      const failure = await failureOf(borrowing.check({ targets: [], signal: soon() }))
      await borrowing.close()
      const own = system.connect()
      const lacks = await own.check({ targets: [], signal: soon() })
      await own.close()
      if (before === undefined) Reflect.deleteProperty(process.env, variable)
      else process.env[variable] = before
      expect(failure.message).toContain('asks for a password, and the catalog has none')
      expect(failure).toMatchObject({ retryable: false, happened: 'no' })
      expect(lacks).toEqual([])
    })
  })
else test.skip(`PostgreSQL ${version} is not here: ./scripts/servers says how to get it`, () => undefined)

const refusalOf = (code: string, message: string): Buffer => {
  const fields = Buffer.from(`SFATAL\0C${code}\0M${message}\0\0`)
  const length = Buffer.alloc(4)
  length.writeInt32BE(fields.length + 4)
  return Buffer.concat([Buffer.from('E'), length, fields])
}

/** Enough of PostgreSQL to say what a real one cannot be made to say. */
async function aSpeaker(host: string, onConnection: (socket: Socket) => void) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    onConnection(socket)
  }).listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { port, close: () => server.close() }
}

test.each([
  ['is trusted by a certificate for that address', '127.0.0.1', 'IP:127.0.0.1', '28P01'],
  ['is not trusted by one for another machine', '127.0.0.2', 'DNS:localhost', 'certificate is not trusted'],
])('a server that is named by its address %s', async (_, host, names, why) => {
  const folder = await mkdtemp(join(tmpdir(), 'curfew-tls-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  const made = ['-keyout', key, '-out', cert, '-subj', '/CN=pg', '-addext', `subjectAltName=${names}`]
  execFileSync('openssl', ['req', '-x509', ...kind, ...made], { stdio: 'ignore' })
  const pem = { key: await readFile(key), cert: await readFile(cert) }
  const server = await aSpeaker(host, (socket) => {
    socket.once('data', () => {
      socket.write('S')
      const secured = new TLSSocket(socket, { isServer: true, ...pem })
      secured.on('error', () => undefined)
      secured.once('data', () => secured.end(refusalOf('28P01', 'no')))
    })
  })
  const connector = postgres.connect(
    postgres.settings.parse({
      url: `postgres://curfew@${host}:${server.port}/postgres`,
      password: 'x',
      owner: 'o',
      ca: pem.cert.toString(),
    }),
    surroundings(2_500),
  )
  const failure = await failureOf(connector.check({ targets: [], signal: soon() }))
  await connector.close()
  server.close()
  await rm(folder, { recursive: true })
  expect(failure.message).toContain(why)
})

test.each(['08006', '08007', '08P01'])(
  'a change whose outcome is not known (%s: the connection to the server was lost, says a proxy) is not told as not done',
  async (code) => {
    const ready = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49])
    const server = await aSpeaker('127.0.0.1', (socket) => {
      socket.once('data', () => {
        socket.write(ready)
        socket.on('data', () => socket.end(refusalOf(code, 'server conn crashed?')))
      })
    })
    const url = `postgres://curfew@127.0.0.1:${server.port}/postgres?sslmode=disable`
    const connector = postgres.connect(
      postgres.settings.parse({ url, password: 'x', owner: 'o' }),
      surroundings(2_500),
    )
    const failure = await failureOf(connector.take(call('ada', { role: 'readers' })))
    await connector.close()
    server.close()
    expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
  },
)
