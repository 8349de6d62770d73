import { ordersCatalog } from '../support/catalogs.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import { aGate, gateCatalog, type Gate } from './a-gate.ts'
import { aCard, aReason, asks, eventually, listenToLog, patient, wrongWith } from './acts.ts'

const always = (who: string) => `      always:
        name: Open the gate any time
        target: { gate: main }
        mode: standing
        who: '${who}'
`

async function aStanding(
  who: string,
  before: (stage: Stage) => void = () => undefined,
): Promise<{ stage: Stage; gate: Gate }> {
  const gate = await aGate()
  const stage = await aStage({
    started: false,
    patienceMs: 500,
    catalog: (cast) => gateCatalog(cast, { more: always(who) }),
    env: gate.env,
  })
  before(stage)
  await stage.startApp()
  listenToLog(stage.app.world.log)
  return { stage, gate }
}

const heldBy = (gate: Gate, names: string) =>
  eventually(
    async () => [...gate.holders].sort().join(),
    (now) => now === names,
  )

test('whoever never wrote a name, or a time zone, into their profile asks like everybody', async () => {
  const { riley, workspace } = await aStage()
  riley.account.realName = null
  riley.account.saysOtherwise = {
    real_name: null,
    tz: null,
    is_stranger: null,
    enterprise_user: null,
    profile: { display_name: '', real_name: null, email: riley.account.email, team: workspace.teamId },
  }

  expect((await asks(riley, 'orders-db read 1h')).outcome).toBe('cleared')
}, 30_000)

test('one person and one group that cannot be read spoil themselves only: they keep what they hold, others get theirs', async () => {
  const { stage, gate } = await aStanding('"@dba" in groups', ({ kim, workspace }) => {
    kim.account.saysOtherwise = { profile: 'gone' }
    const odd = workspace.addGroup({ handle: 'odd', members: [] })
    odd.saysOtherwise = { users: 'nobody' }
  })
  const { ada, sam, dba } = stage
  await heldBy(gate, 'ada,sam')

  sam.account.saysOtherwise = { team_id: null }
  dba.members = [ada]
  stage.workspace.personChanged(sam)

  await eventually(
    async () => stage.app.world.directory.facts({ teamId: stage.workspace.teamId, userId: sam.id }),
    (facts) => facts === 'unknown',
  )
  expect([...gate.holders].sort()).toContain('ada')
}, 60_000)

test('admins stand in where nobody meets a rule on e-mails; nobody without a confirmed e-mail meets one, nor its opposite', async () => {
  const stage = await aStage({
    catalog: (cast) =>
      ordersCatalog(cast).replace(
        'approvers: { groups: ["@dba"] }',
        `review: { stages: [{ approvers: { who: '!email.endsWith(".example") && !guest' } }] }`,
      ),
  })
  stage.workspace.addPerson({ name: 'Mallory', isEmailConfirmed: false })
  const card = await aCard(stage, 'orders-db peek 10s')
  expect(card.plain).toContain('the admins stand in')

  await stage.ada.clicks('Approve 10 s', card)

  await stage.riley.sees(/You have Peek at orders/, 'dm', patient)
}, 40_000)

test('no false alarm for who has no e-mail; where Slack shows none at all, nobody gets or loses anything and admins hear', async () => {
  const { stage, gate } = await aStanding('email.endsWith("acme.example") && !guest', ({ workspace }) => {
    workspace.addPerson({ name: 'Mallory', isEmailConfirmed: false })
  })
  const { ada, kim, workspace } = stage
  await heldBy(gate, 'ada,kim,sam')
  expect(ada.dms).toEqual([])

  workspace.scopes.delete('users:read.email')
  await eventually(
    async () => {
      // Something changes of somebody, so that they are looked at.
      kim.account.tz = kim.account.tz === 'UTC' ? 'Europe/Berlin' : 'UTC'
      workspace.personChanged(kim)
      const facts = await stage.app.world.directory.freshFacts({ teamId: workspace.teamId, userId: kim.id })
      return facts === 'unknown' ? null : facts.email
    },
    (email) => email === 'unknown',
  )
  await eventually(
    async () => {
      kim.account.tz = kim.account.tz === 'UTC' ? 'Europe/Berlin' : 'UTC'
      workspace.personChanged(kim)
      return ada.dms.map(({ plain }) => plain).join()
    },
    (said) => said.includes('Slack does not say who holds'),
  )
  expect([...gate.holders].sort()).toEqual(['ada', 'kim', 'sam'])
}, 60_000)

test('a member whose home is another workspace of the same organisation is one of ours; of another organisation, not', async () => {
  const { riley, kim, workspace } = await aStage()
  riley.account.teams = [workspace.teamId]
  riley.account.saysOtherwise = { team_id: 'T0HOMEOFRILEY', is_stranger: false }
  kim.account.saysOtherwise = {
    team_id: 'T0ELSEWHERE',
    enterprise_user: { id: kim.id, enterprise_id: 'E0OTHER', teams: ['T0ELSEWHERE'] },
  }

  expect((await asks(riley, 'orders-db read 1h')).outcome).toBe('cleared')
  await kim.runs('/request-access')
  expect((await kim.modal(/members of this workspace/)).text).toContain('members of this workspace only')
}, 30_000)

test('what changes for nobody asks Slack for nobody; what does is followed at once', async () => {
  const { stage, gate } = await aStanding('"@dba" in groups')
  const { workspace, sam } = stage
  await heldBy(gate, 'ada,sam')
  const colleagues = Array.from({ length: 40 }, (_, i) =>
    workspace.addPerson({ name: `Colleague ${i}`, email: `colleague-${i}@acme.example` }),
  )
  for (const colleague of colleagues) workspace.personChanged(colleague)
  const infos = () => workspace.calls.filter(({ method }) => method === 'users.info').length
  await eventually(
    async () => infos(),
    (count) => count >= colleagues.length,
  )
  const before = workspace.calls.length

  for (let times = 0; times < 5; times++)
    for (const colleague of colleagues) workspace.personChanged(colleague)
  workspace.deactivate(sam)
  await heldBy(gate, 'ada')

  const asked = workspace.calls.slice(before).map(({ method }) => method)
  const count = (method: string) => asked.filter((one) => one === method).length
  expect(count('users.info')).toBeLessThan(5)
  expect(count('users.list') + count('usergroups.list')).toBeLessThan(5)
}, 60_000)

test('no name, reason or label is cut in the middle of a character, and half a character never reaches Slack', async () => {
  const { riley, ada, orders, workspace } = await aStage()
  riley.account.name = 'Riley Katherine Montgomery-Featherstonehaugh (they/them, U🌻 on leave Fridays'
  riley.account.realName = 'Riley \ud83c'
  await asks(riley, 'orders-db peek 10s', `INC-1: the flower \ud83c is missing`)
  const card = await ada.sees('INC-1', orders, patient)
  await ada.clicks('Approve 10 s', card)
  await riley.sees(/You have Peek at orders/, 'dm', patient)
  await riley.opensHome()
  await riley.seesHome(/Peek at orders/, patient)

  expect(wrongWith(workspace)).toEqual([])
}, 40_000)

test('when the group of the approvers is disabled nobody is said to have been told, an approver reads why, and the admins hear of it once', async () => {
  const stage = await aStage()
  const { riley, ada, sam, kim, dba, orders } = stage
  listenToLog(stage.app.world.log)
  dba.isDisabled = true
  // Tells the app that the group changed.
  dba.members = [ada, sam]
  const told = () => ada.dms.filter(({ plain }) => /user group @dba .* Slack lists no such group/.test(plain))
  await eventually(
    async () => told().length,
    (count) => count > 0,
  )
  const reason = aReason()
  await asks(riley, 'orders-db peek 10s', reason)
  const card = await ada.sees(reason, orders, patient)
  const asked = await riley.sees(/Asked for Peek at orders/, 'dm', patient)
  expect(asked.plain).toContain('nobody was told through it')
  expect(asked.plain).not.toContain('@dba were told')
  await kim.clicks('Approve 10 s', card)
  await kim.sees(/Slack lists no group @dba/, 'ephemeral', patient)
  dba.members = [sam, ada]
  await stage.app.world.directory.groups(['@dba'])
  expect(told()).toHaveLength(1)
}, 40_000)

test('nothing to request is said only where that is known', async () => {
  const { riley, workspace, app } = await aStage()
  const mallory = workspace.addPerson({ name: 'Mallory', guest: 'multi' })
  listenToLog(app.world.log)
  await mallory.runs('/request-access list')
  await mallory.sees(/There is nothing you can request/, 'ephemeral', patient)

  workspace.faults.next('usergroups.list', { error: 'internal_error' }, Infinity)
  await eventually(
    async () => {
      workspace.addGroup({ handle: `other-${workspace.calls.length}`, members: [] })
      const facts = await app.world.directory.facts({ teamId: workspace.teamId, userId: riley.id })
      return facts === 'unknown' || facts.groups === 'unknown'
    },
    (isUnknown) => isUnknown,
  )
  await riley.runs('/request-access list')
  await riley.sees(/Slack does not say now enough about you/, 'ephemeral', patient)
}, 40_000)

test('without user groups a request asks Slack once for them, and the log says it once', async () => {
  const { riley, ada, orders, workspace, app } = await aStage({
    catalog: (cast) => ordersCatalog(cast).replace(/who: '"@contractors" in groups'/g, "who: 'true'"),
  })
  workspace.faults.next('usergroups.list', { error: 'plan_upgrade_required' }, Infinity)
  const lines = listenToLog(app.world.log)
  const before = workspace.calls.length
  const reason = aReason()
  await asks(riley, 'orders-db peek 10s', reason)
  await ada.sees(reason, orders, patient)

  const asked = workspace.calls.slice(before).filter(({ method }) => method === 'usergroups.list')
  expect(asked.length).toBeLessThanOrEqual(3)
  expect(lines.length).toBeLessThanOrEqual(3)
}, 40_000)

test('a list that is too long for one block ends with a whole line that says what is missing', async () => {
  const more = Array.from({ length: 34 }, (_, i) => {
    const part = String(i).padStart(2, '0')
    return `      customer-data-warehouse-reading-${part}:
        name: Read the customer data warehouse, part ${part} of many parts
        target: { database: orders, role: read${part} }
        who: '"@contractors" in groups'
`
  }).join('')
  const { riley } = await aStage({ catalog: (cast) => ordersCatalog(cast, { more }) })

  await riley.runs('/request-access list')

  const told = await riley.sees(/You can request/, 'ephemeral', patient)
  expect(told.plain).toMatch(/…and \d+ more: type in the form to find them\.$/)
  for (const line of told.plain.split('\n').filter((one) => one.startsWith('•')))
    expect(line).toMatch(/up to \d+ (h|min|s)$/)
}, 30_000)
