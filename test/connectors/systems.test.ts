import { z } from 'zod'
import { noLog } from '../support/no-log.ts'
import { connectorKinds } from '../../src/connectors/registry.ts'
import { openSystems } from '../../src/connectors/systems.ts'
import type { System } from '../../src/domain/catalog.ts'
import type { ConnectorKind } from '../../src/domain/connector.ts'

/** Counts what is opened and closed; gives nothing. */
function aCountingKind() {
  const log: string[] = []
  const kind: ConnectorKind = {
    kind: 'counting',
    settings: z.unknown(),
    target: z.record(z.string(), z.unknown()),
    canonical: () => '',
    connect: (settings) => {
      if (settings === 'broken') throw new Error('cannot open')
      log.push(`open ${String(settings)}`)
      return {
        give: async () => {},
        take: async () => {},
        has: async () => false,
        list: async () => ({ principals: [], next: null }),
        check: async () => [],
        where: 'here',
        canonical: () => '',
        hasLagMs: 0,
        lateMs: 0,
        close: async () => void log.push(`close ${String(settings)}`),
      }
    },
  }
  return { log, kinds: new Map([[kind.kind, kind]]) }
}

const surroundings = { now: () => new Date(), proxies: null, hide: () => undefined, opens: () => true }
const named = (...systems: System[]) => ({ systems: new Map(systems.map((system) => [system.id, system])) })
const aSystem = (id: string, settings: string, timeoutMs = 40): System => ({
  id,
  connector: 'counting',
  settings,
  settingsFingerprint: settings,
  timeoutMs,
  handOver: 'modal',
  principal: { source: 'email', resolve: () => ({ unresolved: 'not asked' }) },
})
const until = async (isSo: () => boolean) => {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5))
}

test('a reload that changes nothing keeps the connection', () => {
  const { log, kinds } = aCountingKind()
  const systems = openSystems({ kinds, surroundings, log: noLog, graceMs: 20 })
  systems.use(named(aSystem('db', 'one')))
  const before = systems.get('db')?.connector
  systems.use(named(aSystem('db', 'one')))
  expect(systems.get('db')?.connector).toBe(before)
  expect(log).toEqual(['open one'])
})

test('new settings open a new connection at once; the old one stays until calls in flight have ended', async () => {
  const { log, kinds } = aCountingKind()
  const systems = openSystems({ kinds, surroundings, log: noLog, graceMs: 20 })
  systems.use(named(aSystem('db', 'one')))
  systems.use(named(aSystem('db', 'two')))
  const atOnce = [...log]
  await until(() => log.length > 2)
  expect(atOnce).toEqual(['open one', 'open two'])
  expect(log).toEqual(['open one', 'open two', 'close one'])
})

test('another timeout is another connection', () => {
  const { kinds } = aCountingKind()
  const systems = openSystems({ kinds, surroundings, log: noLog, graceMs: 20 })
  systems.use(named(aSystem('db', 'one', 1_000)))
  systems.use(named(aSystem('db', 'one', 2_000)))
  expect(systems.get('db')?.timeoutMs).toBe(2_000)
})

test('a system that left the catalog can still be told to take back, until it is forgotten', async () => {
  const { log, kinds } = aCountingKind()
  const systems = openSystems({ kinds, surroundings, log: noLog, graceMs: 20 })
  systems.use(named(aSystem('db', 'one')))
  systems.use(named())
  systems.use(named())
  expect(systems.get('db')).not.toBeNull()
  systems.forget('db')
  expect(systems.get('db')).toBeNull()
  await until(() => log.includes('close one'))
})

test('a system that the catalog names is not forgotten', () => {
  const { kinds } = aCountingKind()
  const systems = openSystems({ kinds, surroundings, log: noLog, graceMs: 20 })
  systems.use(named(aSystem('db', 'one')))
  systems.forget('db')
  expect(systems.get('db')).not.toBeNull()
})

test('if one system cannot be opened, all stays as it was', async () => {
  const { log, kinds } = aCountingKind()
  const systems = openSystems({ kinds, surroundings, log: noLog, graceMs: 20 })
  systems.use(named(aSystem('db', 'one')))
  const before = systems.get('db')
  expect(() => systems.use(named(aSystem('db', 'two'), aSystem('vpn', 'broken')))).toThrow('cannot open')
  expect(systems.get('db')).toEqual(before)
  await until(() => log.includes('close two'))
})

test('closing closes everything, and the replaced at once', async () => {
  const { log, kinds } = aCountingKind()
  const systems = openSystems({ kinds, surroundings, log: noLog, graceMs: 20 })
  systems.use(named(aSystem('db', 'one', 60_000)))
  systems.use(named(aSystem('db', 'two', 60_000)))
  await systems.close()
  expect([...log].sort()).toEqual(['close one', 'close two', 'open one', 'open two'])
  expect(systems.get('db')).toBeNull()
})

test('each kind is registered under its own name', () => {
  expect([...connectorKinds].map(([name, { kind }]) => [name, kind])).toEqual([
    ['aws-identity-center', 'aws-identity-center'],
    ['command', 'command'],
    ['github', 'github'],
    ['kubernetes', 'kubernetes'],
    ['ldap', 'ldap'],
    ['mongodb', 'mongodb'],
    ['netmaker', 'netmaker'],
    ['okta', 'okta'],
    ['postgres', 'postgres'],
    ['scim', 'scim'],
    ['ssh', 'ssh'],
    ['webhook', 'webhook'],
  ])
})
