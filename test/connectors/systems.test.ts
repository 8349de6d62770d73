import { z } from 'zod'
import { noLog } from '../support/no-log.ts'
import { connectorKinds } from '../../src/connectors/registry.ts'
import { openSystems } from '../../src/connectors/systems.ts'
import type { System } from '../../src/domain/catalog.ts'
import { ConnectorError, type ConnectorKind } from '../../src/domain/connector.ts'
import { isSamePlace } from '../../src/domain/place.ts'
import { failureOf } from '../../src/testing/contract.ts'

/** Counts what is opened and closed; gives nothing. */
function aCountingKind({ opensAll = false, closes = true } = {}) {
  const log: string[] = []
  const habits = { opensAll, closes }
  const kind: ConnectorKind = {
    kind: 'counting',
    settings: z.unknown(),
    target: z.record(z.string(), z.unknown()),
    canonical: () => '',
    connect: (settings) => {
      if (settings === 'broken' && !habits.opensAll) throw new Error('cannot open')
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
        close: () => {
          log.push(`close ${String(settings)}`)
          return habits.closes ? Promise.resolve() : new Promise(() => undefined)
        },
      }
    },
  }
  return { log, habits, kinds: new Map([[kind.kind, kind]]) }
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
  principal: { isOfDevice: false, source: 'email', resolve: () => ({ unresolved: 'not asked' }) },
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

describe('one that cannot be opened when Curfew starts', () => {
  const place = { principal: 'ada', target: {} }
  const call = () => ({
    ...place,
    idempotencyKey: 'k',
    signal: AbortSignal.timeout(1_000),
    until: new Date(0),
  })
  function aStart(habits: { opensAll?: boolean } = {}) {
    const kind = aCountingKind(habits)
    const said: { message: string; fields?: Record<string, unknown> }[] = []
    const error = (message: string, fields?: Record<string, unknown>) => void said.push({ message, fields })
    const systems = openSystems({
      kinds: kind.kinds,
      surroundings,
      log: { ...noLog, error },
      graceMs: 20,
      connectEveryMs: 20,
    })
    systems.use(named(aSystem('db', 'one'), aSystem('vpn', 'broken')))
    return { ...kind, systems, said }
  }

  test('leaves all others open, and is named in the log', async () => {
    const { systems, said } = aStart()
    expect(await systems.get('db')?.connector.has({ ...place, signal: call().signal })).toBe(false)
    expect(said).toHaveLength(1)
    expect(said[0]?.fields).toMatchObject({ system: 'vpn' })
    expect(said[0]?.fields?.['error']).toMatchObject({ message: 'cannot open' })
    await systems.close()
  })

  test.each(['give', 'take', 'cut', 'tidy'] as const)(
    'has no %s that does anything, and says that surely none happened',
    async (verb) => {
      const { systems, said } = aStart()
      const failure = await failureOf(systems.get('vpn')?.connector[verb]?.(call()) ?? Promise.resolve())
      expect(failure).toMatchObject({ retryable: true, happened: 'no' })
      expect(failure.message).toBe(
        `vpn cannot be connected: in an unexpected way (error ${String(said[0]?.fields?.['id'])})`,
      )
      await systems.close()
    },
  )

  test('is used as soon as connecting succeeds, and whoever waits for it is told', async () => {
    const { systems, habits, log } = aStart()
    const back: unknown[] = []
    systems.onBack((system, { surely }) => back.push([system, surely]))
    habits.opensAll = true
    await until(() => log.includes('open broken'))
    await systems.get('vpn')?.connector.give(call())
    expect(back).toEqual([['vpn', true]])
    expect(log.filter((one) => one === 'open broken')).toHaveLength(1)
    await systems.close()
  })

  test('keeps a reload that still names it from counting', async () => {
    const { systems } = aStart()
    expect(() => systems.use(named(aSystem('db', 'two'), aSystem('vpn', 'broken')))).toThrow('cannot open')
    expect(systems.get('vpn')).not.toBeNull()
    await systems.close()
  })

  test('moved to no other place for all that is known', async () => {
    const { systems } = aStart()
    expect(isSamePlace(systems.get('vpn')?.connector.where ?? '', 'vpn vpn.example')).toBe(true)
    await systems.close()
  })
})

test.each<[string, () => unknown]>([
  ['a promise', async () => ({})],
  ['nothing', () => undefined],
  ['what has no verbs', () => ({ where: 'here', hasLagMs: 0, lateMs: 0 })],
])('a stranger that returns %s for a connector is one that cannot be opened', async (_what, connect) => {
  const { kinds } = aCountingKind()
  const odd = z.custom<ConnectorKind>().parse({ ...kinds.get('counting'), kind: 'odd', connect })
  const systems = openSystems({ kinds: new Map([...kinds, ['odd', odd]]), surroundings, log: noLog })
  systems.use(named(aSystem('db', 'one'), { ...aSystem('vpn', 'one'), connector: 'odd' }))
  const signal = AbortSignal.timeout(1_000)
  const asked = systems.get('vpn')?.connector.has({ principal: 'ada', target: {}, signal })
  const failure = await failureOf(asked ?? Promise.resolve())
  expect(failure).toMatchObject({ retryable: true, happened: 'no' })
  expect(failure.message).toMatch(/^vpn cannot be connected: `connect` /)
  await systems.close()
})

test('one whose closing never ends does not keep Curfew from stopping', async () => {
  const { kinds } = aCountingKind({ closes: false })
  const systems = openSystems({ kinds, surroundings, log: noLog })
  systems.use(named(aSystem('db', 'one')))
  const began = performance.now()
  await systems.close()
  expect(performance.now() - began).toBeLessThan(3_000)
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

test('what is owed to a system that was silent is tried as its settings are mended', async () => {
  const { kinds } = aCountingKind()
  const kind = kinds.get('counting')
  if (!kind) throw new Error('no such kind')
  const away = () =>
    Promise.reject(new ConnectorError('cannot be reached', { retryable: true, happened: 'no' }))
  const connect: ConnectorKind['connect'] = (settings, surroundings) => {
    const connector = kind.connect(settings, surroundings)
    return settings === 'wrong' ? { ...connector, take: away, check: away } : connector
  }
  const systems = openSystems({
    kinds: new Map([['counting', { ...kind, connect }]]),
    surroundings,
    log: noLog,
    graceMs: 20,
  })
  const back: [string, boolean][] = []
  systems.onBack((id, { surely }) => back.push([id, surely]))
  systems.use(named(aSystem('db', 'wrong')))
  const call = { principal: 'p', target: {}, idempotencyKey: 'k', signal: AbortSignal.timeout(1_000) }
  for (let n = 0; n < 3; n++)
    await systems
      .get('db')
      ?.connector.take(call)
      .catch(() => undefined)
  expect(systems.get('db')?.isSilent()).toBe(true)
  systems.use(named(aSystem('db', 'right')))
  expect(back).toEqual([['db', true]])
  await systems.close()
})
