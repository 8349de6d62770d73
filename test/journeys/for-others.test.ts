import type { Cast } from '../support/cast.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import type { Person } from '../workspace/people/person.ts'
import { aGate, gateCatalog, type Gate } from './a-gate.ts'
import { aReason, asks, listenToLog, patient, wrongWith } from './acts.ts'

/** The gate, that Kim may ask for on behalf of others, and that a rule gives to whoever asks. */
async function aGateForOthers(): Promise<{ stage: Stage; gate: Gate }> {
  const gate = await aGate()
  const more = `        onBehalf: 'email == "kim@acme.example" || "@contractors" in groups'\n        auto: [{ because: anybody, when: "guest && false" }]\n`
  const stage = await aStage({
    catalog: (cast: Cast) => gateCatalog(cast, { duration: '10m', more }),
    env: gate.env,
  })
  listenToLog(stage.app.world.log)
  return { stage, gate }
}

async function asksFor(asker: Person, holder: Person, reason = aReason()) {
  await asker.runs(`/request-access gate open ${reason}`)
  await asker.modal('For whom?', patient)
  await asker.chooses('For whom?', holder.name)
  return { reason, submitted: await asker.submits() }
}

test('who may ask for others does: the holder is told, gets it, and the asker hears of it; the asker reviews nothing', async () => {
  const { stage, gate } = await aGateForOthers()
  const { riley, kim, ada, orders, workspace } = stage
  const { reason, submitted } = await asksFor(kim, riley)
  expect(submitted).toMatchObject({ outcome: 'cleared' })
  const told = await riley.sees(/Kim asked for Open the gate on The gate for you, 10 min/, 'dm', patient)
  expect(told.buttons).toEqual(['Decline'])
  const asked = await kim.sees(/Asked for Open the gate on The gate for @Riley/, 'dm', patient)
  expect(asked.buttons).toEqual(['Withdraw'])
  const card = await ada.sees(reason, orders, patient)
  expect(card.plain).toMatch(/@Kim asks, for @Riley, for Open the gate/)
  await kim.clicks('Approve 10 min', card)
  await kim.sees(/You can't review your own request/, 'ephemeral', patient)
  await ada.clicks('Approve 10 min', card)
  await riley.sees(/You have Open the gate/, 'dm', patient)
  expect([...gate.holders]).toEqual(['riley'])
  await kim.sees(/Riley, Open the gate on The gate: Active until/, 'dm', patient)
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('the holder declines, before and after it was given', async () => {
  const { stage, gate } = await aGateForOthers()
  const { riley, kim, ada, orders, workspace } = stage
  await asksFor(kim, riley)
  await riley.clicks('Decline', await riley.sees(/Kim asked for Open the gate/, 'dm', patient))
  await kim.sees(
    /Riley, Open the gate on The gate: Declined by @Riley \(riley@contractor\.example\)/,
    'dm',
    patient,
  )
  await ada.sees(/Declined by Riley/, orders, patient)

  const { reason } = await asksFor(kim, riley)
  await ada.clicks('Approve 10 min', await ada.sees(reason, orders, patient))
  await riley.clicks("I'm done", await riley.sees(/You have Open the gate/, 'dm', patient), { confirm: true })
  await kim.sees(/Riley, Open the gate on The gate: Ended .*returned.*Checked: gone/, 'dm', patient)
  expect([...gate.holders]).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('nobody gets for others what those may not have, nor replaces what they asked for themselves', async () => {
  const { stage } = await aGateForOthers()
  const { riley, kim, ada, sam } = stage
  const wrong = await asksFor(kim, sam)
  expect(wrong.submitted.errors['For whom?']).toMatch(/This cannot be asked for Sam: they may not have it\./)
  await kim.closesModal({ everything: true })
  await ada.runs('/request-access gate open')
  await ada.modal(/There is nothing you can request here|What do you want/, patient)
  expect(ada.openModal?.text ?? '').not.toContain('For whom?')
  await ada.closesModal({ everything: true })

  await asks(riley, 'gate open')
  const second = await asksFor(kim, riley)
  expect(second.submitted).toMatchObject({
    outcome: 'errors',
    errors: {
      'For whom?': 'Riley (riley@contractor.example) asked for this already; it waits for an answer.',
    },
  })
}, 60_000)
