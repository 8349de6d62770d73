import { answerIdentity } from '../../src/operations/answer-identity.ts'
import { isRefusal } from '../../src/domain/refusal.ts'
import type { Stage } from '../support/curfew.ts'
import type { Person } from '../workspace/people/person.ts'
import { aDirectedStage, atOnce, heldBy, whoIs, withPeople, type Directed } from './a-directory.ts'
import { gateCatalog, type Gate } from './a-gate.ts'
import { aReason, as, asks, changeCatalog, eventually, patient } from './acts.ts'
import { hearsActs } from '../support/heard-acts.ts'

/** What follows from a directory within seconds, and what must not. */

const standing = (who: string) => `      always:
        name: Open the gate any time
        target: { gate: main }
        mode: standing
        who: '${who}'
`

interface About {
  readonly who?: string
  readonly people?: string
  readonly change?: (text: string) => string
  readonly patienceMs?: number
}

const aCompany = ({ who, people, change, ...patience }: About = {}): Promise<Directed> =>
  aDirectedStage((cast) => {
    const rule = standing(who ?? '"engineering" in groups')
    const text = gateCatalog(cast, { duration: '10m', more: rule })
    return withPeople(change?.(text) ?? text, people ?? 'grace: 60s')
  }, patience)

const opensTheGate = async ({ stage, gate }: { stage: Stage; gate: Gate }): Promise<void> => {
  const { riley, ada, orders } = stage
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  await ada.clicks('Approve 10 min', await ada.sees(reason, orders, patient))
  await heldBy(gate, 'riley')
}

const answers = async (stage: Stage, by: Person, answer: 'same' | 'two'): Promise<string> => {
  const [question] = await eventually(
    () => stage.app.world.identities.open(),
    (open) => open.length > 0,
  )
  const { world } = stage.app
  const said = await answerIdentity(world, { by: as(stage, by), id: question?.id ?? '', answer })
  return isRefusal(said) ? said.refused : 'answered'
}

// Whose User it is was not looked at before; it is, and then nobody ends anything until the grace for groups is over.
test('whoever the directory’s first word calls deactivated loses what they hold within 5 s', async () => {
  const company = await aCompany()
  const { gate, okta, stage } = company
  await opensTheGate(company)
  const { name, email } = whoIs(stage.riley)
  const { status } = await okta.send('POST', '/Users', {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    userName: email,
    displayName: name,
    emails: [{ value: email, type: 'work', primary: true }],
    active: false,
  })
  expect(status).toBe(201)
  await heldBy(gate, '', atOnce)
}, 60_000)

// Okta pushes a group and names it anew; for up to two seconds its earlier name was remembered.
test('whoever is in a group that is renamed has within 5 s what is given by its new name', async () => {
  const { gate, okta, stage } = await aCompany()
  const kim = await okta.hires(whoIs(stage.kim))
  const group = await okta.makesGroup('eng', [kim])
  await eventually(
    () => stage.app.world.directory.facts(as(stage, stage.kim)),
    (facts) => facts !== 'unknown' && facts.provisioned?.groups.has('eng') === true,
    atOnce.withinMs,
  )
  const { status } = await okta.send('PATCH', `/Groups/${group}`, {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
    Operations: [{ op: 'replace', path: 'displayName', value: 'engineering' }],
  })
  expect(status).toBeLessThan(300)
  await heldBy(gate, 'kim', atOnce)
}, 60_000)

// They come back within the grace, as in a full sync; meanwhile the door was open to whom the rule shuts out.
test('a full sync gives nobody what is only for those who are not in the group', async () => {
  const { gate, okta, stage } = await aCompany({
    who: 'email.startsWith("kim@") && !("contractors" in groups) || "visitors" in groups',
  })
  const sam = await okta.hires(whoIs(stage.sam))
  const kim = await okta.hires(whoIs(stage.kim))
  const group = await okta.makesGroup('contractors', [kim])
  await eventually(
    () => stage.app.world.directory.facts(as(stage, stage.kim)),
    (facts) => facts !== 'unknown' && facts.provisioned?.groups.has('contractors') === true,
    atOnce.withinMs,
  )
  await heldBy(gate, '', atOnce)
  gate.calls.length = 0
  await okta.removes(group, kim)
  // What is written after it is followed after it.
  await okta.makesGroup('visitors', [sam])
  await heldBy(gate, 'sam', atOnce)
  await okta.adds(group, kim)
  expect(gate.calls.filter(({ action, principal }) => action === 'give' && principal === 'kim')).toEqual([])
}, 60_000)

// They can "hold nothing and answer nothing".
test('where SCIM is required, an admin whom no source knows does not say who is who', async () => {
  const { okta, stage } = await aCompany({ people: 'scim: required' })
  const { riley, kim, ada } = stage
  const there = await okta.hires(whoIs(riley))
  await stage.app.world.directory.freshFacts(as(stage, riley))
  await okta.renames(there, { email: whoIs(kim).email })
  await stage.app.world.directory.freshFacts(as(stage, kim))
  expect(await answers(stage, ada, 'same')).toBe('not-an-admin')
}, 60_000)

// Ada and Riley are accounts of one human, as an admin said.
test('whose identity it is about does not answer, by another account of theirs neither', async () => {
  const { okta, stage } = await aCompany()
  const { riley, ada } = stage
  const { directory, identities } = stage.app.world
  const there = await okta.hires(whoIs(riley))
  await directory.freshFacts(as(stage, riley))
  await okta.renames(there, { email: whoIs(ada).email })
  await directory.freshFacts(as(stage, ada))
  const [first] = await identities.open()
  await identities.answer(first?.id ?? '', 'same', as(stage, stage.kim))
  await okta.renames(there, { email: 'somebody@acme.example' })
  await okta.hires({ ...whoIs(riley), userName: 'riley-anew' })
  await directory.freshFacts(as(stage, riley))
  expect(await answers(stage, ada, 'same')).toBe('own-identity')
}, 60_000)

test.each(['same', 'two'] as const)(
  'an admin says who is who: %s',
  async (answer) => {
    const { okta, stage } = await aCompany()
    const { riley, kim } = stage
    const { directory } = stage.app.world
    const there = await okta.hires(whoIs(riley))
    await directory.freshFacts(as(stage, riley))
    await okta.renames(there, { email: whoIs(kim).email })
    await directory.freshFacts(as(stage, kim))
    const acts = hearsActs(stage.app.world)
    expect(await answers(stage, riley, answer)).toBe('not-an-admin')
    expect(acts).toEqual([])
    expect(await answers(stage, stage.ada, answer)).toBe('answered')
    expect(acts).toEqual([answer === 'same' ? 'identities-joined: done' : 'identities-set-apart: done'])
  },
  60_000,
)

test('where the catalog names who says who is who, no other admin does', async () => {
  const { okta, stage } = await aCompany({ people: 'admins: [kim@acme.example]' })
  const { riley, sam, ada, kim } = stage
  const { directory } = stage.app.world
  const there = await okta.hires(whoIs(riley))
  await directory.freshFacts(as(stage, riley))
  await okta.renames(there, { email: whoIs(sam).email })
  await directory.freshFacts(as(stage, sam))
  expect(await answers(stage, ada, 'two')).toBe('not-an-admin')
  expect(await answers(stage, kim, 'two')).toBe('answered')
}, 60_000)

// Everybody is out of the group for a moment; nobody is left in it who could answer, so the admins stand in.
test('a full sync lets nobody approve who could not before it', async () => {
  const { stage, gate, okta } = await aCompany({
    change: (text) => text.replace('approvers: { groups: ["@dba"] }', 'approvers: { groups: [dba] }'),
  })
  const { riley, ada, orders } = stage
  const [sam, kim] = [await okta.hires(whoIs(stage.sam)), await okta.hires(whoIs(stage.kim))]
  const dba = await okta.makesGroup('dba', [sam, kim])
  await eventually(
    async () => (await stage.app.world.directory.groups(['dba']))('dba'),
    (members) => members instanceof Set && members.size === 2,
  )
  await okta.removes(dba, sam, kim)
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  await ada.clicks('Approve 10 min', await ada.sees(reason, orders, patient)).catch(() => undefined)
  await okta.adds(dba, sam, kim)
  await expect(heldBy(gate, 'riley', atOnce)).rejects.toThrow('in vain')
}, 60_000)

// One is in question, one left the group: together they are more than `confirmAbove`, and nobody is asked.
test('a question about one person keeps nobody else what they lost', async () => {
  const { stage, gate, okta } = await aCompany({
    people: 'grace: 1s',
    change: (text) => text.replace('mode: standing\n', 'mode: standing\n        confirmAbove: 1\n'),
  })
  const { riley, kim, ada } = stage
  const [rileyThere, kimThere] = [await okta.hires(whoIs(riley)), await okta.hires(whoIs(kim))]
  const engineering = await okta.makesGroup('engineering', [rileyThere, kimThere])
  await heldBy(gate, 'kim,riley')
  await okta.renames(rileyThere, { email: whoIs(ada).email })
  await eventually(
    () => stage.app.world.identities.open(),
    (open) => open.length === 1,
  )
  await okta.removes(engineering, kimThere)
  await heldBy(gate, 'riley', { withinMs: 30_000 })
}, 60_000)

// Two have it; that it was renamed or disabled sends the admin looking in the wrong place.
test('where two sources have a group of one name the admins read that, and not that there is none', async () => {
  const { stage, okta, connects } = await aCompany({ who: 'email == "nobody"' })
  const agency = await connects('agency')
  await okta.makesGroup('engineering')
  await agency.makesGroup('engineering')
  await eventually(
    async () =>
      (await stage.app.world.directory.groups(['okta/engineering', 'agency/engineering']))(
        'agency/engineering',
      ),
    (members) => members instanceof Set,
  )
  await changeCatalog(stage, (text) => text.replace('email == "nobody"', '"engineering" in groups'))
  const told = await stage.ada.sees(/The catalog names engineering for/, 'dm', { withinMs: 70_000 })
  expect(told.plain).not.toContain('has no such group: it was renamed or disabled')
}, 90_000)

// Slack says everything; an admin is to answer a question, which they are not reminded of here.
test('while an admin is to say who somebody is, nobody reads that Slack does not say who holds something', async () => {
  const { stage, gate, okta } = await aCompany({ people: 'grace: 1s', patienceMs: 1_000 })
  const { riley, kim, ada } = stage
  const there = await okta.hires(whoIs(riley))
  await okta.makesGroup('engineering', [there])
  await heldBy(gate, 'riley')
  await okta.renames(there, { email: whoIs(kim).email })
  const said = ada.sees(/Slack does not say who holds Open the gate any time/, 'dm', { withinMs: 20_000 })
  await expect(said).rejects.toThrow()
}, 60_000)

// Made and deleted within ten minutes is taken for a trial of the provider's, though somebody holds something by it.
test('whoever was hired and given something, and is deleted minutes later, loses it within 5 s', async () => {
  const { stage, gate, okta } = await aCompany()
  const kim = await okta.hires(whoIs(stage.kim))
  await okta.makesGroup('engineering', [kim])
  await heldBy(gate, 'kim')
  await okta.deletes(kim)
  await heldBy(gate, '', atOnce)
}, 60_000)
