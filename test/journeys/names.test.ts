import { breakGlass } from '../../src/operations/break-glass.ts'
import type { Cast } from '../support/cast.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import type { Person } from '../workspace/people/person.ts'
import { aGate, gateCatalog, type Gate } from './a-gate.ts'
import { aReason, as, asks, eventually, listenToLog, patient, wrongWith } from './acts.ts'

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
  await callKim(stage, stage.riley)
  return { stage, gate }
}

/** From now on they call themselves Kim. */
async function callKim(stage: Stage, person: Person): Promise<void> {
  const { workspace, app } = stage
  person.account.name = 'Kim'
  workspace.personChanged(person)
  await eventually(
    () => app.world.directory.freshFacts(as(stage, person)),
    (facts) => facts !== 'unknown' && facts.person.name === 'Kim',
  )
}

/** Both who review what Riley asks for call themselves Kim. */
async function reviewersCalledKim(more = ''): Promise<{ stage: Stage; gate: Gate }> {
  const gate = await aGate()
  const stage = await aStage({
    catalog: (cast: Cast) => gateCatalog(cast, { duration: '10m', more }),
    env: gate.env,
  })
  listenToLog(stage.app.world.log)
  for (const person of [stage.ada, stage.sam]) await callKim(stage, person)
  return { stage, gate }
}

/** Whatever was sent that says "Kim", and not which. */
const eitherKim = ({ workspace }: Stage): unknown[] =>
  workspace.calls
    .filter(({ method }) => /^(chat\.|views\.|response_url)/.test(method))
    .map(({ method, args }) => ({ method, text: JSON.stringify(args) }))
    .filter(({ text }) => /\bKim\b(?! \((ada|sam)@acme\.example\))/.test(text))

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

  await breakGlass(stage.app.world, {
    requestId: 'b1',
    by: as(stage, riley),
    resource: 'gate',
    entitlement: 'open',
    durationMs: 60_000,
    reason: aReason(),
    typed: 'Open the gate',
  })
  const card = await ada.sees(/broke glass/, orders, patient)
  expect(JSON.stringify(card.blocks)).toContain(`<@${riley.id}> broke glass`)
  expect(card.plain).toContain('riley@contractor.example · as riley on gate')
  await ada.sees(/broke glass/, 'dm', patient)
  await ada.sees(/why Kim \(riley@contractor\.example\) broke glass/, card, patient)
  gate.trouble = ({ action }) => (action === 'take' ? { status: 500 } : undefined)
  const triedFrom = performance.now()
  await ada.clicks('End now', card, { confirm: true })
  await ada.sees(/STILL HELD.* Kim \(riley@contractor\.example\), Open the gate/s, orders, {
    withinMs: 30_000,
  })
  // A second after the first, two after the second, and so on: reminders that fall due meanwhile bring none forward.
  const seconds = (performance.now() - triedFrom) / 1_000
  const takes = gate.calls.filter(({ action }) => action === 'take').length
  expect(takes).toBeLessThanOrEqual(2 + Math.log2(seconds + 1))
  gate.trouble = () => undefined

  // The next try by itself may be sixteen seconds away.
  await ada.clicks('Try now', await ada.sees(/STILL HELD, due/, orders, patient))
  await ada.sees(/Checked: gone/, orders, patient)
  expect(namedOnly(stage)).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 90_000)

test('of two reviewers who call themselves alike, everybody reads which one approved, gave more time, and ended it', async () => {
  const { stage } = await reviewersCalledKim(`        extend: { max: 3, by: 5m, after: 0%, review: true }\n`)
  const { riley, ada, sam, orders, workspace } = stage
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  const card = await ada.sees(reason, orders, patient)
  await sam.clicks('Change…', card)
  await sam.modal(/asks for Open the gate/, patient)
  await sam.types('Note', 'while the other one is away')
  expect(await sam.submits()).toMatchObject({ outcome: 'cleared' })
  await ada.sees(/Kim \(sam@acme\.example\) approved: while/, card, patient)
  await ada.sees(/Active until .* Approved by Kim \(sam@acme\.example\)/, orders, patient)
  await ada.clicks('Approve 10 min', card, { asSeen: true })
  await ada.sees(/Already approved by Kim \(sam@acme\.example\) at/, 'ephemeral', patient)

  await riley.opensHome()
  await riley.seesHome('Ask for 5 min more', patient)
  await riley.clicks('Ask for 5 min more', 'home')
  await ada.clicks('Extend 5 min', await ada.sees(/asks for 5 min more/, card, patient))
  await riley.sees(/5 min more of .*, approved by @Kim \(ada@acme\.example\)/, 'dm', patient)
  await ada.sees(/asked for 5 min more\. Approved by Kim \(ada@acme\.example\)/, card, patient)

  await ada.opensHome()
  await ada.seesHome(/Held now.*Approved by @Kim \(sam@acme\.example\)/s, patient)
  await ada.clicks('End now', await ada.sees(/Active until/, orders, patient), { confirm: true })
  await sam.sees(/Ended .*\(ended by Kim \(ada@acme\.example\)\)/, orders, patient)
  await riley.opensHome()
  await riley.seesHome(/Lately.*ended by @Kim \(ada@acme\.example\)/s, patient)
  expect(eitherKim(stage)).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 90_000)

test('so do they of who said no, of who ended what was to come, and of who looked at broken glass', async () => {
  const { stage } = await reviewersCalledKim(
    `        breakGlass: { max: 10m, remind: 1h }\n        ahead: 1d\n`,
  )
  const { riley, ada, sam, orders, workspace } = stage
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  await sam.clicks('Deny…', await sam.sees(reason, orders, patient))
  await sam.modal('Why?', patient)
  await sam.types('Why?', 'use the report instead')
  expect(await sam.submits()).toMatchObject({ outcome: 'cleared' })
  await riley.sees(/@Kim \(sam@acme\.example\) said no to Open the gate/, 'dm', patient)
  await ada.sees(/Denied by Kim \(sam@acme\.example\)/, orders, patient)

  const later = aReason()
  await riley.runs(`/request-access gate open ${later}`)
  await riley.modal('When should it start?', patient)
  await riley.chooses('When should it start?', new Date(Date.now() + 3_600_000))
  expect(await riley.submits()).toMatchObject({ outcome: 'cleared' })
  await sam.clicks('Approve 10 min', await sam.sees(later, orders, patient))
  await riley.sees(/@Kim \(sam@acme\.example\) approved Open the gate/, 'dm', patient)
  await ada.clicks('End now', await ada.sees(/Opens /, orders, patient), { confirm: true })
  await riley.sees(/will not be given: @Kim \(ada@acme\.example\) ended it/, 'dm', patient)

  await breakGlass(stage.app.world, {
    requestId: 'b1',
    by: as(stage, riley),
    resource: 'gate',
    entitlement: 'open',
    durationMs: 60_000,
    reason: aReason(),
    typed: 'Open the gate',
  })
  const card = await ada.sees(/broke glass/, orders, patient)
  await ada.clicks('Close review…', card)
  await ada.modal('What came of it?', patient)
  await ada.types('What came of it?', 'It was right: INC-77')
  expect(await ada.submits()).toMatchObject({ outcome: 'cleared' })
  await sam.sees(/Reviewed by Kim \(ada@acme\.example\)/, orders, patient)
  expect(eitherKim(stage)).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)
