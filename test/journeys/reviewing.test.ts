import { setTimeout as sleep } from 'node:timers/promises'
import { aStage, type Stage } from '../support/curfew.ts'
import { ordersCatalog } from '../support/catalogs.ts'
import type { Person } from '../workspace/people/person.ts'
import {
  aCard,
  asks,
  changeCatalog,
  eventually,
  grantsOf,
  listenToLog,
  onlyGrantOf,
  patient,
  wrongWith,
} from './acts.ts'

/** One approver says yes to Riley's peek; whatever the others do, this is where it leads. */
const givenTo = (riley: Person) => riley.sees(/You have Peek at orders/, 'dm', patient)

/** A second click that comes sooner than anybody can read is taken for the same one. */
const hasLooked = () => sleep(600)

/** Each click when what the one before it did is in the database. */
async function inOrder(stage: Stage, clicks: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const click of clicks) {
    await click()
    await eventually(
      () => onlyGrantOf(stage, stage.riley),
      ({ status }) => status !== 'pending',
    )
  }
}

const shortLived = `      hasty:
        name: Hasty
        target: { database: orders, role: read }
        who: '"@contractors" in groups'
        duration: { default: 5s, max: 1m, choices: [5s, 10s] }
        review: { within: 3s }
`

test('of two admins who click at the same moment one decides, the other is told who and when', async () => {
  const stage = await aStage()
  const { riley, ada, sam, workspace } = stage
  const card = await aCard(stage)

  await Promise.all([ada.clicks('Approve 10 s', card), sam.clicks('Approve 10 s', card)])

  await givenTo(riley)
  const { reviews } = await onlyGrantOf(stage, riley)
  expect(reviews).toHaveLength(1)
  const [winner, loser] = reviews[0]?.by.name === 'Ada' ? [ada, sam] : [sam, ada]
  await loser.sees(
    new RegExp(`Already approved by ${winner.name} \\(.*\\) at .*\\d\\d:\\d\\d`),
    'ephemeral',
    patient,
  )
  expect(winner.ephemerals()).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 30_000)

test.each(['at the same moment', 'the yes first', 'the withdrawal first'] as const)(
  'a yes and a withdrawal, %s: one counts, and the other is told',
  async (order) => {
    const stage = await aStage()
    const { riley, ada, orders, database, workspace } = stage
    const card = await aCard(stage)
    const dm = await riley.sees(/Asked for Peek at orders/, 'dm', patient)
    const yes = () => ada.clicks('Approve 10 s', card, { asSeen: true })
    const withdrawal = () => riley.clicks('Withdraw', dm, { asSeen: true })

    if (order === 'at the same moment') await Promise.all([yes(), withdrawal()])
    else await inOrder(stage, order === 'the yes first' ? [yes, withdrawal] : [withdrawal, yes])

    const { status } = await eventually(
      () => onlyGrantOf(stage, riley),
      (grant) => grant.status !== 'pending' && grant.status !== 'granting',
    )
    if (order !== 'at the same moment')
      expect(status).toBe(order === 'the yes first' ? 'active' : 'withdrawn')
    if (status === 'withdrawn') {
      await ada.sees(/Riley \(riley@contractor\.example\) withdrew this at/, 'ephemeral', patient)
      await ada.sees(/Withdrawn by Riley/, orders, patient)
      expect(riley.ephemerals()).toEqual([])
      expect(await database.holders('read')).toEqual([])
    } else {
      await riley.sees(/Already approved by Ada \(ada@acme\.example\) at/, 'ephemeral', patient)
      await givenTo(riley)
      expect(ada.ephemerals()).toEqual([])
    }
    expect(wrongWith(workspace)).toEqual([])
  },
  30_000,
)

test.each(['at the same moment', 'the yes first', 'the no first'] as const)(
  'a yes and a no, %s: one counts, and the other is told',
  async (order) => {
    const stage = await aStage()
    const { riley, ada, sam, database, workspace } = stage
    const card = await aCard(stage)
    await sam.clicks('Deny…', card)
    await sam.modal('Why?', patient)
    await sam.types('Why?', 'Please use the report instead')
    const yes = () => ada.clicks('Approve 10 s', card, { asSeen: true })

    if (order === 'the yes first') await inOrder(stage, [yes])
    const submitting = sam.submits()
    if (order === 'the no first') await inOrder(stage, [() => submitting])
    const [submitted] = await Promise.all([submitting, order === 'the yes first' ? null : yes()])

    if (order !== 'at the same moment')
      expect(submitted.outcome).toBe(order === 'the yes first' ? 'errors' : 'cleared')
    if (submitted.outcome === 'cleared') {
      await ada.sees(/Already denied by Sam \(sam@acme\.example\) at/, 'ephemeral', patient)
      await riley.sees(/@Sam \(sam@acme\.example\) said no to .*Please use the report instead/, 'dm', patient)
      expect(await database.holders('read')).toEqual([])
    } else {
      expect(submitted).toEqual({
        outcome: 'errors',
        errors: {
          'Why?': expect.stringMatching(
            /^Already approved by Ada \(ada@acme\.example\) at \d\d? \w+ \d\d:\d\d/,
          ) as string,
        },
      })
      expect(ada.ephemerals()).toEqual([])
      await givenTo(riley)
    }
    expect((await onlyGrantOf(stage, riley)).reviews).toHaveLength(1)
    expect(wrongWith(workspace)).toEqual([])
  },
  30_000,
)

test('a yes in the moment in which the request lapses: one counts, and whoever was late is told', async () => {
  const stage = await aStage({ catalog: (cast) => ordersCatalog(cast, { more: shortLived }) })
  const { riley, ada, orders, workspace } = stage
  const card = await aCard(stage, 'orders-db hasty 5s')
  const asked = await onlyGrantOf(stage, riley)
  const lapsesAtMs = asked.status === 'pending' ? asked.lapsesAt.getTime() : 0
  await sleep(lapsesAtMs - stage.app.world.clock.now().getTime() - 20)

  await ada.clicks('Approve 5 s', card, { asSeen: true })

  const { status } = await eventually(
    () => onlyGrantOf(stage, riley),
    (grant) => grant.status !== 'pending' && grant.status !== 'granting',
  )
  if (status === 'lapsed') {
    await ada.sees(/This lapsed at/, 'ephemeral', patient)
    await ada.sees(/Nobody answered in 3 s/, orders, patient)
    await riley.sees(/Nobody answered Hasty/, 'dm', patient)
  } else {
    await riley.sees(/You have Hasty/, 'dm', patient)
    expect(ada.ephemerals()).toEqual([])
  }
  expect(wrongWith(workspace)).toEqual([])
}, 30_000)

test('a yes after the request lapsed gives nothing, and says when it lapsed', async () => {
  const stage = await aStage({ catalog: (cast) => ordersCatalog(cast, { more: shortLived }) })
  const { riley, ada, orders, database, workspace } = stage
  const card = await aCard(stage, 'orders-db hasty 5s')
  await ada.sees(/Nobody answered in 3 s/, orders, patient)

  await ada.clicks('Approve 5 s', card, { asSeen: true })

  await ada.sees(/This lapsed at .*\d\d:\d\d/, 'ephemeral', patient)
  expect((await onlyGrantOf(stage, riley)).status).toBe('lapsed')
  expect(await database.holders('read')).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 30_000)

describe('where two must approve', () => {
  const aCardForTwo = (stage: Stage) => aCard(stage, 'orders-db write 1h')

  test('one person never fills both seats', async () => {
    const stage = await aStage()
    const { riley, ada, orders, database, workspace } = stage
    const card = await aCardForTwo(stage)
    await ada.clicks('Approve 1 h', card, { confirm: true })
    const half = await ada.sees(/1 of 2: Ada/, orders, patient)
    await hasLooked()

    await ada.clicks('Approve 1 h', half, { confirm: true })

    await ada.sees('You already answered. One more person is needed.', 'ephemeral', patient)
    expect(await onlyGrantOf(stage, riley)).toMatchObject({ status: 'pending', reviews: { length: 1 } })
    expect(await database.holders('readWrite')).toEqual([])
    expect(wrongWith(workspace)).toEqual([])
  }, 30_000)

  test('two who click at the same moment are two', async () => {
    const stage = await aStage()
    const { riley, ada, sam, database, workspace } = stage
    const card = await aCardForTwo(stage)

    const clicked = await Promise.all(
      [ada, sam].map((admin) => admin.clicks('Approve 1 h', card, { confirm: true })),
    )
    expect(clicked).toEqual([{ outcome: 'acked' }, { outcome: 'acked' }])

    await riley.sees(/You have Change orders/, 'dm', patient)
    expect(await database.holders('readWrite')).toEqual(['riley'])
    expect([...ada.ephemerals(), ...sam.ephemerals()]).toEqual([])
    expect(wrongWith(workspace)).toEqual([])
  }, 30_000)

  test('the second sees terms that the first changed before agreeing to them', async () => {
    const stage = await aStage()
    const { riley, ada, sam, orders, workspace } = stage
    const card = await aCardForTwo(stage)
    await ada.clicks('Change…', card)
    await ada.modal('For how long?', patient)
    await ada.types('For how long?', '30m')
    expect(await ada.submits()).toMatchObject({ outcome: 'cleared' })

    await sam.clicks('Approve 1 h', card, { confirm: true, asSeen: true })

    await sam.sees('This changed since you saw it: now 30 min. Please look again.', 'ephemeral', patient)
    expect(await onlyGrantOf(stage, riley)).toMatchObject({ status: 'pending', reviews: { length: 1 } })
    const changed = await sam.sees(/1 of 2: Ada/, orders, patient)
    await sam.sees(/Ada \(ada@acme\.example\) approved 30 min instead of 1 h/, card, patient)
    await sam.clicks('Approve 30 min', changed, { confirm: true })
    await riley.sees(/You have Change orders/, 'dm', patient)
    expect(await onlyGrantOf(stage, riley)).toMatchObject({ durationMs: 30 * 60_000 })
    expect(wrongWith(workspace)).toEqual([])
  }, 30_000)

  test('a click that Slack delivers twice is one answer, and nobody is told off', async () => {
    const stage = await aStage()
    const { riley, ada, orders, workspace } = stage
    const card = await aCardForTwo(stage)
    workspace.redeliver()
    await ada.clicks('Approve 1 h', card, { confirm: true })
    const half = await ada.sees(/1 of 2: Ada/, orders, patient)
    await workspace.redeliverLast()
    await hasLooked()

    await ada.clicks('Approve 1 h', half, { confirm: true })

    await ada.sees('You already answered. One more person is needed.', 'ephemeral', patient)
    expect(ada.ephemerals()).toHaveLength(1)
    expect((await onlyGrantOf(stage, riley)).reviews).toHaveLength(1)
    expect(wrongWith(workspace)).toEqual([])
  }, 30_000)
})

test('a yes that Slack delivers twice gives once, and nobody is told off', async () => {
  const stage = await aStage()
  const { riley, ada, sam, database, workspace } = stage
  const card = await aCard(stage)

  workspace.redeliver()
  await ada.clicks('Approve 10 s', card)

  await givenTo(riley)
  await workspace.redeliverLast()
  await sam.clicks('Approve 10 s', card, { asSeen: true })
  await sam.sees(/Already approved by Ada \(ada@acme\.example\) at/, 'ephemeral', patient)
  expect(ada.ephemerals()).toEqual([])
  expect(riley.dms.filter(({ plain }) => plain.includes('You have'))).toHaveLength(1)
  expect((await onlyGrantOf(stage, riley)).reviews).toHaveLength(1)
  expect(await database.holders('read')).toEqual(['riley'])
  expect(wrongWith(workspace)).toEqual([])
}, 30_000)

test('who stopped being an approver after the card was posted is refused, who became one may answer', async () => {
  const stage = await aStage()
  const { riley, ada, sam, kim, workspace } = stage
  const card = await aCard(stage)
  await changeCatalog(stage, (text) => text.replace('{ groups: ["@dba"] }', '{ people: [kim@acme.example] }'))

  await sam.clicks('Approve 10 s', card)

  await sam.sees(/You can't answer this: only kim@acme.example can answer this/, 'ephemeral', patient)
  expect((await onlyGrantOf(stage, riley)).status).toBe('pending')
  await kim.clicks('Approve 10 s', card)
  await givenTo(riley)
  expect(ada.ephemerals()).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 30_000)

test('nobody answers their own request; nor does a member who is no approver, nor someone of another workspace', async () => {
  const stage = await aStage()
  const { ada, kim, mallory, sam, access, database, workspace } = stage
  await asks(ada, 'reports-db read 1h', 'Ada needs the figures of May')
  const card = await sam.sees('Ada needs the figures of May', access, patient)

  await Promise.all([ada, kim, mallory].map((person) => person.clicks('Approve 1 h', card)))

  await ada.sees("You can't review your own request.", 'ephemeral', patient)
  await kim.sees(/You can't answer this: only @dba can answer this/, 'ephemeral', patient)
  await mallory.sees(/You can't answer this/, 'ephemeral', patient)
  expect(await onlyGrantOf(stage, ada)).toMatchObject({ status: 'pending', reviews: [] })
  expect(await database.holders('read', 'reports')).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 30_000)

test('only an admin ends access before its time, and the holder hears by whom', async () => {
  const stage = await aStage()
  const { riley, ada, sam, orders, database, workspace } = stage
  const card = await aCard(stage, 'orders-db read 1h')
  await ada.clicks('Approve 1 h', card)
  const active = await ada.sees(/Active until/, orders, patient)

  await sam.clicks('End now', active, { confirm: true })

  await sam.sees('Only the admins of this resource can do that.', 'ephemeral', patient)
  expect(await database.holders('read')).toEqual(['riley'])
  await ada.clicks('End now', active, { confirm: true })
  await ada.sees(/Ended .* \(ended by Ada \(ada@acme\.example\)\)\. Checked: gone/, orders, patient)
  await riley.sees(/Read orders .* ended .*; checked, it is gone/, 'dm', patient)
  expect(await database.holders('read')).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 30_000)

test('someone deactivated after asking is given nothing, whoever approves', async () => {
  const stage = await aStage()
  const { riley, ada, orders, database, workspace } = stage
  listenToLog(stage.app.world.log)
  const card = await aCard(stage)
  workspace.deactivate(riley)

  await ada.clicks('Approve 10 s', card)

  // The look at what is asked and the giving itself both find out, in either order.
  await ada.sees(
    /(Closed: |Ended .*)Riley left the workspace|Could not give: they are not in this/,
    orders,
    patient,
  )
  const [grant] = await eventually(
    () => grantsOf(stage, riley),
    ([last]) => last?.status === 'ended' || last?.status === 'withdrawn',
  )
  expect(grant && 'activeAt' in grant ? grant.activeAt : null).toBeNull()
  expect(await database.holders('read')).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 30_000)
