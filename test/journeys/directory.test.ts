import { aDirectedStage, atOnce, heldBy, whoIs, withPeople, type Directed } from './a-directory.ts'
import { gateCatalog } from './a-gate.ts'
import { aReason, as, asks, eventually, grantsOf, patient, wrongWith } from './acts.ts'

/** The company's directory hires, moves and lets go, and what people hold follows. */

const standing = `      always:
        name: Open the gate any time
        target: { gate: main }
        mode: standing
        who: '"engineering" in groups'
        confirmAbove: 1
`
const people = (lines: string) => (text: string) => withPeople(text, lines)

const aCompany = (change: (text: string) => string = people('grace: 2s')): Promise<Directed> =>
  aDirectedStage((cast) =>
    change(
      gateCatalog(cast, { duration: '10m', more: standing })
        .replace(
          `who: '"@contractors" in groups'\n        duration`,
          `who: '"contractors" in groups'\n        duration`,
        )
        .replace('approvers: { groups: ["@dba"] }', 'approvers: { groups: [dba] }'),
    ),
  )

test('from the first day to the last: hired, moved, asked for, approved by who is listed there, deactivated', async () => {
  const { stage, gate, okta } = await aCompany()
  const { riley, ada, kim, orders, workspace } = stage
  const [rileyThere, adaThere, kimThere] = [
    await okta.hires(whoIs(riley)),
    await okta.hires(whoIs(ada)),
    await okta.hires(whoIs(kim)),
  ]
  const engineering = await okta.makesGroup('engineering')
  await okta.makesGroup('contractors', [rileyThere])
  await okta.makesGroup('dba', [adaThere])

  await okta.adds(engineering, kimThere)
  await heldBy(gate, 'kim', atOnce)

  const reason = aReason()
  await asks(riley, 'gate open', reason)
  await ada.clicks('Approve 10 min', await ada.sees(reason, orders, patient))
  await riley.sees(/You have Open the gate/, 'dm', patient)
  await okta.adds(engineering, rileyThere)
  await eventually(
    async () => (await stage.app.world.grants.standing()).length,
    (n) => n === 2,
  )
  const waiting = aReason()
  await asks(riley, 'orders-db peek 10s', waiting)
  await riley.sees(/Asked for Peek at orders/, 'dm', patient)
  const dmsBefore = riley.dms.length

  await okta.sets(rileyThere, false)
  await heldBy(gate, 'kim', atOnce)
  const left = await ada.sees(/Ended .*Riley left \(okta, \d\d:\d\d UTC\).*Checked: gone/, orders, patient)
  expect(left.plain).toMatch(/guest · asked at .* \(Europe\/Berlin\)/)
  await eventually(
    () => grantsOf(stage, riley),
    (grants) => grants.every(({ dueAt }) => dueAt === null),
  )
  expect(riley.dms.length).toBe(dmsBefore)
  await riley.runs(`/request-access gate open ${aReason()}`)
  expect(workspace.complaints).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('a sync that takes everybody out of a group and puts them back takes nothing; who is not put back loses it', async () => {
  const { stage, gate, okta } = await aCompany(people('grace: 4s'))
  const { ada, kim } = stage
  const users = [await okta.hires(whoIs(ada)), await okta.hires(whoIs(kim))]
  const engineering = await okta.makesGroup('engineering', users)
  await heldBy(gate, 'ada,kim', atOnce)
  const [adaThere = '', kimThere = ''] = users

  await okta.removes(engineering, adaThere, kimThere)
  await okta.adds(engineering, adaThere)
  await okta.adds(engineering, kimThere)
  await okta.removes(engineering, kimThere)
  await heldBy(gate, 'ada')
  expect(gate.calls.filter(({ action, principal }) => action === 'take' && principal === 'ada')).toEqual([])
}, 60_000)

test('many who leave a group at once wait for an admin; many who are deactivated do not', async () => {
  const { stage, gate, okta } = await aCompany()
  const { ada, kim, sam, orders } = stage
  const users = [await okta.hires(whoIs(ada)), await okta.hires(whoIs(kim)), await okta.hires(whoIs(sam))]
  const engineering = await okta.makesGroup('engineering', users)
  await heldBy(gate, 'ada,kim,sam', atOnce)

  await okta.removes(engineering, ...users)
  await ada.sees(/3 people would lose .*Open the gate any time/, orders, patient)
  expect([...gate.holders]).toHaveLength(3)
  await okta.adds(engineering, ...users)
  await Promise.all(users.map((user) => okta.sets(user, false)))
  await heldBy(gate, '', atOnce)
}, 60_000)

test('a rewritten e-mail asks an admin, and until then neither gets anything new; the answer holds', async () => {
  const { stage, gate, okta } = await aCompany()
  const { ada, kim, riley } = stage
  const there = await okta.hires(whoIs(riley))
  const contractors = await okta.makesGroup('contractors', [there])
  await okta.makesGroup('engineering')
  await eventually(
    async () => (await stage.app.world.directory.groups(['contractors']))('contractors'),
    (members) => members instanceof Set && members.has(riley.id),
  )
  expect(contractors).not.toBe('')

  await okta.renames(there, { email: whoIs(kim).email })
  const card = await ada.sees(/okta says that kim@acme.example .* is now .*until today it was/, 'dm', patient)
  await riley.runs(`/request-access gate open ${aReason()}`)
  await riley.modal('An admin is to say first whether you are who the company directory says', patient)
  await ada.clicks('They are two', card)
  await ada.sees(/answered: they are two/, 'dm', patient)
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  await eventually(
    () => grantsOf(stage, riley),
    (grants) => grants.some(({ status }) => status === 'pending'),
  )
  expect([...gate.holders]).toEqual([])
}, 60_000)

test('of two sources each has its own people and groups, and a name that both use means neither', async () => {
  const { stage, gate, okta, connects } = await aCompany()
  const { ada, kim } = stage
  const agency = await connects('agency')
  const inOkta = await okta.hires(whoIs(kim))
  await okta.makesGroup('engineering', [inOkta])
  await heldBy(gate, 'kim', atOnce)
  const inAgency = await agency.hires(whoIs(ada))
  await agency.makesGroup('engineering', [inAgency])
  expect((await agency.send('GET', `/Users/${inOkta}`)).status).toBe(404)
  // Whose is meant cannot be said: nobody new gets it, and nobody loses it.
  await eventually(
    async () => (await stage.app.world.directory.groups(['engineering']))('engineering'),
    (members) => members === 'unlisted',
  )
  expect([...gate.holders]).toEqual(['kim'])
}, 60_000)

test('where SCIM is required, whoever no source knows is a stranger', async () => {
  const { stage, okta } = await aCompany(people('scim: required, grace: 2s'))
  const { riley, ada, orders } = stage
  await okta.hires(whoIs(ada))
  await okta.makesGroup('contractors')
  await riley.runs(`/request-access gate open ${aReason()}`)
  await riley.modal('nothing you can request here', patient)
  expect(orders).toBeDefined()
}, 60_000)

test('the manager whom the directory names approves, where the catalog asks for the manager', async () => {
  const { stage, okta } = await aCompany((text) =>
    text.replace('approvers: { groups: [dba] }', 'approvers: { manager: true }'),
  )
  const { riley, kim, orders } = stage
  const kimThere = await okta.hires(whoIs(kim))
  const there = await okta.hires({ ...whoIs(riley), manager: kimThere })
  await okta.makesGroup('contractors', [there])
  await eventually(
    () => stage.app.world.directory.facts(as(stage, riley)),
    (facts) => facts !== 'unknown' && facts.provisioned?.managerUserId === kim.id,
    atOnce.withinMs,
  )
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  await kim.clicks('Approve 10 min', await kim.sees(reason, orders, patient))
  await riley.sees(/You have Open the gate/, 'dm', patient)
}, 60_000)
