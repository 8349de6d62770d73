import { mongoDeviceSources } from '../../../src/mongo/device-sources.ts'
import { mongoDifferences } from '../../../src/mongo/differences.ts'
import { grantModel, toStored } from '../../../src/mongo/grant-model.ts'
import { mongoGrantRecords } from '../../../src/mongo/grant-records.ts'
import { mongoIdentities } from '../../../src/mongo/identities.ts'
import { mongoLosses } from '../../../src/mongo/losses.ts'
import { pictureAlerts } from '../../../src/slack/looking-after/alerts.ts'
import { pictureDifferences } from '../../../src/slack/looking-after/differences.ts'
import { pictureIdentities } from '../../../src/slack/looking-after/identities.ts'
import { pictureOutages } from '../../../src/slack/looking-after/outages.ts'
import { pictureLosses } from '../../../src/slack/looking-after/standing-loss.ts'
import type { Parts } from '../../../src/slack/parts.ts'
import type { Alert } from '../../../src/slack/publish/picture.ts'
import { Publisher } from '../../../src/slack/publish/publisher.ts'
import { read } from '../../catalog/reading.ts'
import { beat, useBeats } from '../../support/beats.ts'
import { at, sam } from '../../support/builders.ts'
import { aDatabase, type TestDatabase } from '../../support/database.ts'
import { standard } from '../../support/device-sources.ts'
import { anAlertedGrant } from '../../support/lives.ts'
import { anotherLate } from '../../support/late-alerts.ts'
import { noLog } from '../../support/no-log.ts'
import { settled } from '../../support/publishing.ts'
import { aSlackSide, catalogWith, type SlackSide } from '../../support/slack-side.ts'

useBeats()
let database: TestDatabase
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.drop())

const named = { id: 'orders', name: 'Orders' }
const rows = {
  'a mass loss': {
    collection: 'losses',
    picture: pictureLosses,
    id: 'one',
    row: { resource: named, entitlement: named, channel: 'C1', mark: 'm1', count: 30, confirmed: null },
    another: { mark: 'm2' },
    asAnotherVersion: { count: { people: 30 } },
  },
  'a difference': {
    collection: 'differences',
    picture: pictureDifferences,
    id: 'orders',
    row: { resource: named, channel: 'C1', mark: 'm1', foundAt: at(0), places: [] },
    another: { resource: { id: 'phones', name: 'Phones' } },
    asAnotherVersion: { places: 'elsewhere' },
  },
  'a question about two identities': {
    collection: 'identity_questions',
    picture: pictureIdentities,
    id: 'one',
    row: { source: 'okta', user: 'u1', person: 'p1', why: 'used-email', answer: null, askedAt: at(0) },
    another: { why: 'another-user' },
    asAnotherVersion: { why: 'same-telephone' },
  },
  'a silent source of devices': {
    collection: 'device_sources',
    picture: pictureOutages,
    id: 'laptops',
    row: { heardAt: at(0), losses: [{ entitlement: named, resource: named, people: 3, at: at(90) }] },
    another: {},
    asAnotherVersion: { losses: { of: 'everybody' } },
  },
}

/** Says what these are, and how many calls to Slack that took until it is quiet. */
function publishes(side: SlackSide, parts: Parts, alerts: () => Promise<Alert[]>) {
  const publisher = new Publisher(parts, {
    pictures: { of: async () => ({ pictures: [], isWhole: true }), alerts },
    isPaced: false,
  })
  publisher.start()
  const aBeat = async (): Promise<void> => {
    side.passes(5_000)
    beat(5_000)
    await settled(300)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const isSaid = async (count: number): Promise<void> => {
    for (let i = 0; i < 40 && side.slack.calls.length < count; i++) await aBeat()
    for (let i = 0; i < 3; i++) await aBeat()
    expect(side.slack.texts).toHaveLength(count)
  }
  return { publisher, isSaid }
}

test.each(Object.entries(rows))(
  'the message about %s that only another version can read is not said to be over, and others are said; it is over once it is gone',
  async (_what, { collection, picture, id, row, another, asAnotherVersion }) => {
    const { connection } = database
    const them = { userName: 'x', email: 'x@acme.example', deletedAt: null, emails: ['x@acme.example'] }
    await connection.collection('scim_users').replaceOne({ _id: 'u1' as never }, them, { upsert: true })
    const person = { emailKey: 'x@acme.example', slack: { userId: 'UX' } }
    await connection.collection('people').replaceOne({ _id: 'p1' as never }, person, { upsert: true })
    const side = aSlackSide({
      catalog: read(
        `${catalogWith()}people:\n  channel: C0PEOPLE\ndevices:\n  channel: C0DEVICES\n  admins: [ada@acme.example]\n  sources:\n    ${standard}    ${standard.replace('laptops', 'phones')}`,
      ),
    })
    const world = {
      ...side.world,
      losses: mongoLosses(connection),
      differences: mongoDifferences(connection),
      identities: mongoIdentities(connection),
      deviceSources: mongoDeviceSources(connection),
    }
    const stored = connection.collection(collection)
    const _id = id as never
    await stored.insertOne({ _id, ...row })
    const parts = { ...side.parts, log: noLog, world }
    const { publisher, isSaid } = publishes(side, parts, () => picture(parts))
    await isSaid(1)
    await stored.updateOne({ _id }, { $set: asAnotherVersion })
    await isSaid(1)
    await stored.insertOne({ _id: 'phones' as never, ...row, ...another })
    await isSaid(2)
    // What was ever heard of stays, without anything that is lost by it.
    if (collection === 'device_sources') await stored.updateOne({ _id }, { $unset: { losses: '' } })
    else await stored.deleteOne({ _id })
    await isSaid(3)
    await publisher.stop(100)
  },
)

test('nothing late that only another version can read is said to be settled; it is once it is', async () => {
  const { connection } = database
  const grants = grantModel(connection).collection
  await grants.insertOne(toStored(anAlertedGrant()) as never)
  const side = aSlackSide()
  const parts = {
    ...side.parts,
    records: mongoGrantRecords(connection, { now: () => at(8_000) }, noLog),
  }
  const { publisher, isSaid } = publishes(side, parts, () => pictureAlerts(parts))
  await isSaid(1)
  await grants.updateMany({}, { $set: { reason: 7 } })
  await isSaid(2)
  expect(side.slack.texts.at(-1)).toBe('Orders database: 1 late')
  await grants.updateMany({}, { $set: { isOpen: false } })
  // The alert itself, and the last word in its thread.
  await isSaid(4)
  await publisher.stop(100)
  await grants.deleteMany({})
})

test('an alert says that somebody holds something still as long as it is so, though another version alone can read what else is late', async () => {
  const grants = grantModel(database.connection).collection
  const [one, other] = [anAlertedGrant(), anotherLate()]
  await grants.insertMany([toStored(one), { ...toStored(other), reviews: { by: 'version 9' } }] as never[])
  const side = aSlackSide()
  const parts = {
    ...side.parts,
    records: mongoGrantRecords(database.connection, { now: () => at(8_000) }, noLog),
  }
  const { publisher, isSaid } = publishes(side, parts, () => pictureAlerts(parts))
  const saysNow = () => side.slack.calls.at(-1)?.args
  await isSaid(1)
  expect(saysNow()?.['text']).toContain('2 late')
  expect(saysNow()?.['blocks']).toMatch(/STILL HELD.* Riley.*1 that this version of Curfew cannot read/)
  await grants.deleteOne({ _id: one.id as never })
  await isSaid(2)
  expect(saysNow()?.['text']).toContain('1 late')
  expect(saysNow()?.['blocks']).not.toContain('Riley')
  await grants.deleteMany({})
  await isSaid(4)
  await publisher.stop(100)
})

// Each place took turns in the first thousand.
test('what is late on one resource is said though more than a thousand are late on another for longer, with how many those are', async () => {
  const grants = grantModel(database.connection).collection
  const { connection } = database
  const thousands = Array.from({ length: 1_200 }, (_, n) => ({
    ...toStored(anotherLate({ id: `m${n}`, requestId: `m${n}`, subject: { ...sam, id: `m${n}` } })),
    ...(n === 0 ? { reason: 7 } : {}),
  }))
  const billing = anotherLate({
    resource: { id: 'billing-db', name: 'Billing database' },
    alertedAt: at(7_390),
  })
  await grants.insertMany([...thousands, toStored(billing)] as never[])
  const side = aSlackSide()
  const records = mongoGrantRecords(connection, { now: () => at(8_000) }, noLog)
  const alerts = await pictureAlerts({ ...side.parts, records })
  const said = await Promise.all(alerts.map(async ({ draw }) => (await draw()).text))
  expect(said.sort()).toEqual(['Billing database: 1 late', 'Orders database: 1200 late'])
  await grants.deleteMany({})
})
