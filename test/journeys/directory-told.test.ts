import { aDirectedStage, whoIs, withPeople, type Directed } from './a-directory.ts'
import { gateCatalog } from './a-gate.ts'
import { as, changeCatalog, eventually } from './acts.ts'

/** Whom Curfew writes to of what directories say, and what. */

const standing = `      always:
        name: Open the gate any time
        target: { gate: main }
        mode: standing
        who: 'email == "nobody"'
`
const aCompany = (people = 'grace: 60s'): Promise<Directed> =>
  aDirectedStage((cast) => {
    const text = gateCatalog(cast, { duration: '10m', more: standing })
    const admins = text.replace('admins: [ada@acme.example]', 'admins: [ada@acme.example, kim@acme.example]')
    return withPeople(admins, people)
  })
const names = (company: Directed, group: string) =>
  changeCatalog(company.stage, (text) => text.replace('email == "nobody"', `"${group}" in groups`))

/** Two sources have it, so that the admins hear of it at once. */
const anAmbiguousGroup = async (company: Directed): Promise<void> => {
  const { stage, okta, connects } = company
  const agency = await connects('agency')
  await okta.makesGroup('engineering')
  await agency.makesGroup('engineering')
  await eventually(
    async () => (await stage.app.world.directory.groups(['agency/engineering']))('agency/engineering'),
    (members) => members instanceof Set,
  )
  await names(company, 'engineering')
}

// "They are not written to": the list of admins is Slack ids to whoever tells them, whoever has left.
test('an admin whom the directory deactivated is not written to of what the catalog names', async () => {
  const company = await aCompany()
  const { stage, okta } = company
  const { ada, kim } = stage
  const there = await okta.hires(whoIs(ada))
  await stage.app.world.directory.freshFacts(as(stage, ada))
  await okta.sets(there, false)
  await anAmbiguousGroup(company)
  await kim.sees(/The catalog names engineering for/, 'dm', { withinMs: 70_000 })
  await expect(ada.sees(/The catalog names engineering for/, 'dm', { withinMs: 2_000 })).rejects.toThrow()
}, 90_000)

// Whoever no source knows "looks after nothing, whatever list they are on".
test('where SCIM is required, an admin whom no source knows is not told what is wrong with the catalog', async () => {
  const company = await aCompany('scim: required')
  const { stage, okta } = company
  const { ada, kim } = stage
  await okta.hires(whoIs(kim))
  await stage.app.world.directory.freshFacts(as(stage, kim))
  await anAmbiguousGroup(company)
  await kim.sees(/The catalog names engineering for/, 'dm', { withinMs: 70_000 })
  await expect(ada.sees(/The catalog names engineering for/, 'dm', { withinMs: 2_000 })).rejects.toThrow()
}, 90_000)

// The question names people and their addresses, and its buttons refuse whoever left.
test('an admin whom the directory deactivated is not asked who is who', async () => {
  const { stage, okta } = await aCompany()
  const { ada, kim, riley, sam } = stage
  const { directory } = stage.app.world
  const adaThere = await okta.hires(whoIs(ada))
  const there = await okta.hires(whoIs(riley))
  await directory.freshFacts(as(stage, ada))
  await directory.freshFacts(as(stage, riley))
  await okta.sets(adaThere, false)
  await okta.renames(there, { email: whoIs(sam).email })
  await directory.freshFacts(as(stage, sam))
  await kim.sees(/okta says that sam@acme.example .* is now/, 'dm', { withinMs: 20_000 })
  await expect(
    ada.sees(/okta says that sam@acme.example .* is now/, 'dm', { withinMs: 3_000 }),
  ).rejects.toThrow()
}, 60_000)

// Nobody but okta has it: the admins read of a second one, and to write okta's where they mean the agency's.
test('where one source has a group that reads like another’s, nobody reads that several have it', async () => {
  const company = await aCompany()
  const { stage, okta, connects } = company
  await connects('agency')
  await okta.makesGroup('agency/dba')
  await eventually(
    async () => (await stage.app.world.directory.groups(['okta/agency/dba']))('okta/agency/dba'),
    (members) => members instanceof Set,
  )
  await names(company, 'agency/dba')
  const told = await stage.ada.sees(/The catalog names agency\/dba for/, 'dm', { withinMs: 70_000 })
  expect(told.plain).not.toContain('more than one source has')
}, 90_000)
