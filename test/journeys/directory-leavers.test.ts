import { aDirectedStage, atOnce, heldBy, whoIs, withPeople, type Directed } from './a-directory.ts'
import { gateCatalog } from './a-gate.ts'
import { aReason, as, asks, eventually, grantsOf, patient } from './acts.ts'

/** Those who have just come, and go again. */

const standing = `      always:
        name: Open the gate any time
        target: { gate: main }
        mode: standing
        who: 'email.startsWith("kim@")'
`
const aCompany = (people: string, change = (text: string): string => text): Promise<Directed> =>
  aDirectedStage((cast) => withPeople(change(gateCatalog(cast, { duration: '10m', more: standing })), people))

// They have it only because a source knows them: deleted minutes later they pass for a trial of the provider's.
test('where SCIM is required, whoever is given something by a rule and deleted minutes later loses it within 5 s', async () => {
  const { stage, gate, okta } = await aCompany('scim: required')
  const there = await okta.hires(whoIs(stage.kim))
  await heldBy(gate, 'kim')
  await okta.deletes(there)
  await heldBy(gate, '', atOnce)
}, 60_000)

// The same of what was asked for.
test('where SCIM is required, what somebody asked for who was hired minutes ago ends when they are deleted', async () => {
  const { stage, okta } = await aCompany('scim: required')
  const there = await okta.hires(whoIs(stage.riley))
  await okta.hires(whoIs(stage.ada))
  await stage.app.world.directory.freshFacts(as(stage, stage.riley))
  await stage.app.world.directory.freshFacts(as(stage, stage.ada))
  const reason = aReason()
  await asks(stage.riley, 'gate open', reason)
  await stage.ada.sees(reason, stage.orders, patient)
  await okta.deletes(there)
  await eventually(
    () => grantsOf(stage, stage.riley),
    (grants) => grants.length === 1 && grants.every(({ status }) => status !== 'pending'),
    atOnce.withinMs,
  )
}, 60_000)

// "They are not written to": the card calls whoever is on the list.
test('an approver whom the directory deactivated is not called by a request', async () => {
  const { stage, okta } = await aCompany('grace: 60s', (text) =>
    text.replace(
      'approvers: { groups: ["@dba"] }',
      'approvers: { people: [ada@acme.example, kim@acme.example] }',
    ),
  )
  const { ada, kim, riley, orders } = stage
  const there = await okta.hires(whoIs(kim))
  await stage.app.world.directory.freshFacts(as(stage, kim))
  await okta.sets(there, false)
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  const card = await ada.sees(reason, orders, patient)
  expect(card.text + JSON.stringify(card.blocks)).not.toContain(kim.id)
  await expect(kim.sees(reason, 'dm', { withinMs: 3_000 })).rejects.toThrow()
}, 60_000)
