import { mongoDevices } from '../../../src/mongo/devices.ts'
import { pictureAlerts } from '../../../src/slack/looking-after/alerts.ts'
import { pictureDevices } from '../../../src/slack/looking-after/devices.ts'
import type { Parts } from '../../../src/slack/parts.ts'
import { Publisher } from '../../../src/slack/publish/publisher.ts'
import type { Person } from '../../../src/domain/person.ts'
import { read } from '../../catalog/reading.ts'
import { beat, useBeats } from '../../support/beats.ts'
import { ada, at, kim, riley, sam } from '../../support/builders.ts'
import { aDatabase, type TestDatabase } from '../../support/database.ts'
import { standard } from '../../support/device-sources.ts'
import { aDevice } from '../../support/known-devices.ts'
import { anAlertedGrant, anEndedGrant } from '../../support/lives.ts'
import { settled } from '../../support/publishing.ts'
import { RecordedSlack } from '../../support/recorded-slack.ts'
import { slackDirectory } from '../../../src/slack/directory/directory.ts'
import { pictureOutages } from '../../../src/slack/looking-after/outages.ts'
import { pictureIdentities } from '../../../src/slack/looking-after/identities.ts'
import { aGate } from '../../support/busy-publisher.ts'
import { noLog } from '../../support/no-log.ts'
import { aSlackSide, catalogWith, type SlackSide } from '../../support/slack-side.ts'

useBeats()
const running: Publisher[] = []
const databases: TestDatabase[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((publisher) => publisher.stop(100)))
  await Promise.all(databases.splice(0).map(({ drop }) => drop()))
})

/** Alerts as `slack.ts` composes them, of those kinds that this is about. */
function aPublisher(parts: Parts): Publisher {
  const publisher = new Publisher(parts, {
    pictures: {
      of: async () => ({ pictures: [], isWhole: true }),
      alerts: async () => [...(await pictureAlerts(parts)), ...(await pictureDevices(parts))],
    },
    isPaced: false,
  })
  publisher.start()
  running.push(publisher)
  return publisher
}

async function beats(side: SlackSide, many: number, isReal = false): Promise<void> {
  for (let i = 0; i < many; i++) {
    side.passes(5_000)
    beat(5_000)
    await settled(300)
    if (isReal) await new Promise((resolve) => setTimeout(resolve, 150))
  }
}

const inChannel = `${catalogWith()}devices:\n  channel: C0DEVICES\n  admins: [ada@acme.example, sam@acme.example]\n  sources:\n    ${standard}`

test.each([
  ['can be read', { name: 'another name' }],
  ['cannot be read any more', { approval: 'escalated' }],
])('what is still held is said, though a device of which a card stands %s', async (_what, change) => {
  const database = await aDatabase()
  databases.push(database)
  const side = aSlackSide({ catalog: read(inChannel) })
  const devices = mongoDevices(database.connection, { now: () => at(0) })
  const world = { ...side.world, devices }
  await devices.change('laptops/one', () => ({
    device: aDevice({ id: 'laptops/one', source: 'laptops', owner: riley, approval: 'pending' }),
    isChanged: true,
  }))
  aPublisher({ ...side.parts, world })
  await beats(side, 3, true)
  expect(side.slack.texts).toEqual([expect.stringContaining('A new device waits')])
  // Written by another version: a document that this one cannot read.
  await database.connection.collection('devices').updateOne({ _id: 'laptops/one' as never }, { $set: change })
  await side.writes(anAlertedGrant())
  await beats(side, 6, true)
  expect(side.slack.texts.filter((text) => text.includes('late'))).toHaveLength(1)
})

test.each([4, 6])(
  'an alert of what is late is settled once nothing is, though %s admins are each asked of twenty new devices and of twenty in question',
  async (count) => {
    const admins: Person[] = Array.from({ length: count }, (_, i) => ({
      ...kim,
      id: `admin-${i}`,
      email: `admin${i}@acme.example`,
      slack: { ...kim.slack, userId: `UADMIN${i}` },
    }))
    const byDm = `${catalogWith()}devices:\n  admins: [${admins.map(({ email }) => email).join(', ')}]\n  sources:\n    ${standard}`
    const side = aSlackSide({ catalog: read(byDm), known: { people: [riley, ada, sam, kim, ...admins] } })
    for (let n = 0; n < 20; n++) {
      for (const [id, about] of [
        [`laptops/new-${n}`, { approval: 'pending' }],
        [`laptops/old-${n}`, { isInQuestion: true, claimed: 'kim@acme.example' }],
      ] as const)
        await side.world.devices.change(id, () => ({
          device: aDevice({ id, owner: riley, ...about }),
          isChanged: true,
        }))
    }
    aPublisher(side.parts)
    await beats(side, 10)
    expect(side.slack.calls).toHaveLength(40 * count)
    await side.writes(anAlertedGrant())
    await beats(side, 3)
    expect(side.slack.texts.filter((text) => text.includes('late'))).toHaveLength(1)
    await side.writes({ ...anEndedGrant(), id: anAlertedGrant().id })
    await beats(side, 6)
    expect(side.slack.texts.filter((text) => text.includes('Settled'))).not.toEqual([])
  },
)

const byDmOf = (emails: string) =>
  `${catalogWith()}devices:\n  admins: [${emails}]\n  sources:\n    ${standard}`

test('where Slack does not say now who an admin is, those who are told are not all', async () => {
  const slack = new RecordedSlack()
  slack.next('users.lookupByEmail', { status: 503 })
  const directory = slackDirectory({
    client: slack.client,
    teamId: () => 'T1',
    people: { seen: () => Promise.reject(new Error('no')), bySlackUser: async () => null },
    log: noLog,
  })
  expect(await directory.userIds([ada.email ?? ''])).toEqual({ userIds: [], isWhole: false })
})

test.each(['devices', 'outages', 'identities'])(
  'of %s a DM is not said to be over while its question waits, though Slack does not say for a moment who its admins are',
  async (what) => {
    const side = aSlackSide({ catalog: read(byDmOf('ada@acme.example')) })
    let isFailing = false
    const directory: typeof side.parts.directory = {
      ...side.parts.directory,
      userIds: async (of) => (isFailing ? { userIds: [], isWhole: false } : side.parts.directory.userIds(of)),
    }
    await side.world.devices.change('laptops/one', () => ({
      device: aDevice({ id: 'laptops/one', owner: riley, approval: 'pending' }),
      isChanged: true,
    }))
    const silent = {
      source: 'laptops',
      heardAt: at(0),
      losses: [{ ...anEndedGrant(), at: at(900), count: 1, person: riley, entitlements: 1 }],
      isTakenAnyway: false,
    }
    const question = {
      id: 'q1',
      source: 'scim',
      email: 'x@acme.example',
      slackUserId: 'UX',
      until: [],
      userName: 'x',
      instead: [],
      why: 'used-email',
    }
    const world = {
      ...side.world,
      deviceSources: { ...side.world.deviceSources, all: async () => [silent] as never },
      identities: { ...side.world.identities, open: async () => [question] as never, said: async () => null },
    }
    const parts = { ...side.parts, directory, world }
    const of = { devices: pictureDevices, outages: pictureOutages, identities: pictureIdentities }[what]
    if (of === undefined) throw new Error('what?')
    const publisher = new Publisher(parts, {
      pictures: { of: async () => ({ pictures: [], isWhole: true }), alerts: () => of(parts) },
      isPaced: false,
    })
    publisher.start()
    running.push(publisher)
    await beats(side, 2)
    expect(side.slack.calls).toHaveLength(1)
    isFailing = true
    await beats(side, 2)
    expect(side.slack.texts.slice(1)).toEqual([])
  },
)

test.each([
  ['nothing else happens', false],
  ['one that was seen long ago comes to be somebody’s while they are posted', true],
])('twenty cards of new devices stand in one channel and no more, though %s', async (_what, isClaimed) => {
  const side = aSlackSide({ catalog: read(inChannel) })
  const gate = aGate()
  let posting = 0
  const own = side.parts.surfaces
  const surfaces: typeof own = {
    ...own,
    lease: async (row, forMs) => {
      // The channel's pace.
      if (++posting > 2) await gate.opened
      return own.lease(row, forMs)
    },
  }
  const put = (id: string, about: Parameters<typeof aDevice>[0]) =>
    side.world.devices.change(id, () => ({ device: aDevice({ id, name: id, ...about }), isChanged: true }))
  await put('laptops/long-ago', { approval: 'pending', owner: null })
  for (let n = 0; n < 25; n++) await put(`laptops/new-${n}`, { approval: 'pending', owner: riley })
  aPublisher({ ...side.parts, surfaces })
  await beats(side, 1)
  if (isClaimed) await put('laptops/long-ago', { approval: 'pending', owner: riley })
  side.passes(1_000)
  gate.open()
  await beats(side, 10)
  const posted = side.slack.calls.filter(({ method }) => method === 'chat.postMessage')
  expect(new Set(posted.map(({ args }) => args['blocks'])).size).toBe(20)
})

test('a card of a new device does not go on asking once no source of devices is in the catalog any more', async () => {
  const side = aSlackSide()
  let catalog = read(inChannel)
  await side.world.devices.change('laptops/one', () => ({
    device: aDevice({ id: 'laptops/one', owner: riley, approval: 'pending' }),
    isChanged: true,
  }))
  aPublisher({ ...side.parts, world: { ...side.world, catalog: () => catalog } })
  await beats(side, 2)
  expect(side.slack.calls).toHaveLength(1)
  catalog = read(catalogWith())
  await beats(side, 5)
  expect(side.slack.calls).toHaveLength(2)
})

test.each([
  ['can be read', false],
  ['cannot be read', true],
])('what is still held is said, though what is noted of the card of a device %s', async (_what, isBroken) => {
  const side = aSlackSide({ catalog: read(inChannel) })
  await side.world.devices.change('laptops/one', () => ({
    device: aDevice({ id: 'laptops/one', owner: riley, approval: 'pending' }),
    isChanged: true,
  }))
  const own = side.parts.surfaces
  // As MongoDB's reads a document that another version wrote.
  const of: typeof own.of = (key) =>
    isBroken && key.startsWith('device:') ? Promise.reject(new Error('cannot be read')) : own.of(key)
  aPublisher({ ...side.parts, surfaces: { ...own, of } })
  await side.writes(anAlertedGrant())
  await beats(side, 6)
  expect(side.slack.texts.filter((text) => text.includes('late'))).toHaveLength(1)
})

test('what is still held is said, though it cannot be read which cards somebody clicked', async () => {
  const side = aSlackSide({ catalog: read(inChannel) })
  const own = side.parts.surfaces
  const needingLook: typeof own.needingLook = (limit, begin) =>
    begin === 'card:' ? Promise.reject(new Error('cannot be read')) : own.needingLook(limit, begin)
  aPublisher({ ...side.parts, surfaces: { ...own, needingLook } })
  await side.writes(anAlertedGrant())
  await beats(side, 3)
  expect(side.slack.texts.filter((text) => text.includes('late'))).toHaveLength(1)
})

test.each([
  ['can be read', false],
  ['cannot be read', true],
])(
  'what is late of one resource is said, though what is noted of a DM about another, of which the channel is gone, %s',
  async (_what, isBroken) => {
    const side = aSlackSide()
    const own = side.parts.surfaces
    const of: typeof own.of = (key) =>
      isBroken && key.includes(':by-dm:') ? Promise.reject(new Error('cannot be read')) : own.of(key)
    side.slack.next('chat.postMessage', { error: 'is_archived' })
    aPublisher({ ...side.parts, surfaces: { ...own, of } })
    await side.writes(anAlertedGrant())
    await beats(side, 3)
    await side.writes({
      ...anAlertedGrant(),
      id: 'other',
      requestId: 'other',
      channel: 'C2',
      resource: { id: 'billing-db', name: 'Billing database' },
    })
    await beats(side, 4)
    expect(side.slack.texts.filter((text) => text.includes('Billing'))).toEqual(['Billing database: 1 late'])
  },
)

test('the card of a new device asks no more once it is asked whose it is', async () => {
  const side = aSlackSide({ catalog: read(inChannel) })
  aPublisher(side.parts)
  const put = (about: Parameters<typeof aDevice>[0]) =>
    side.world.devices.change('laptops/one', () => ({
      device: aDevice({ id: 'laptops/one', owner: riley, approval: 'pending', ...about }),
      isChanged: true,
    }))
  await put({})
  await beats(side, 2)
  expect(side.slack.calls).toHaveLength(1)
  await put({ isInQuestion: true, claimed: 'kim@acme.example' })
  await beats(side, 4)
  const edits = side.slack.calls.filter(({ method }) => method === 'chat.update')
  expect(edits).toHaveLength(1)
  expect(edits[0]?.args['blocks']).not.toContain('device_approve')
})
