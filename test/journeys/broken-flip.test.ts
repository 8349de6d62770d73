import { inspect } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import { guarded } from '../../src/connectors/guarded.ts'
import type { Connector, HandOver } from '../../src/domain/connector.ts'
import type { World } from '../../src/operations/world.ts'
import { failureOf } from '../../src/testing/contract.ts'
import { noLog } from '../support/no-log.ts'
import { aStage } from '../support/curfew.ts'
import { aGate, gateCatalog } from './a-gate.ts'
import { aReason, asks, listenToLog, patient } from './acts.ts'

test('20: what Slack must not see is shown on a page alone, also to whoever opened the form before that was said', async () => {
  const gate = await aGate()
  const stage = await aStage({ catalog: (cast) => gateCatalog(cast, { duration: '60s' }), env: gate.env })
  listenToLog(stage.app.world.log)
  const { world } = stage.app
  const before = world.systems
  const handOver: HandOver = {
    what: 'key',
    isFor: () => true,
    brings: { label: 'Public key', hint: 'one line' },
    make: async () => [{ label: 'Key', text: 'hunter2-hunter2' }],
  }
  Object.assign(world, {
    systems: (id: string): ReturnType<World['systems']> => {
      const system = before(id)
      return system === null || id !== 'gate'
        ? system
        : { ...system, connector: { ...system.connector, handOver } }
    },
  })
  const { riley, ada, orders, workspace } = stage
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  await ada.clicks('Approve 1 min', await ada.sees(reason, orders, patient))
  await riley.clicks('Show the key', await riley.sees(/You have Open the gate/, 'dm', patient))
  await riley.modal('Public key', patient)
  // Whoever looks after the catalog says meanwhile: `handOver: page`. It is in force.
  const catalog = world.catalog()
  const system = catalog.systems.get('gate')
  if (system === undefined) throw new Error('it is there')
  const next = { ...catalog, systems: new Map([...catalog.systems, ['gate', { ...system, handOver: 'page' as const }]]) }
  Object.assign(world, { catalog: () => next })
  await riley.types('Public key', 'ssh-ed25519 AAAA')
  await riley.submits()
  await sleep(2_000)
  expect(inspect(workspace.calls, { depth: 20 })).not.toContain('hunter2-hunter2')
}, 60_000)

test('21: what one holder brought, and a connector stumbles over, keeps nobody else from being taken from in time', async () => {
  let taken = 0
  const bare: Connector = {
    give: async () => undefined,
    take: async () => {
      taken++
    },
    has: async () => false,
    list: async () => ({ principals: [], next: null }),
    check: async () => [],
    canonical: () => '',
    where: 'here',
    hasLagMs: 0,
    lateMs: 0,
    close: async () => undefined,
    handOver: {
      what: 'key',
      isFor: () => true,
      brings: { label: 'Public key', hint: '' },
      make: async () => {
        throw new TypeError('undefined is not a function')
      },
    },
  }
  const connector = guarded(bare, { system: 'gate', kind: 'radius', timeoutMs: 500, log: noLog })
  const call = () => ({
    principal: 'ada',
    target: {},
    idempotencyKey: 'k',
    signal: AbortSignal.timeout(500),
    until: new Date(),
  })
  // One person presses the button three times.
  for (let i = 0; i < 3; i++)
    await failureOf(connector.handOver?.make({ ...call(), brought: 'nonsense' }) ?? Promise.resolve())
  const failure = await connector.take(call()).then(
    () => null,
    (error: unknown) => String(error),
  )
  await connector.close()
  expect({ failure, taken }).toEqual({ failure: null, taken: 1 })
})
