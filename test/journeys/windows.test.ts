import type { Grant } from '../../src/domain/grant.ts'
import type { Person } from '../workspace/people/person.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import { aGate, gateCatalog, type Gate } from './a-gate.ts'
import {
  aReason,
  asks,
  changeCatalog,
  eventually,
  listenToLog,
  onlyGrantOf,
  patient,
  wrongWith,
} from './acts.ts'
import { asksWeekly, fillsWindow, nextMinute, thisMinute, type Minute } from './weekly.ts'

const weekly = '        windows: { until: 60d }\n'

/** The gate, to be had every week for as long as `duration` says. */
async function aWeeklyGate(duration: string, more = weekly): Promise<{ stage: Stage; gate: Gate }> {
  const gate = await aGate()
  const stage = await aStage({ catalog: (cast) => gateCatalog(cast, { duration, more }), env: gate.env })
  listenToLog(stage.app.world.log)
  return { stage, gate }
}

/** As long as it takes that a window from the beginning of this minute is still open for this long. */
const reaching = (openMs: number): string => `${Math.ceil((Date.now() % 60_000) / 1_000 + openMs / 1_000)}s`

const windowOf = async ({ app }: Stage, series: Grant, index = 0): Promise<Grant | null> =>
  app.world.grants.get(`${series.id}-${index}`)

async function approves(approver: Person, reason: string, orders: Stage['orders']): Promise<void> {
  const card = await approver.sees(reason, orders, patient)
  await approver.clicks(card.buttons[0] ?? '', card)
}

const oneMinute = { withinMs: 80_000 }

test('one asking and one approval open every window: given, taken back and read back each time, and the card tells which is next', async () => {
  // Of one instant: making the stage may reach into the next minute.
  const [minute, duration] = [thisMinute(), reaching(20_000)]
  const { stage, gate } = await aWeeklyGate(duration)
  const { riley, ada, orders, workspace } = stage
  const reason = aReason()

  expect(await asksWeekly(riley, 'gate open', minute, { reason })).toMatchObject({ outcome: 'cleared' })

  const card = await ada.sees(reason, orders, patient)
  expect(card.plain).toMatch(/Riley asks for Open the gate on The gate, every \w+day, \d\d:\d\d/)
  await ada.clicks(card.buttons[0] ?? '', card)

  await riley.sees(/approved Open the gate on The gate, every .* 3 windows are left/, 'dm', patient)
  await riley.sees(/You have Open the gate on The gate until/, 'dm', patient)
  expect([...gate.holders]).toEqual(['riley'])
  const open = await ada.sees(/This window: Active until/, orders, patient)
  expect(open.buttons).toEqual(['End this window', 'Skip the next', 'Stop all'])
  expect(open.plain).toMatch(/Next opens .*; 3 windows are left/)

  await riley.sees(/You had Open the gate on The gate until .* Checked: gone/, 'dm', { withinMs: 50_000 })
  expect([...gate.holders]).toEqual([])
  const shut = await eventually(
    async () => workspace.now(card),
    (now) => now !== undefined && !now.plain.includes('This window'),
  )
  expect(shut?.buttons).toEqual(['Skip the next', 'Stop all'])
  // No warning for each window, and no message of its own for an end that came as agreed.
  expect(riley.dms.filter(({ plain }) => / ends |ended/.test(plain))).toEqual([])
  const window = await windowOf(stage, await onlyGrantOf(stage, riley))
  expect(window).toMatchObject({ status: 'ended', cause: 'expired', left: 'gone' })
  expect(window?.history).toMatchObject([
    { type: 'window', number: 1, of: 4 },
    { type: 'opened' },
    { type: 'given', heldBefore: false },
    { type: 'end', cause: 'expired', by: null },
    { type: 'taken', left: 'gone' },
  ])
  expect(wrongWith(workspace)).toEqual([])
}, 90_000)

test('the holder skips the next and is done with the one that is open; an approver stops them all', async () => {
  const [minute, duration] = [thisMinute(), reaching(50_000)]
  const { stage, gate } = await aWeeklyGate(duration)
  const { riley, ada, sam, kim, orders, workspace } = stage
  const reason = aReason()
  await asksWeekly(riley, 'gate open', minute, { reason })
  await approves(ada, reason, orders)
  const opened = await riley.sees(/You have Open the gate/, 'dm', patient)
  const approved = await riley.sees(/3 windows are left/, 'dm', patient)

  await riley.clicks('Skip the next', approved, { confirm: true })
  await riley.sees(/2 windows are left/, 'dm', patient)
  await riley.clicks('Skip the next', approved, { asSeen: true, confirm: true })

  await riley.clicks("I'm done", opened, { confirm: true })
  await riley.sees(/You had Open the gate .* Checked: gone/, 'dm', patient)
  expect([...gate.holders]).toEqual([])

  const card = await ada.sees(/2 windows are left/, orders, patient)
  await kim.clicks('Stop all', card, { confirm: true })
  await kim.sees(/Only the admins of this resource can do that/, 'ephemeral', patient)
  await sam.clicks('Stop all', card, { confirm: true })

  const stopped = await ada.sees(/Stopped by Sam/, orders, patient)
  expect(stopped.buttons).toEqual([])
  await riley.sees(
    /Open the gate on The gate opens no more: @Sam \(sam@acme\.example\) stopped it/,
    'dm',
    patient,
  )
  expect(await onlyGrantOf(stage, riley)).toMatchObject({ status: 'ended', cause: 'revoked', left: 'gone' })
  expect(wrongWith(workspace)).toEqual([])
}, 90_000)

test('stopping takes back at once what is open', async () => {
  const [minute, duration] = [thisMinute(), reaching(50_000)]
  const { stage, gate } = await aWeeklyGate(duration)
  const { riley, ada, orders, workspace } = stage
  const reason = aReason()
  await asksWeekly(riley, 'gate open', minute, { reason })
  await approves(ada, reason, orders)
  await riley.sees(/You have Open the gate/, 'dm', patient)
  expect([...gate.holders]).toEqual(['riley'])

  await riley.clicks('Stop all', await riley.sees(/3 windows are left/, 'dm', patient), { confirm: true })

  await riley.sees(/opens no more: you stopped it/, 'dm', patient)
  expect([...gate.holders]).toEqual([])
  const ended = await ada.sees(/Stopped by Riley .* Checked: gone/, orders, patient)
  expect(ended.buttons).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 90_000)

test('what cannot be is said on the form: an unknown zone, dates that are wrong, over, too far or never come', async () => {
  const { stage } = await aWeeklyGate('30s')
  const { riley } = stage
  const minute = thisMinute()
  const yesterday: Minute = thisMinute(Date.now() - 24 * 3_600_000)
  const said = async (from: Pick<Minute, 'weekday' | 'time' | 'date'>, until: string, zone = 'UTC') => {
    await fillsWindow(riley, from, { until, zone })
    const { outcome, errors } = await riley.submits()
    expect(outcome).toBe('errors')
    return Object.entries(errors)
  }
  await asksWeekly(riley, 'gate open', minute, { until: minute.date, zone: 'Europe/Berlyn' })
  expect(await said(minute, minute.date, 'Europe/Berlyn')).toEqual([
    ['Last day', 'There is no time zone called "Europe/Berlyn"; one is called "Europe/Berlin".'],
  ])
  expect(await said(minute, yesterday.date)).toEqual([
    ['Last day', expect.stringMatching(/^The last date, .*, is before the first/)],
  ])
  expect(await said({ ...yesterday, date: minute.date }, minute.date)).toEqual([
    ['Last day', expect.stringMatching(/^Nothing falls on/)],
  ])
  expect(await said(yesterday, yesterday.date)).toEqual([
    ['Last day', expect.stringMatching(/^All of its windows are over/)],
  ])
  expect(await said(minute, minute.weeksLater(9))).toEqual([['Last day', 'The most is 60 d ahead.']])
  await fillsWindow(riley, minute, { until: minute.weeksLater(1), zone: 'Asia/Kolkata' })
  await riley.types('Time zone', 'UTC')
  expect(await riley.submits()).toMatchObject({ outcome: 'cleared' })
}, 60_000)

test('what changed since decides at the next opening: rule or approver gone, it stays shut, ends, and says why', async () => {
  const second = `      second:
        name: The second gate
        target: { gate: second }
        who: '"@contractors" in groups'
        duration: { default: 20s, max: 1h, choices: [20s] }
        approvers: { people: [sam@acme.example] }
        windows: { until: 60d }
`
  const { stage, gate } = await aWeeklyGate('20s', weekly + second)
  const { riley, ada, sam, orders, workspace } = stage
  const [one, two] = [aReason(), aReason()]
  const minute = nextMinute(20_000)
  await asksWeekly(riley, 'gate open', minute, { reason: one })
  await asksWeekly(riley, 'gate second', minute, { reason: two })
  await approves(ada, one, orders)
  await approves(sam, two, orders)
  await riley.sees(/approved The second gate.*4 windows are left/, 'dm', patient)

  await changeCatalog(stage, (text) =>
    text
      .replace(/(Open the gate\n.*\n +who: ).*/, '$1\'email == "nobody@acme.example"\'')
      .replace('people: [sam@acme.example]', 'people: [ada@acme.example]'),
  )

  await riley.sees(/Open the gate on The gate opens no more: the rule is/, 'dm', oneMinute)
  await riley.sees(
    /second gate .*opens no more: Sam \(sam@acme\.example\) may not approve it any more/,
    'dm',
    oneMinute,
  )
  await ada.sees(/Stopped .*the rule is/, orders, patient)
  expect(gate.calls.filter(({ action }) => action === 'give')).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 120_000)

test('the app is down over a whole window: it is missed and said so, and the series goes on', async () => {
  const { stage, gate } = await aWeeklyGate('6s')
  const { riley, ada, orders, workspace } = stage
  const reason = aReason()
  const minute = nextMinute(12_000)
  await asksWeekly(riley, 'gate open', minute, { reason })
  await approves(ada, reason, orders)
  await riley.sees(/4 windows are left/, 'dm', patient)
  await stage.stopApp()
  await eventually(
    async () => Date.now(),
    (now) => now > minute.at.getTime() + 7_000,
    90_000,
  )

  await stage.startApp()

  await riley.sees(/Could not give Open the gate on The gate: its time was up/, 'dm', patient)
  await riley.sees(/3 windows are left/, 'dm', patient)
  await ada.sees(/Next opens .*; 3 windows are left/, orders, patient)
  expect(gate.calls.filter(({ action }) => action === 'give')).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 140_000)

test('where the catalog fixes the hours, requests fit into them: once at the next, each week inside, nothing outside', async () => {
  const opens = nextMinute(3 * 3_600_000)
  const only = `[{ days: [${opens.weekday}], from: "${opens.time}", to: "23:59", zone: UTC }]`
  const { stage } = await aWeeklyGate('30s', `        windows: { until: 60d, only: ${only} }\n`)
  const { riley, ada, orders } = stage
  const reason = aReason()

  expect(await asks(riley, 'gate open', reason)).toMatchObject({ outcome: 'cleared' })
  const card = await ada.sees(reason, orders, patient)
  expect(card.plain).toMatch(/30 s from /)
  await ada.clicks(card.buttons[0] ?? '', card)
  await ada.sees(/Opens .*, until/, orders, patient)
  const waiting = await onlyGrantOf(stage, riley)
  expect(waiting).toMatchObject({ status: 'waiting', opensAt: opens.at })

  const outside = await asksWeekly(riley, 'gate open', thisMinute())
  expect(outside.errors['Last day']).toMatch(/^This is to be had only/)
  await riley.closesModal({ everything: true })
  expect(await asksWeekly(riley, 'gate open', opens)).toMatchObject({ outcome: 'cleared' })
}, 60_000)
