import { aStage, type Stage } from '../support/curfew.ts'
import { asks, asksForSeveral, grantsOf, listenToLog, patient, wrongWith } from './acts.ts'

async function aQuietStage(): Promise<Stage> {
  const stage = await aStage()
  listenToLog(stage.app.world.log)
  return stage
}

const three = [
  'Read orders · Orders database',
  'Change orders · Orders database',
  'Peek at orders · Orders database',
]

test('three things in one form are one card, answered line by line or as a whole, and a grant each', async () => {
  const stage = await aQuietStage()
  const { riley, ada, sam, orders, workspace } = stage
  const { reason, submitted } = await asksForSeveral(stage, three)
  expect(submitted).toMatchObject({ outcome: 'cleared' })
  const card = await ada.sees(/@Riley asks for 3 things/, orders, patient)
  expect(card.plain).toContain(reason)
  expect(card.buttons).toEqual([
    ...['Approve all 3', 'Deny all…'],
    ...[
      'Approve 10 s',
      'Change…',
      'Deny…',
      'Approve 10 s',
      'Change…',
      'Deny…',
      'Approve 10 s',
      'Change…',
      'Deny…',
    ],
  ])
  const told = await riley.sees(/Asked for 3 things, 10 s each/, 'dm', patient)
  expect(told.buttons).toEqual(['Withdraw'])

  const [, second] = (await grantsOf(stage, riley)).sort((a, b) => a.line - b.line)
  await ada.presses({ actionId: 'card_deny', blockId: `do:${second?.id ?? ''}` }, card)
  await ada.modal('Why?', patient)
  await ada.types('Why?', 'not this one')
  expect(await ada.submits()).toMatchObject({ outcome: 'cleared' })
  await riley.sees(
    /@Ada \(ada@acme\.example\) said no to Change orders on Orders database: not this one/,
    'dm',
    patient,
  )

  const now = await sam.sees(/Denied by Ada/, orders, patient)
  expect(now.buttons.slice(0, 2)).toEqual(['Approve all 2', 'Deny all…'])
  await sam.clicks('Approve all 2', now, { confirm: true })
  await riley.sees(/You have Read orders on Orders database/, 'dm', patient)
  await riley.sees(/You have Peek at orders on Orders database/, 'dm', patient)
  expect(await stage.database.holders('read')).toEqual(['riley'])
  const over =
    /Read orders on Orders database: Ended.*Change orders on Orders database: Denied.*Peek at orders on Orders database: Ended/s
  await ada.sees(over, orders, { withinMs: 40_000 })
  expect(
    (await grantsOf(stage, riley)).map(({ line, requestId }) => [line, requestId.length > 0]),
  ).toHaveLength(3)
  expect(wrongWith(workspace)).toEqual([])
}, 90_000)

test('lines that moved on while the card was open are said, and the others are answered', async () => {
  const stage = await aQuietStage()
  const { riley, ada, orders, workspace } = stage
  const { reason } = await asksForSeveral(stage, [three[0] ?? '', three[2] ?? ''])
  const card = await ada.sees(reason, orders, patient)
  await asks(riley, 'orders-db peek 5s')
  await ada.clicks('Approve all 2', card, { confirm: true, asSeen: true })
  await ada.sees(
    /1 of 2 were answered\. The others: Riley \(riley@contractor\.example\) withdrew this/,
    'ephemeral',
    patient,
  )
  await riley.sees(/You have Read orders/, 'dm', patient)
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('withdrawing takes all that wait; one that cannot be had is said, and nothing is asked for', async () => {
  const stage = await aQuietStage()
  const { riley, ada, orders, workspace } = stage
  const { reason } = await asksForSeveral(stage, three)
  await riley.clicks('Withdraw', await riley.sees(/Asked for 3 things/, 'dm', patient))
  await ada.sees(/(Withdrawn by Riley.*){3}/s, orders, patient)
  await ada.sees(reason, orders, patient)

  const short = await asksForSeveral(stage, three, 'too short')
  expect(Object.keys(short.submitted.errors)).toEqual(['What do you need it for?'])
  await riley.closesModal({ everything: true })
  await asks(riley, 'orders-db peek 1m')
  await ada.clicks(
    'Approve 1 min',
    await ada.sees(/Peek at orders on Orders database, 1 min/, orders, patient),
  )
  await riley.sees(/You have Peek at orders/, 'dm', patient)
  const held = await asksForSeveral(stage, three)
  expect(held.submitted.errors['What do you want to access?']).toMatch(/^Peek at orders: You hold this until/)
  expect((await grantsOf(stage, riley)).filter(({ status }) => status === 'pending')).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)
