import { setTimeout as sleep } from 'node:timers/promises'
import { extendGrant } from '../../src/operations/extend.ts'
import { isRefusal } from '../../src/domain/refusal.ts'
import { aStage } from '../support/curfew.ts'
import { aGate, gateCatalog } from './a-gate.ts'
import { backup, ownDatabase } from './backup.ts'
import { aReason, asks, eventually, onlyGrantOf, patient } from './acts.ts'

async function aHolder() {
  const gate = await aGate()
  const stage = await aStage({
    catalog: (cast) =>
      gateCatalog(cast, {
        duration: '60s',
        more: '        extend: { max: 2, total: 5m, by: 1m, after: 10%, review: false }\n',
      }),
    env: gate.env,
  })
  const { riley, ada, orders } = stage
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  await ada.clicks('Approve 1 min', await ada.sees(reason, orders, patient))
  await riley.sees(/You have Open the gate/, 'dm', patient)
  return { gate, stage, reason }
}

/** An admin takes it from them at once, after the backup was made. */
async function takenSince({ stage, gate, reason }: Awaited<ReturnType<typeof aHolder>>) {
  const { ada, orders } = stage
  await ada.clicks('End now', await ada.sees(new RegExp(`${reason}.*Active until`, 's'), orders, patient), {
    confirm: true,
  })
  await eventually(
    async () => gate.holders.has('riley'),
    (is) => !is,
  )
  await ada.sees(/Checked: gone/, orders, patient)
}

test('after a restore nothing is given before all is explained: not by an extension either, of what was taken since', async () => {
  const holder = await aHolder()
  const { gate, stage } = holder
  const { riley } = stage
  const db = await ownDatabase(stage)
  const restore = await backup(db)
  await takenSince(holder)
  await stage.stopApp()
  await restore()
  // Somebody holds it whom nobody has answered for.
  gate.holders.add('mallory')
  const givesBefore = gate.calls.filter(({ action }) => action === 'give').length
  await stage.startApp({ isAfterRestore: true })
  const grant = await onlyGrantOf(stage, riley)
  if (grant.status !== 'active') throw new Error('it was in the backup')
  const { world } = stage.app
  await sleep(2_000)
  expect(world.isAfterRestore()).toBe(true)
  // As soon as the catalog lets them: their DM has the button.
  await eventually(
    () => extendGrant(world, { grantId: grant.id, by: grant.subject, seenEndsAt: grant.endsAt }),
    (extended) => !isRefusal(extended),
    40_000,
  )
  await sleep(4_000)
  const gives = gate.calls.filter(({ action }) => action === 'give').length - givesBefore
  expect({ isOpen: world.isAfterRestore(), gives, holders: [...gate.holders] }).toEqual({
    isOpen: true,
    gives: 0,
    holders: ['mallory'],
  })
}, 90_000)

test('after a restore nothing is given before all is explained: not by a watch that was running in the backup either', async () => {
  const holder = await aHolder()
  const { gate, stage } = holder
  const db = await ownDatabase(stage)
  // What a lease does whose process heard of no outcome: the answer to a call was lost just before the backup.
  const [hold] = await db.collection('holds').find({ system: 'gate' }).toArray()
  const { system, principal, canonical } = hold as unknown as {
    system: string
    principal: string
    canonical: string
  }
  await stage.app.world.holds.watch({ system, principal, canonical }, { gave: true, forMs: 20_000 })
  const restore = await backup(db)
  await takenSince(holder)
  await stage.stopApp()
  await restore()
  gate.holders.add('mallory')
  const givesBefore = gate.calls.filter(({ action }) => action === 'give').length
  await stage.startApp({ isAfterRestore: true })
  const { world } = stage.app
  await sleep(6_000)
  const gives = gate.calls.filter(({ action }) => action === 'give').length - givesBefore
  expect({ isOpen: world.isAfterRestore(), gives, holders: [...gate.holders] }).toEqual({
    isOpen: true,
    gives: 0,
    holders: ['mallory'],
  })
}, 90_000)
