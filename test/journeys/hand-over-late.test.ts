import { inspect } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import { guarded } from '../../src/connectors/guarded.ts'
import { noLog } from '../support/no-log.ts'
import { ConnectorError, type Connector, type HandOver } from '../../src/domain/connector.ts'
import { showSecret } from '../../src/operations/hand-over.ts'
import type { World } from '../../src/operations/world.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import { aGate, gateCatalog, type Gate } from './a-gate.ts'
import { aReason, asks, eventually, listenToLog, onlyGrantOf, patient } from './acts.ts'

/** The gate of the tests, that hands over a key as well: as a connector of a stranger's would. */
async function aKeyGate(make: HandOver['make'], habits: Partial<HandOver> = {}) {
  const gate = await aGate()
  const stage = await aStage({
    catalog: (cast) => gateCatalog(cast, { duration: '16s', timeout: '10s' }),
    env: gate.env,
  })
  listenToLog(stage.app.world.log)
  const world = stage.app.world as { systems: World['systems'] } & World
  const before = world.systems
  let made: Connector | null = null
  const handOver: HandOver = { what: 'key', isFor: () => true, brings: null, make, ...habits }
  Object.assign(world, {
    systems: (id: string) => {
      const system = before(id)
      if (system === null || id !== 'gate') return system
      const connector: Connector = (made ??= guarded(
        { ...system.connector, handOver },
        { system: id, kind: 'radius', timeoutMs: 10_000, log: noLog },
      ))
      return { ...system, connector }
    },
  })
  return { gate, stage, world }
}

async function held({ stage }: { stage: Stage }) {
  const { riley, ada, orders } = stage
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  await ada.clicks('Approve 16 s', await ada.sees(reason, orders, patient))
  const grant = await eventually(
    () => onlyGrantOf(stage, riley),
    ({ status }) => status === 'active',
  )
  if (grant.status !== 'active') throw new Error('it is')
  return grant
}

const takes = ({ calls }: Gate) => calls.filter(({ action }) => action === 'take')

test('a hand-over that hangs near the end does not keep the access open past it', async () => {
  const { gate, stage, world } = await aKeyGate(
    ({ signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new ConnectorError('no answer', { retryable: true })))
      }),
  )
  const grant = await held({ stage })
  const endMs = performance.now() + grant.endsAt.getTime() - world.clock.now().getTime()
  await sleep(endMs - performance.now() - 4_600)
  const showing = showSecret(world, { grantId: grant.id, by: grant.subject, on: 'modal', brought: null })
  await eventually(
    async () => gate.holders.has('riley'),
    (is) => !is,
    30_000,
  )
  const lateMs = (takes(gate)[0]?.atMs ?? Infinity) - endMs
  await showing
  expect(lateMs).toBeLessThan(2_000)
}, 90_000)

test('what Slack must not see is shown on a page alone, also to whoever opened the form before that was said', async () => {
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
  const next = {
    ...catalog,
    systems: new Map([...catalog.systems, ['gate', { ...system, handOver: 'page' as const }]]),
  }
  Object.assign(world, { catalog: () => next })
  await riley.types('Public key', 'ssh-ed25519 AAAA')
  await riley.submits()
  await sleep(2_000)
  expect(inspect(workspace.calls, { depth: 20 })).not.toContain('hunter2-hunter2')
}, 60_000)
