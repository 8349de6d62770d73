import { aStage, type Stage } from '../support/curfew.ts'
import type { Person } from '../workspace/people/person.ts'
import {
  aCard,
  aReason,
  asks,
  eventually,
  grantsOf,
  listenToLog,
  onlyGrantOf,
  patient,
  wrongWith,
} from './acts.ts'

const postsTo = ({ workspace }: Stage, where: string) =>
  workspace.calls.filter(({ method, args }) => method === 'chat.postMessage' && args['channel'] === where)

test.each([
  ['was archived', (stage: Stage) => stage.workspace.archive(stage.orders)],
  ['lost the app', (stage: Stage) => stage.workspace.removeAppFrom(stage.orders)],
])(
  'a channel that %s: the approvers get the card by DM, and answer there',
  async (_, happens) => {
    const stage = await aStage()
    const { riley, ada, sam, database, workspace } = stage
    listenToLog(stage.app.world.log)
    happens(stage)

    const reason = aReason()
    await asks(riley, 'orders-db peek 5s', reason)

    const [adas] = await Promise.all([ada, sam].map((admin) => admin.sees(reason, 'dm', patient)))
    await ada.clicks('Approve 5 s', adas)
    await riley.sees(/You have Peek at orders/, 'dm', patient)
    await sam.sees(/Active until .* Approved by Ada/, 'dm', patient)
    await ada.sees(/Ended .* \(time was up\)\. Checked: gone/, 'dm', patient)
    expect(riley.dms.filter(({ plain }) => plain.includes('asks for'))).toEqual([])
    expect(await database.holders('read')).toEqual([])
    // Once for each change at most: asked, approved, active, ended.
    expect(postsTo(stage, stage.orders.id).length).toBeLessThanOrEqual(4)
    expect(wrongWith(workspace)).toEqual([])
  },
  40_000,
)

test('a card that somebody deleted is posted again at the next change', async () => {
  const stage = await aStage()
  const { ada, sam, riley, orders, workspace } = stage
  listenToLog(stage.app.world.log)
  const card = await aCard(stage, 'orders-db write 1h')
  workspace.deleteMessage(card)

  await ada.clicks('Approve 1 h', card, { confirm: true, asSeen: true })

  const again = await sam.sees(/1 of 2: Ada/, orders, patient)
  expect(again.ts).not.toBe(card.ts)
  await sam.clicks('Approve 1 h', again, { confirm: true })
  await riley.sees(/You have Change orders/, 'dm', patient)
  expect(workspace.messages(orders)).toHaveLength(1)
  expect(wrongWith(workspace)).toEqual([])
}, 30_000)

test('closed DMs keep nobody from their access, and Slack is not asked over and over', async () => {
  const stage = await aStage()
  const { riley, ada, orders, database, workspace } = stage
  listenToLog(stage.app.world.log)
  workspace.closeDms(riley)
  const card = await aCard(stage, 'orders-db peek 5s')

  await ada.clicks('Approve 5 s', card)

  await ada.sees(/Active until/, orders, patient)
  expect(await database.holders('read')).toEqual(['riley'])
  await ada.sees(/Ended .* \(time was up\)\. Checked: gone/, orders, patient)
  expect(await database.holders('read')).toEqual([])
  await eventually(
    () => onlyGrantOf(stage, riley),
    ({ unshown }) => !unshown,
  )
  expect(postsTo(stage, riley.id).length).toBeLessThanOrEqual(3)
  expect(wrongWith(workspace)).toEqual([])
}, 30_000)

test.each([
  ['refreshed', false],
  ['cut', true],
])(
  'sockets that are %s while Slack refuses new ones for a moment are opened again, and serve',
  async (_, abruptly) => {
    const stage = await aStage()
    const { riley, ada, workspace } = stage
    listenToLog(stage.app.world.log)
    const card = await aCard(stage)
    await workspace.until(() => workspace.sockets.open === 2, patient)
    workspace.faults.next('apps.connections.open', { status: 503 }, 3)
    const isGone = workspace.until(() => workspace.sockets.open === 0, patient)

    workspace.sockets.disconnect({ abruptly })

    await isGone
    await workspace.until(() => workspace.sockets.open === 2, { withinMs: 30_000 })
    await ada.clicks('Approve 10 s', card)
    await riley.sees(/You have Peek at orders/, 'dm', patient)
    expect(wrongWith(workspace)).toEqual([])
  },
  60_000,
)

test('a form that Slack does not open is said to whom it was for, who may try again', async () => {
  const stage = await aStage()
  const { riley, ada, workspace } = stage
  const said = listenToLog(stage.app.world.log)
  const opens = async (person: Person, act: () => Promise<unknown>) => {
    workspace.faults.next('views.open', { ratelimited: true, retryAfterSeconds: 30 })
    await act()
    const told = await person.sees(
      /The form could not be opened\. .* try again\. \((\w{4})\)/,
      'ephemeral',
      patient,
    )
    expect(JSON.stringify(said)).toContain(/\((\w{4})\)/.exec(told.plain)?.[1])
    expect(person.openModal).toBeUndefined()
  }

  await opens(riley, () => riley.runs('/request-access orders-db peek 10s'))

  const card = await aCard(stage)
  await opens(ada, () => ada.clicks('Change…', card))
  await opens(ada, () => ada.clicks('Deny…', card))
  await ada.clicks('Deny…', card)
  await ada.modal('Why?', patient)
  expect(wrongWith(workspace)).toEqual([])
}, 30_000)

test('Slack that asks for a pause gets it; nothing is lost and nothing is said twice', async () => {
  const stage = await aStage()
  const { riley, ada, orders, workspace } = stage
  workspace.faults.next('chat.postMessage', { ratelimited: true, retryAfterSeconds: 2 })
  workspace.faults.next('chat.postMessage', { ratelimited: true, retryAfterSeconds: 1 })
  const reason = aReason()
  await asks(riley, 'orders-db peek 10s', reason)

  await ada.sees(reason, orders, patient)

  await riley.sees(/Asked for Peek at orders/, 'dm', patient)
  await eventually(
    () => onlyGrantOf(stage, riley),
    ({ unshown }) => !unshown,
  )
  expect([workspace.messages(orders).length, riley.dms.length]).toEqual([1, 1])
  const posts = workspace.calls.filter(({ method }) => method === 'chat.postMessage')
  const [first] = posts.filter(({ status }) => status === 429)
  const accepted = posts.filter(({ status }) => status === 200)
  for (const { atMs } of accepted) expect(atMs - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(1_000)
  expect(wrongWith(workspace)).toEqual([])
}, 30_000)

test.each([
  ['the first', 0],
  ['the second', 1],
])(
  'a card whose posting was confirmed to nobody is repeated at most once, and a click on %s works',
  async (_, which) => {
    const stage = await aStage()
    const { riley, ada, orders, workspace } = stage
    listenToLog(stage.app.world.log)
    workspace.faults.next('chat.postMessage', 'dropAfter', 2)
    await asks(riley, 'orders-db peek 10s')
    await workspace.until(() => workspace.messages(orders).length >= 2, patient)
    await eventually(
      () => onlyGrantOf(stage, riley),
      ({ unshown }) => !unshown,
    )
    const cards = workspace.messages(orders)
    expect(cards).toHaveLength(2)

    await ada.clicks('Approve 10 s', cards[which])

    await riley.sees(/You have Peek at orders/, 'dm', patient)
    await workspace.until(() => workspace.now(cards[which]!)?.plain.includes('Active until'), patient)
    expect(workspace.messages(orders)).toHaveLength(2)
    expect(await grantsOf(stage, riley)).toHaveLength(1)
    expect(wrongWith(workspace)).toEqual([])
  },
  30_000,
)
