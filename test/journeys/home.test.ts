import { aStage, type Stage } from '../support/curfew.ts'
import { aGate, gateCatalog } from './a-gate.ts'
import {
  aReason,
  asks,
  editCatalog,
  eventually,
  grantsOf,
  listenToLog,
  onlyGrantOf,
  patient,
  wrongWith,
} from './acts.ts'
import { asksWeekly, nextMinute } from './weekly.ts'

const sure = { confirm: true }

/** The gate, for ten minutes, extended at once, and to be had every week. */
async function aHome(): Promise<Stage> {
  const gate = await aGate()
  const more = `        extend: { max: 1, by: 5m, after: 0%, review: false }\n        ahead: 1d\n        windows: { until: 60d }\n`
  const stage = await aStage({
    catalog: (cast) => gateCatalog(cast, { duration: '10m', more }),
    env: gate.env,
  })
  listenToLog(stage.app.world.log)
  return stage
}

test('whoever asks sees what they wait for and hold, extends it there, and is done', async () => {
  const { riley, ada, orders, workspace } = await aHome()
  await riley.opensHome()
  const empty = await riley.seesHome('You hold nothing, and nothing waits for you.', patient)
  expect(empty.buttons).toEqual(['Request access'])

  await riley.clicks('Request access', 'home')
  await riley.modal('What do you want to access?', patient)
  await riley.closesModal({ everything: true })
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  await riley.seesHome(/You wait for.*Open the gate.*Nobody answered yet; it lapses/s, patient)
  await ada.clicks('Approve 10 min', await ada.sees(reason, orders, patient))
  await riley.sees(/You have Open the gate/, 'dm', patient)

  await riley.opensHome()
  const held = await riley.seesHome(/You hold.*Open the gate.*until/s, patient)
  expect(held.buttons).toEqual(['Request access', 'Extend 5 min', "I'm done"])
  await riley.clicks('Extend 5 min', 'home')
  await eventually(
    async () => riley.home?.buttons,
    (buttons) => buttons?.join() === "Request access,I'm done",
  )
  await riley.clicks("I'm done", 'home', sure)
  await riley.sees(/checked, it is gone/, 'dm', patient)
  await riley.opensHome()
  const over = await riley.seesHome(/Lately.*Ended .*returned.*Checked: gone/s, patient)
  expect(over.buttons).toEqual(['Request access', 'Ask again'])
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('what waits and what comes is withdrawn, called off, skipped and stopped from there', async () => {
  const { riley, ada, orders, workspace } = await aHome()
  const [one, two] = [aReason(), aReason()]
  await asks(riley, 'gate open', one)
  await riley.opensHome()
  await riley.seesHome(/You wait for/, patient)
  await riley.clicks('Withdraw', 'home')
  await riley.seesHome(/Lately.*Withdrawn by @Riley \(riley@contractor\.example\)/s, patient)

  await asksWeekly(riley, 'gate open', nextMinute(3_600_000), { reason: two })
  const card = await ada.sees(two, orders, patient)
  await ada.clicks('Approve 10 min', card)
  await riley.sees(/4 windows are left/, 'dm', patient)
  await riley.opensHome()
  await riley.seesHome(/Your coming windows.*every .*4 windows are left/s, patient)
  await riley.clicks('Skip the next', 'home', sure)
  await riley.seesHome(/3 windows are left/, patient)
  await riley.clicks('Stop all', 'home', sure)
  await riley.sees(/opens no more: you stopped it/, 'dm', patient)
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('approvers answer from there, the oldest first; who comes second reads why not in a window of its own', async () => {
  const stage = await aHome()
  const { riley, ada, sam, orders, workspace } = stage
  const hostile = 'INC-1 *bold* <!channel> <https://evil.example|click> & more'
  await asks(riley, 'orders-db peek 10s', hostile)
  await asks(riley, 'gate open', aReason())
  await ada.sees(/Open the gate/, orders, patient)

  await ada.opensHome()
  const shown = await ada.seesHome(/Waiting for you/, patient)
  expect(shown.text.indexOf(hostile)).toBeGreaterThan(0)
  expect(shown.text.indexOf('Open the gate')).toBeGreaterThan(shown.text.indexOf(hostile))
  await sam.opensHome()
  await sam.seesHome(/Waiting for you/, patient)

  await ada.clicks('Approve 10 min', 'home')
  await riley.sees(/You have Open the gate/, 'dm', patient)
  await eventually(
    async () => ada.home?.text ?? '',
    (plain) => !/Approve 10 min/.test(plain) && /Held now, where you are an admin/.test(plain),
  )
  await sam.clicks('Approve 10 min', 'home')
  await sam.modal(/Already approved by Ada/, patient)
  await sam.closesModal()
  await eventually(
    async () => sam.home?.buttons.filter((label) => label === 'Deny…').length,
    (left) => left === 1,
  )

  await sam.clicks('Deny…', 'home')
  await sam.modal('Why?', patient)
  await sam.types('Why?', 'not this week')
  await sam.submits()
  await riley.sees(/@Sam \(sam@acme\.example\) said no to .*: not this week/, 'dm', patient)
  await eventually(
    async () => sam.home?.text ?? '',
    (plain) => !/Waiting for you/.test(plain),
  )
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('admins see what is held and end it there; what is broken in the catalog is said to them alone', async () => {
  const stage = await aHome()
  const { riley, ada, kim, orders, workspace } = stage
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  await ada.clicks('Approve 10 min', await ada.sees(reason, orders, patient))
  await riley.sees(/You have Open the gate/, 'dm', patient)
  await editCatalog(stage, (text) => text.replace('version: 1', 'version: 1\nsurprise: 1'))

  await eventually(
    async () => {
      await ada.opensHome()
      return ada.home?.text ?? ''
    },
    (plain) => /The catalog is broken.*surprise/s.test(plain),
  )
  expect(ada.home?.text).toMatch(/Held now, where you are an admin.*Riley.*Active until/s)
  await kim.opensHome()
  const hers = await kim.seesHome('Request access', patient)
  expect(hers.text).not.toMatch(/catalog|Held now/)

  await ada.clicks('End now', 'home', sure)
  await riley.sees(/ended .*; checked, it is gone/, 'dm', patient)
  expect(await onlyGrantOf(stage, riley)).toMatchObject({ cause: 'revoked' })
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('more than ten rows come ten at a time', async () => {
  const entitlements = Array.from(
    { length: 12 },
    (_, i) => `      t${i}:
        name: Table ${i}
        target: { gate: t${i} }
        who: '"@contractors" in groups'
        duration: { default: 1h, max: 1h }
`,
  ).join('')
  const gate = await aGate()
  const stage = await aStage({ catalog: (cast) => gateCatalog(cast, { more: entitlements }), env: gate.env })
  const { riley, ada, orders, workspace } = stage
  for (let i = 0; i < 12; i++) {
    const reason = aReason()
    await asks(riley, `gate t${i}`, reason)
    await ada.clicks('Approve 1 h', await ada.sees(reason, orders, { withinMs: 60_000 }))
  }
  await eventually(
    () => grantsOf(stage, riley),
    (grants) => grants.every(({ status }) => status === 'active'),
  )

  await riley.opensHome()
  const first = await riley.seesHome(/You hold \(12\)/, patient)
  const rowsOf = (plain: string) => plain.match(/Table \d+ on/g)?.length
  expect(rowsOf(first.text)).toBe(10)
  await riley.clicks('Next 2', 'home')
  const last = await eventually(
    async () => riley.home?.text ?? '',
    (plain) => rowsOf(plain) === 2,
  )
  expect(last).toContain('First 10')
  expect(wrongWith(workspace)).toEqual([])
}, 120_000)
