import { BSON, MongoClient } from 'mongodb'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HandOver } from '../../src/domain/connector.ts'
import { isRefusal } from '../../src/domain/refusal.ts'
import { showSecret } from '../../src/operations/hand-over.ts'
import type { World } from '../../src/operations/world.ts'
import { aStage } from '../support/curfew.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { aGate, gateCatalog } from './a-gate.ts'
import { aReason, asks, eventually, listenToLog, onlyGrantOf, patient } from './acts.ts'

test('19: however often its holder looks, the access is taken at its end', async () => {
  const gate = await aGate()
  const stage = await aStage({ catalog: (cast) => gateCatalog(cast, { duration: '2m' }), env: gate.env })
  const lines = listenToLog(stage.app.world.log)
  const { world } = stage.app
  const before = world.systems
  const handOver: HandOver = {
    what: 'key',
    isFor: () => true,
    brings: null,
    make: async () => [{ label: 'Key', text: 'k' }],
  }
  Object.assign(world, {
    systems: (id: string): ReturnType<World['systems']> => {
      const system = before(id)
      return system === null || id !== 'gate'
        ? system
        : { ...system, connector: { ...system.connector, handOver } }
    },
  })
  const { riley, ada, orders } = stage
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  await ada.clicks('Approve 2 min', await ada.sees(reason, orders, patient))
  const grant = await eventually(
    () => onlyGrantOf(stage, riley),
    ({ status }) => status === 'active',
  )
  if (grant.status !== 'active') throw new Error('it is')
  const look = () => showSecret(world, { grantId: grant.id, by: grant.subject, on: 'modal', brought: null })
  const client = await new MongoClient(stage.environment['MONGODB_URI'] ?? '').connect()
  afterThis(() => client.close())
  const grants = client.db().collection<{ _id: string; history: object[]; revision: number }>('grants')
  const sizeNow = async () => BSON.calculateObjectSize((await grants.findOne({ _id: grant.id })) ?? {})
  const sizes = [await sizeNow()]
  for (let i = 0; i < 3; i++) {
    expect(isRefusal(await look())).toBe(false)
    sizes.push(await sizeNow())
  }
  const perLook = (sizes[3] ?? 0) - (sizes[2] ?? 0)
  // What so many looks leave, as those above left it; each takes a moment, and nothing limits them.
  const row = await grants.findOne({ _id: grant.id })
  const shown = row?.history.at(-1) ?? {}
  const most = 16 * 1024 * 1024
  const many = Math.floor((most - (sizes[3] ?? 0) - 3_000) / (perLook + 6))
  await grants.updateOne({ _id: grant.id }, [
    { $set: { history: { $concatArrays: ['$history', { $literal: Array(Math.floor(many / 2)).fill(shown) }] } } },
  ])
  await grants.updateOne({ _id: grant.id }, [
    { $set: { history: { $concatArrays: ['$history', { $literal: Array(Math.floor(many / 2)).fill(shown) }] } } },
  ])
  let looks = many
  for (const batch of [5_000, 500, 50, 5, 1])
    for (;;) {
      const update = { $concatArrays: ['$history', { $literal: Array(batch).fill(shown) }] }
      const isFull = await grants.updateOne({ _id: grant.id }, [{ $set: { history: update } }]).then(
        () => false,
        () => true,
      )
      if (isFull) break
      looks += batch
    }
  console.log({ perLook, looks, size: await sizeNow(), most })
  // And some more of their own.
  let more = 0
  while (more < 200 && !isRefusal(await look().catch(() => ({ refused: 'bad-ticket' }) as never))) more++
  const leftMs = grant.endsAt.getTime() - world.clock.now().getTime()
  console.log({ more, leftMs, size: await sizeNow() })
  await sleep(Math.max(0, leftMs) + 10_000)
  const { status } = (await grants.findOne({ _id: grant.id }, { projection: { status: 1 } })) as unknown as {
    status: string
  }
  console.log(lines.slice(-4).map((line) => JSON.stringify(line, (_k, v) => v instanceof Error ? v.message : v).slice(0, 300)))
  expect({ status, isHeld: gate.holders.has('riley') }).toEqual({ status: 'ended', isHeld: false })
}, 300_000)
