import { MongoClient } from 'mongodb'
import { ordersCatalog } from '../support/catalogs.ts'
import { aStage } from '../support/curfew.ts'
import { aDatabase } from '../support/database.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { aCard, changeCatalog, editCatalog, listenToLog, patient, wrongWith } from './acts.ts'

const newcomer = '127.0.0.1:1'

/** Riley holds something for ten seconds on a replica set of one member, given by an address that names it alone. */
async function aStageWithAReplicaSet() {
  const store = await aDatabase()
  afterThis(() => store.drop())
  const client = await new MongoClient(store.uri).connect()
  afterThis(() => client.close())
  const people = client.db(store.name)
  await people.command({ createUser: 'riley', pwd: 'of-the-test', roles: [] })
  afterThis(() => people.command({ dropUser: 'riley' }))
  const { host } = new URL(store.uri)
  const stage = await aStage({
    catalog: (cast) =>
      ordersCatalog(cast).replace(
        'url: ${ORDERS_MONGODB_URL}',
        `authDatabase: ${store.name}\n    url: mongodb://${host}/?replicaSet=curfew`,
      ),
  })
  listenToLog(stage.app.world.log)
  const { riley, ada } = stage
  await ada.clicks('Approve 15 s', await aCard(stage, 'orders-db peek 15s'))
  await riley.sees(/You have Peek at orders/, 'dm', patient)
  const roles = async (): Promise<unknown> => {
    const { users } = await people.command({ usersInfo: 'riley' })
    return (users as { roles: { role: string }[] }[]).flatMap((user) => user.roles.map(({ role }) => role))
  }
  expect(await roles()).toEqual(['read'])
  const to = (hosts: string) => (text: string) =>
    text.replace(/mongodb:\/\/[^/]*\//, () => `mongodb://${hosts}/`)
  return { stage, host, to, roles }
}

const ended = /Ended .* \(time was up\)\. Checked: gone/
const late = { withinMs: 30_000 }

test('a member joins the seed list: Curfew reads it at once, and takes at its end what was given before', async () => {
  const { stage, host, to, roles } = await aStageWithAReplicaSet()

  await changeCatalog(stage, to(`${host},${newcomer}`))

  expect(await roles()).toEqual(['read'])
  await stage.ada.sees(ended, stage.orders, late)
  expect(await roles()).toEqual([])
  expect(wrongWith(stage.workspace)).toEqual([])
}, 60_000)

test('a member joins the seed list while Curfew is down: what was given before is taken at its end', async () => {
  const { stage, host, to, roles } = await aStageWithAReplicaSet()
  await stage.stopApp()
  await editCatalog(stage, to(`${newcomer},${host}`))

  await stage.startApp()

  await stage.ada.sees(ended, stage.orders, late)
  expect(await roles()).toEqual([])
  expect(wrongWith(stage.workspace)).toEqual([])
}, 60_000)

test('a list moves on member by member no further than what was given can be found', async () => {
  const { stage, host, to, roles } = await aStageWithAReplicaSet()
  await changeCatalog(stage, to(`${host},${newcomer}`))
  expect(await roles()).toEqual(['read'])

  await editCatalog(stage, to(newcomer))

  const refused = /access is still held on orders-cluster: keep its address until it has ended/
  await stage.ada.sees(refused, 'dm', patient)
  await stage.ada.sees(ended, stage.orders, late)
  expect(await roles()).toEqual([])
}, 60_000)

test('started with another address, admins hear of what is held by the old one, which a reload may put back', async () => {
  const { stage, host, to, roles } = await aStageWithAReplicaSet()
  await stage.stopApp()
  await editCatalog(stage, to(newcomer))
  await stage.startApp()
  await stage.ada.sees(/held on orders-cluster.*another address/, 'dm', patient)

  await changeCatalog(stage, to(host))

  await stage.ada.sees(ended, stage.orders, late)
  expect(await roles()).toEqual([])
}, 60_000)
