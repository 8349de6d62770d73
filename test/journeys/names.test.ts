import { breakGlass } from '../../src/operations/break-glass.ts'
import type { Cast } from '../support/cast.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import { aGate, gateCatalog, type Gate } from './a-gate.ts'
import { aReason, asks, eventually, listenToLog, patient, wrongWith } from './acts.ts'

/** Riley, a guest, calls themselves like a colleague. */
async function aRileyCalledKim(): Promise<{ stage: Stage; gate: Gate }> {
  const gate = await aGate()
  const more = `        preApprove: { until: 30d }
        breakGlass: { max: 10m, remind: 1s }
        extend: { max: 3, by: 5m, after: 0%, review: true }
        onBehalf: 'email == "riley@contractor.example"'
        review: { remind: [1s], stages: [{ approvers: { groups: ["@dba"] } }] }
`
  const stage = await aStage({
    catalog: (cast: Cast) =>
      gateCatalog(cast, { duration: '10m', more }).replaceAll(
        `who: '"@contractors" in groups'`,
        'who: "true"',
      ),
    env: gate.env,
  })
  listenToLog(stage.app.world.log)
  const { riley, workspace } = stage
  riley.account.name = 'Kim'
  workspace.personChanged(riley)
  await eventually(
    () => stage.app.world.directory.freshFacts({ teamId: workspace.teamId, userId: riley.id }),
    (facts) => facts !== 'unknown' && facts.person.name === 'Kim',
  )
  return { stage, gate }
}

/** Whatever was sent that names them, without saying who it is for sure. */
function namedOnly({ workspace, riley }: Stage): unknown[] {
  const isShown = /^(chat\.|views\.|response_url)/
  return workspace.calls
    .filter(({ method }) => isShown.test(method))
    .map(({ method, args }) => ({ method, text: JSON.stringify(args) }))
    .filter(({ text }) => /\bKim\b/.test(text))
    .filter(({ text }) => !text.includes(`<@${riley.id}>`) && !text.includes('riley@contractor.example'))
}

test('whatever people call themselves, whoever decides reads who it is: on the card, in its thread and forms, and on the Home tab', async () => {
  const { stage } = await aRileyCalledKim()
  const { riley, ada, orders, workspace } = stage
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  const card = await ada.sees(reason, orders, patient)
  expect(JSON.stringify(card.blocks)).toContain(`<@${riley.id}> asks for`)
  expect(card.plain).toMatch(/riley@contractor\.example · as riley on gate · guest/)
  expect(card.text).toMatch(/^Kim \(riley@contractor\.example\) asks for Open the gate/)
  await ada.sees(
    /Still waiting: Open the gate for Kim \(riley@contractor\.example\)\. Next: @dba/,
    card,
    patient,
  )

  await ada.opensHome()
  await ada.seesHome(/Waiting for you.*asks for Open the gate.*riley@contractor\.example/s, patient)
  await ada.clicks('Change…', card)
  const form = await ada.modal(/And don't ask me again/, patient)
  expect(form.text).toMatch(/Kim \(riley@contractor\.example\) asks for Open the gate on The gate/)
  await ada.chooses(
    "And don't ask me again for this person until",
    new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10),
  )
  expect(await ada.submits()).toMatchObject({ outcome: 'cleared' })
  await riley.sees(/You have Open the gate/, 'dm', patient)

  await ada.opensHome()
  await ada.seesHome(/\(riley@contractor\.example\), as riley on gate: Open the gate.*Active/s, patient)
  await ada.seesHome(/without being asked.*\(riley@contractor\.example\): Open the gate/s, patient)
  await riley.opensHome()
  await riley.seesHome('Ask for 5 min more', patient)
  await riley.clicks('Ask for 5 min more', 'home')
  await ada.sees(/Kim \(riley@contractor\.example\) asks for 5 min more/, card, patient)
  expect(namedOnly(stage)).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('so do those who hear of broken glass, are asked on behalf of somebody, or read what is late', async () => {
  const { stage, gate } = await aRileyCalledKim()
  const { riley, sam, ada, orders, workspace } = stage
  await riley.runs(`/request-access gate open ${aReason()}`)
  await riley.modal('For whom?', patient)
  await riley.chooses('For whom?', 'Sam')
  expect(await riley.submits()).toMatchObject({ outcome: 'cleared' })
  const told = await sam.sees(/asked for Open the gate on The gate for you/, 'dm', patient)
  expect(JSON.stringify(told.blocks)).toContain(`<@${riley.id}> asked for`)
  await ada.sees(
    /sam@acme\.example, asked for by riley@contractor\.example · as sam on gate/,
    orders,
    patient,
  )

  const by = { teamId: workspace.teamId, userId: riley.id }
  await breakGlass(stage.app.world, {
    ...{ requestId: 'b1', by, resource: 'gate', entitlement: 'open', durationMs: 60_000 },
    ...{ reason: aReason(), typed: 'Open the gate' },
  })
  const card = await ada.sees(/broke glass/, orders, patient)
  expect(JSON.stringify(card.blocks)).toContain(`<@${riley.id}> broke glass`)
  expect(card.plain).toContain('riley@contractor.example · as riley on gate')
  await ada.sees(/broke glass/, 'dm', patient)
  await ada.sees(/why Kim \(riley@contractor\.example\) broke glass/, card, patient)
  gate.trouble = ({ action }) => (action === 'take' ? { status: 500 } : undefined)
  await ada.clicks('End now', card, { confirm: true })
  await ada.sees(/STILL HELD.* Kim \(riley@contractor\.example\), Open the gate/s, orders, {
    withinMs: 30_000,
  })
  gate.trouble = () => undefined

  await ada.sees(/Checked: gone/, orders, patient)
  expect(namedOnly(stage)).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 90_000)
