import { aStage, type Stage } from '../support/curfew.ts'
import { aGate, gateCatalog, type Gate } from './a-gate.ts'
import {
  aReason,
  changeCatalog,
  eventually,
  grantsOf,
  listenToLog,
  onlyGrantOf,
  patient,
  wrongWith,
} from './acts.ts'

async function aGlass(rules = '{ max: 8s }'): Promise<{ stage: Stage; gate: Gate }> {
  const gate = await aGate()
  const stage = await aStage({
    catalog: (cast) => gateCatalog(cast, { duration: '8s', more: `        breakGlass: ${rules}\n` }),
    env: gate.env,
  })
  listenToLog(stage.app.world.log)
  return { stage, gate }
}

/** Riley opens the form by the request's own, says why, and types this. */
async function breaks({ riley }: Stage, typed: string, reason = aReason()) {
  await riley.runs(`/request-access gate open ${aReason()}`)
  await riley.modal('What do you need it for?')
  await riley.clicks('Emergency: break glass…')
  await riley.modal('What is the emergency?', patient)
  await riley.types('What is the emergency?', reason)
  await riley.types('Type "Open the gate" to go on', typed)
  return riley.submits()
}

const sure = { confirm: true }

test('in an emergency access is there at once, everybody concerned is told, and a review is owed until somebody closes it', async () => {
  const { stage, gate } = await aGlass()
  const { riley, ada, sam, kim, orders, workspace } = stage
  const reason = 'production is down <!channel> *now*'

  expect(await breaks(stage, 'Open the gate', reason)).toMatchObject({ outcome: 'cleared' })

  const dm = await riley.sees(/You have Open the gate on The gate until/, 'dm', patient)
  expect(dm.plain).toMatch(/The channel and the admins were told; a review follows/)
  expect(dm.buttons).toEqual(["I'm done"])
  expect([...gate.holders]).toEqual(['riley'])
  const words = /Riley broke glass: Open the gate on The gate, 8 s.*Active until .* Nobody was asked/s
  const card = await ada.sees(words, orders, patient)
  expect(card.plain).toContain(reason)
  expect(card.plain).toContain('A review is owed.')
  expect(card.buttons).toEqual(['End now', 'Close review…'])
  await ada.sees(/Riley broke glass/, 'dm', patient)

  await riley.sees(/ended .*; checked, it is gone/, 'dm', { withinMs: 30_000 })
  expect([...gate.holders]).toEqual([])
  const over = await ada.sees(/Ended .* Checked: gone.*A review is owed/s, orders, patient)
  expect(over.buttons).toEqual(['Close review…'])
  await kim.clicks('Close review…', over)
  await kim.modal('What came of it?', patient)
  await kim.types('What came of it?', 'I had a look at it myself')
  expect(await kim.submits()).toMatchObject({ outcome: 'errors' })
  await kim.closesModal()

  await sam.clicks('Close review…', over)
  await sam.modal('What came of it?', patient)
  await sam.types('What came of it?', 'It was right: INC-77, see the notes')
  expect(await sam.submits()).toMatchObject({ outcome: 'cleared' })
  const closed = await ada.sees(/Reviewed by Sam .*: It was right: INC-77/, orders, patient)
  expect(closed.buttons).toEqual([])
  expect((await onlyGrantOf(stage, riley)).dueAt).toBeNull()
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('nobody breaks glass by a slip, nor where the catalog is silent; sent twice it is broken once', async () => {
  const { stage, gate } = await aGlass('{ max: 10m }')
  const { riley, ada, orders, workspace } = stage
  expect(await breaks(stage, 'open the gat')).toMatchObject({
    outcome: 'errors',
    errors: { 'Type "Open the gate" to go on': 'Type the name exactly as it stands above.' },
  })
  expect(gate.calls.filter(({ action }) => action === 'give')).toEqual([])
  await riley.types('Type "Open the gate" to go on', 'Open the gate')
  workspace.redeliver()
  expect(await riley.submits()).toMatchObject({ outcome: 'cleared' })
  const card = await ada.sees(/Riley broke glass/, orders, patient)
  await riley.sees(/You have Open the gate/, 'dm', patient)
  expect(await grantsOf(stage, riley)).toHaveLength(1)

  await riley.closesModal({ everything: true }).catch(() => undefined)
  await ada.clicks('End now', card, sure)
  await riley.sees(/ended .*; checked, it is gone/, 'dm', patient)
  expect([...gate.holders]).toEqual([])

  await changeCatalog(stage, (text) => text.replace(/ {8}breakGlass: .*\n/, ''))
  await riley.runs('/request-access gate open once more please')
  const form = await riley.modal('What do you need it for?')
  expect(form.buttons).not.toContain('Emergency: break glass…')
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('a review that is owed is asked for again until it is closed, also after the access has ended', async () => {
  const { stage } = await aGlass('{ max: 8s, remind: 2s }')
  const { riley, ada, orders } = stage
  await breaks(stage, 'Open the gate')
  const card = await ada.sees(/Riley broke glass/, orders, patient)
  await ada.sees(/Still to be reviewed: why Riley \(riley@contractor\.example\) broke glass/, orders, patient)
  await riley.sees(/ended .*; checked, it is gone/, 'dm', { withinMs: 30_000 })
  const reminded = async () => {
    const grant = await onlyGrantOf(stage, riley)
    return 'afterReview' in grant ? (grant.afterReview?.reminded ?? 0) : 0
  }
  const before = await reminded()
  await eventually(reminded, (now) => now > before)

  await ada.clicks('Close review…', card, { asSeen: true })
  await ada.modal('What came of it?', patient)
  await ada.types('What came of it?', 'Looked at, nothing wrong')
  await ada.submits()
  await ada.sees(/Reviewed by Ada/, orders, patient)
  expect((await onlyGrantOf(stage, riley)).dueAt).toBeNull()
}, 60_000)
