import { setTimeout as sleep } from 'node:timers/promises'
import mongoose, { type Connection } from 'mongoose'
import type { SurfaceKey } from '../../src/domain/ports/surfaces.ts'
import { convertSurfaces } from '../../src/mongo/convert-surfaces.ts'
import { mongoHolds } from '../../src/mongo/holds.ts'
import { mongoSurfaces } from '../../src/mongo/surfaces.ts'
import { pictureAlerts } from '../../src/slack/looking-after/alerts.ts'
import { anAlertedGrant } from '../support/lives.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'
import { aSlackSide } from '../support/slack-side.ts'

let database: TestDatabase
const others: Connection[] = []
beforeEach(async () => {
  database = await aDatabase()
})
afterEach(async () => {
  await Promise.all(others.splice(0).map((one) => one.close()))
  await database.drop()
})
const connect = async () => {
  const one = await mongoose
    .createConnection(database.uri, { dbName: database.name, autoIndex: false })
    .asPromise()
  others.push(one)
  return one
}
const collection = (name: string) => {
  const { db } = database.connection
  if (!db) throw new Error('not connected')
  return db.collection<{ _id: string }>(name)
}

test('an admin who heard of a late debt by DM is not told again after the conversion', async () => {
  const side = aSlackSide()
  const grant = anAlertedGrant()
  await side.world.grants.insert({ ...grant, revision: 0 })
  const place = `alert:${grant.resource.id}:${grant.channel}`
  const since = grant.alertedAt?.getTime() ?? 0
  const surfaces = mongoSurfaces(database.connection)
  const left = { tries: 1, leaseUntil: new Date(0), leasedBy: 'x' }
  const inChannel = { channel: null, ts: null, shows: null, failure: 'is_archived', needsLook: true }
  const first = { key: `${place}:${since}:0`, requestId: place, ...inChannel, tries: 1 }
  // To whom it goes where the channel cannot be written to is as the catalog says.
  const asked = await pictureAlerts({
    ...side.parts,
    surfaces: { ...surfaces, needingLook: async () => [first] },
  })
  const userId = asked.find(({ key }) => key.includes(':by-dm:'))?.to.channel
  expect(userId).toBeDefined()
  // As the version before noted it.
  const byDm = { channel: 'D1', ts: '1.0', shows: 'mark', failure: null, needsLook: false }
  const noted = [
    { _id: first.key, requestId: place, ...inChannel, ...left },
    { _id: `${place}:by-dm:${since}:${userId}`, requestId: `${place}:by-dm`, ...byDm, ...left },
  ]
  await collection('surfaces').insertMany(noted)
  await convertSurfaces(database.connection)
  const after = await pictureAlerts({ ...side.parts, surfaces: mongoSurfaces(database.connection) })
  expect(after.find(({ key }) => key.includes(':by-dm:'))?.row?.ts).toBe('1.0')
})

test('a message has one holder at a time, and nothing saved is undone, whatever two processes ask for', async () => {
  const stores = [mongoSurfaces(database.connection), mongoSurfaces(await connect())]
  const truth = new Map<string, number>()
  const held = new Map<string, number>()
  let twice = 0
  let lost = 0
  const work = async (id: number) => {
    for (let i = 0; i < 60; i++) {
      const store = stores[id % 2]
      const requestId = `r${Math.floor(Math.random() * 3)}`
      const of: SurfaceKey = { requestId, key: `${requestId}:${Math.floor(Math.random() * 4)}` }
      const { row } = (await store?.lease(of, 30_000)) ?? { row: null }
      if (row === null) continue
      held.set(of.key, (held.get(of.key) ?? 0) + 1)
      if (held.get(of.key) !== 1) twice++
      if (row.tries !== (truth.get(of.key) ?? 0)) lost++
      await sleep(Math.random() * 5)
      const next = row.tries + 1
      truth.set(of.key, next)
      held.set(of.key, 0)
      const shown = await store?.save(of, { tries: next, ts: `${next}`, channel: of.key })
      if ((shown?.surfaces.find(({ key }) => key === of.key)?.tries ?? 0) < next) lost++
    }
  }
  await Promise.all(Array.from({ length: 30 }, (_, id) => work(id)))
  const end = mongoSurfaces(database.connection)
  for (const [key, tries] of truth) {
    const found = (await end.of(key.split(':')[0] ?? '')).surfaces.find((one) => one.key === key)
    if (found?.tries !== tries) lost++
  }
  expect({ twice, lost }).toEqual({ twice: 0, lost: 0 })
  expect([...truth.values()].reduce((a, b) => a + b, 0)).toBeGreaterThan(50)
}, 60_000)

test('a lease that ran out is taken by another process, by one alone', async () => {
  const stores = [mongoSurfaces(database.connection), mongoSurfaces(await connect())]
  for (let i = 0; i < 20; i++) {
    const of = { requestId: `q${i}`, key: `q${i}:card` }
    await stores[0]?.lease(of, 30)
    await sleep(60)
    const all = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => stores[n % 2]?.lease(of, 30_000)),
    )
    expect(all.filter((one) => one?.row)).toHaveLength(1)
  }
}, 60_000)

test('whoever knew what stands there learns by its own save what another did meanwhile', async () => {
  const [one, other] = [mongoSurfaces(database.connection), mongoSurfaces(await connect())]
  for (let i = 0; i < 30; i++) {
    const requestId = `s${i}`
    const [a, b] = [
      { requestId, key: 'a' },
      { requestId, key: 'b' },
    ]
    await one.lease(a, 60_000)
    await one.save(a, { ts: '1', channel: 'C' })
    const seen = one.known(requestId)
    await Promise.all([one.lease(a, 60_000), other.lease(b, 60_000)])
    const [mine, theirs] = await Promise.all([one.save(a, { shows: 'x' }), other.save(b, { shows: 'y' })])
    const missed = mine.version > theirs.version && mine.othersUntil <= (seen?.version ?? 0)
    expect(missed).toBe(false)
    const all = (await one.of(requestId)).surfaces
    expect(all.map(({ shows }) => shows)).toEqual(['x', 'y'])
  }
}, 60_000)

test('holds: one holder at a time, and each holder a token of its own, whatever fifty ask for', async () => {
  const stores = [mongoHolds(database.connection), mongoHolds(await connect())]
  let twice = 0
  let torn = 0
  const busy = new Map<string, number>()
  const tokens = new Map<string, Set<number>>()
  const work = async (id: number) => {
    for (let i = 0; i < 30; i++) {
      const store = stores[id % 2]
      if (!store) return
      const key = {
        system: 's',
        principal: `p${Math.floor(Math.random() * 5)}`,
        canonical: `c${i % 3}`,
        target: { a: 1 },
      }
      const name = `${key.principal} ${key.canonical}`
      const leased = await store.lease(key, 30_000)
      if (!leased.taken) {
        if (leased.until.getTime() < Date.now() - 35_000) torn++
        continue
      }
      const { token } = leased.hold
      const known = tokens.get(name) ?? new Set()
      tokens.set(name, known)
      if (known.has(token)) torn++
      known.add(token)
      busy.set(name, (busy.get(name) ?? 0) + 1)
      if (busy.get(name) !== 1) twice++
      const claimed = await store.write(key, token, {
        claim: { grantId: `g${id}`, end: new Date() },
        keepMs: 30_000,
      })
      if (claimed === null || !(`g${id}` in claimed.claims) || claimed.token !== token) torn++
      await sleep(Math.random() * 4)
      busy.set(name, 0)
      const left = await store.write(key, token, {
        unclaim: { grantId: `g${id}`, left: 'gone', keptUntil: null },
        keepMs: 0,
      })
      if (left === null || left.token !== token) torn++
      const late = await store.write(key, token - 1, { heldBefore: true })
      if (late !== null) torn++
    }
  }
  await Promise.all(Array.from({ length: 50 }, (_, id) => work(id)))
  expect({ twice, torn }).toEqual({ twice: 0, torn: 0 })
  expect([...tokens.values()].reduce((sum, one) => sum + one.size, 0)).toBeGreaterThan(50)
}, 90_000)

test('a card that another process moved is not found any more where it stood: whoever clicks that one is seen', async () => {
  const [one, other] = [mongoSurfaces(database.connection), mongoSurfaces(await connect())]
  const of = { requestId: 'm', key: 'card:m' }
  await one.lease(of, 60_000)
  await one.save(of, { channel: 'C1', ts: '1.0' })
  await other.lease(of, 60_000)
  await other.save(of, { channel: 'C1', ts: '9.0' })
  expect(await other.byMessage('C1', '1.0')).toBeNull()
  expect(await one.byMessage('C1', '1.0')).toBeNull()
})

test('what was never taken fails no other save of the same moment', async () => {
  const store = mongoSurfaces(database.connection)
  const of = { requestId: 'n', key: 'card:n' }
  await store.lease(of, 60_000)
  const [bad, good] = await Promise.allSettled([
    store.save({ requestId: 'never', key: 'card:never' }, { ts: '1.0' }),
    store.save(of, { ts: '1.0', channel: 'C1' }),
  ])
  expect([bad.status, good.status]).toEqual(['rejected', 'fulfilled'])
})

test('a save that failed is not known as if it had been made', async () => {
  const store = mongoSurfaces(database.connection)
  const of = { requestId: 'f', key: 'card:f' }
  await store.lease(of, 60_000)
  await store.save(of, { channel: 'C1', ts: '1.0', shows: 'earlier' })
  await database.connection.db?.command({
    collMod: 'shown',
    validator: { 'surfaces.shows': { $ne: 'later' } },
  })
  await expect(store.save(of, { shows: 'later' })).rejects.toThrow()
  const known = store.known('f')?.surfaces.map(({ shows }) => shows) ?? null
  expect(known).not.toEqual(['later'])
})
