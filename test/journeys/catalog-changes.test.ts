import { aStage } from '../support/curfew.ts'
import {
  aCard,
  aReason,
  asks,
  changeCatalog,
  editCatalog,
  eventually,
  listenToLog,
  onlyGrantOf,
  patient,
  without,
  wrongWith,
} from './acts.ts'
import { hearsActs } from '../support/heard-acts.ts'

describe('an entitlement that its owner removes', () => {
  test('before the form is sent, cannot be asked for any more', async () => {
    const stage = await aStage()
    const { riley, orders, workspace } = stage
    await riley.runs(`/request-access orders-db peek 10s ${aReason()}`)
    await riley.modal('What do you need it for?')
    await changeCatalog(stage, without('peek'))

    const submitted = await riley.submits()

    expect(submitted).toEqual({
      outcome: 'errors',
      errors: { 'What do you want to access?': 'This is not in the catalog any more.' },
    })
    expect(workspace.messages(orders)).toEqual([])
    expect(wrongWith(workspace)).toEqual([])
  }, 30_000)

  test('before an approver clicks, is given to nobody, and the approver hears why', async () => {
    const stage = await aStage()
    const { riley, ada, database, workspace } = stage
    const card = await aCard(stage)
    await changeCatalog(stage, without('peek'))

    await ada.clicks('Approve 10 s', card)

    await ada.sees(/it is not in the catalog any more/, 'ephemeral', patient)
    expect((await onlyGrantOf(stage, riley)).status).toBe('pending')
    expect(await database.holders('read')).toEqual([])
    expect(wrongWith(workspace)).toEqual([])
  }, 30_000)

  test('while somebody has it, is taken back at once, and card and holder hear why', async () => {
    const stage = await aStage()
    const { riley, ada, orders, database, workspace } = stage
    const card = await aCard(stage, 'orders-db read 1h')
    await ada.clicks('Approve 1 h', card)
    await riley.sees(/You have Read orders/, 'dm', patient)

    const acts = hearsActs(stage.app.world)
    await changeCatalog(stage, without('read'))
    expect(acts).toContain('catalog-loaded: done')

    await ada.sees(/Ended .* \(it is not in the catalog any more\)\. Checked: gone/, orders, patient)
    await riley.sees(/Read orders on Orders database ended .*; checked, it is gone/, 'dm', patient)
    expect(await database.tryDoor('riley')).toEqual({ isOpen: false, says: 'not authorized' })
    expect(wrongWith(workspace)).toEqual([])
  }, 30_000)
})

test('a rule that changed between the request and the yes is the one that counts', async () => {
  const stage = await aStage()
  const { riley, ada, database, workspace } = stage
  const card = await aCard(stage)
  await changeCatalog(stage, (text) =>
    text.replace(/(peek:\n.*\n.*\n {8}who: ).*/, `$1'reason.contains("ticket 7")'`),
  )

  await ada.clicks('Approve 10 s', card)

  await ada.sees(/The rules changed since this was asked: the rule is reason.contains/, 'ephemeral', patient)
  expect((await onlyGrantOf(stage, riley)).status).toBe('pending')
  expect(await database.holders('read')).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 30_000)

test('a broken edit changes nothing: the last good catalog serves on, and log and admins hear of it once', async () => {
  const stage = await aStage()
  const { riley, ada, sam, orders, workspace } = stage
  const said = listenToLog(stage.app.world.log)

  await editCatalog(stage, (text) => text.replace('target: { database: orders, role: read }', 'target: 7'))

  const told = await ada.sees(/The catalog is broken; the last good one stays in force/, 'dm', patient)
  expect(told.plain).toMatch(/catalog\.yml:\d+:\d+ .*target/)
  await stage.writeCatalog(`version: 1\nresources: [oops\n`)
  await ada.sees(/resources.*oops|oops|flow|collection/i, 'dm', patient)
  await asks(riley, 'orders-db peek 10s', 'INC-8: the old catalog still serves')
  await ada.sees('INC-8: the old catalog still serves', orders, patient)
  expect(ada.dms).toHaveLength(2)
  expect(sam.dms).toEqual([])
  const complaints = said.filter(({ message }) => message.startsWith('the catalog is broken'))
  expect(complaints).toHaveLength(2)
  expect(wrongWith(workspace)).toEqual([])
}, 30_000)

test('an edit that forgets a system where something is held is refused until it has ended', async () => {
  const stage = await aStage()
  const { riley, ada, orders, database, workspace } = stage
  const said = listenToLog(stage.app.world.log)
  const card = await aCard(stage, 'orders-db peek 10s')
  await ada.clicks('Approve 10 s', card)
  await riley.sees(/You have Peek at orders/, 'dm', patient)

  await editCatalog(stage, (text) => text.replaceAll('orders-cluster', 'new-cluster'))

  await ada.sees(/access is still held on orders-cluster: keep the system until it has ended/, 'dm', patient)
  expect([...stage.app.world.catalog().systems.keys()]).toEqual(['orders-cluster'])
  await ada.sees(/Ended .* \(time was up\)\. Checked: gone/, orders, { withinMs: 25_000 })
  expect(await database.holders('read')).toEqual([])
  await eventually(
    async () => [...stage.app.world.catalog().systems.keys()],
    (systems) => systems.includes('new-cluster'),
    20_000,
  )
  expect(said.filter(({ message }) => message.startsWith('the catalog is broken'))).toHaveLength(1)
  expect(ada.dms).toHaveLength(1)
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)
