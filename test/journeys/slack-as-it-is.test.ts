import type { Cast } from '../support/cast.ts'
import { ordersCatalog } from '../support/catalogs.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import { aGate, gateCatalog } from './a-gate.ts'
import { aCard, aReason, as, asks, eventually, listenToLog, patient, wrongWith } from './acts.ts'

/** Slack as it really is: fields that are null, people who are none, organisations of many workspaces, storms of events. */

const standing = (who: string) => `      always:
        name: Open the gate any time
        target: { gate: main }
        mode: standing
        who: '${who}'
`

async function aStandingGate(who: string, before: (stage: Stage) => void, patienceMs?: number) {
  const gate = await aGate()
  const stage = await aStage({
    started: false,
    catalog: (cast: Cast) => gateCatalog(cast, { more: standing(who) }),
    env: gate.env,
    ...(patienceMs === undefined ? {} : { patienceMs }),
  })
  before(stage)
  await stage.startApp()
  listenToLog(stage.app.world.log)
  return { stage, gate }
}

const listsOf = ({ workspace }: Stage, since: number) =>
  workspace.calls.slice(since).filter(({ method }) => method === 'users.list' || method === 'usergroups.list')

test('somebody whose profile says null can ask like everybody', async () => {
  const { riley } = await aStage()
  Object.assign(riley.account, { realName: null, title: null })
  expect((await asks(riley, 'orders-db read 1h')).outcome).toBe('cleared')
}, 30_000)

test('a record that cannot be read keeps no other from what is held by rule', async () => {
  const { stage, gate } = await aStandingGate('"@dba" in groups', ({ kim }) => {
    Object.assign(kim.account, { realName: 17 })
  })
  await eventually(
    async () => [...gate.holders].sort().join(),
    (holders) => holders === 'ada,sam',
  )
  stage.dba.members = [stage.ada]
  await eventually(
    async () => [...gate.holders].join(),
    (holders) => holders === 'ada',
  )
}, 30_000)

test('admins stand in where nobody meets a rule for approvers, Slackbot or not', async () => {
  const rule = `review: { stages: [{ approvers: { who: 'email.endsWith("dba.acme.example")' } }] }`
  const stage = await aStage({
    started: false,
    catalog: (cast) => ordersCatalog(cast).replace('approvers: { groups: ["@dba"] }', rule),
  })
  await stage.startApp()
  const card = await aCard(stage, 'orders-db peek 10s')
  expect(card.plain).toContain('the admins stand in')
  await stage.ada.clicks('Approve 10 s', card)
  await stage.riley.sees(/You have Peek at orders/, 'dm', patient)
}, 40_000)

test('nobody stands in for an approver whose record cannot be read: that is not the same as nobody', async () => {
  const rule = `review: { stages: [{ approvers: { who: 'email == "kim@acme.example"' } }] }`
  const stage = await aStage({
    started: false,
    catalog: (cast) => ordersCatalog(cast).replace('approvers: { groups: ["@dba"] }', rule),
  })
  const { kim, ada } = stage
  Object.assign(kim.account, { realName: 17 })
  await stage.startApp()
  listenToLog(stage.app.world.log)
  const card = await aCard(stage, 'orders-db peek 10s')
  expect(card.plain).not.toContain('the admins stand in')
  await ada.clicks('Approve 10 s', card)
  await ada.sees(/could not find out .*which of its approvers are here/, 'ephemeral', patient)
}, 40_000)

/** Longer than it takes to read everybody on a busy machine. */
const patienceMs = 2_500

test('whoever has no verified e-mail meets no rule on one, and is no reason for an alarm', async () => {
  const rule = 'email.endsWith("acme.example") && !guest'
  const { stage, gate } = await aStandingGate(
    rule,
    (before) => {
      before.kim.account.isEmailConfirmed = false
    },
    patienceMs,
  )
  await eventually(
    async () => [...gate.holders].sort().join(),
    (holders) => holders === 'ada,sam',
  )
  // Looks that come after the patience is over would tell the admins.
  const before = stage.workspace.calls.length
  const fromMs = performance.now()
  for (let looks = 0; performance.now() - fromMs < 2 * patienceMs; looks++) {
    stage.dba.members = [stage.ada, stage.sam]
    await eventually(
      async () => listsOf(stage, before).length,
      (calls) => calls > looks,
    )
  }
  expect(stage.ada.dms.map(({ plain }) => plain)).toEqual([])
}, 40_000)

test('a member whose home is another workspace of the same organisation is one of ours', async () => {
  const { riley, workspace } = await aStage()
  Object.assign(riley.account, {
    extra: {
      team_id: 'T0HOMEOFRILEY',
      is_stranger: false,
      enterprise_user: { id: riley.id, enterprise_id: 'E0ACME', teams: ['T0HOMEOFRILEY', workspace.teamId] },
    },
  })
  expect((await asks(riley, 'orders-db read 1h')).outcome).toBe('cleared')
}, 30_000)

test('statuses and huddles change nothing, and ask Slack for nobody', async () => {
  const { stage, gate } = await aStandingGate('"@dba" in groups', () => undefined)
  const { workspace, sam } = stage
  const colleagues = Array.from({ length: 40 }, (_, i) =>
    workspace.addPerson({ name: `Colleague ${i}`, email: `colleague-${i}@acme.example` }),
  )
  await eventually(
    async () => gate.holders.size,
    (size) => size === 2,
  )
  await stage.app.world.directory.everyone()
  workspace.limits.enforce()
  const before = workspace.calls.length
  for (const colleague of [...colleagues, ...colleagues]) workspace.personChanged(colleague)
  workspace.deactivate(sam)
  await eventually(
    async () => [...gate.holders].join(),
    (holders) => holders === 'ada',
    5_000,
  )
  expect(listsOf(stage, before).length).toBeLessThanOrEqual(20)
}, 60_000)

test('whoever Slack knows no more loses what they hold, though it never said that they left', async () => {
  const { stage, gate } = await aStandingGate('"@dba" in groups', () => undefined)
  const { ada, sam, dba, workspace } = stage
  await eventually(
    async () => gate.holders.size,
    (size) => size === 2,
  )
  workspace.state.accounts.delete(sam.id)
  dba.members = [ada]
  await eventually(
    async () => [...gate.holders].join(),
    (holders) => holders === 'ada',
    75_000,
  )
}, 90_000)

test('when the group of the approvers was disabled, nobody is said to have been told, and the admins hear of it', async () => {
  const stage = await aStage()
  const { riley, ada, sam, kim, dba, orders } = stage
  listenToLog(stage.app.world.log)
  dba.isDisabled = true
  dba.members = [ada, sam]
  await ada.sees(/The catalog names @dba for .*Slack lists no such group/, 'dm', patient)
  const reason = aReason()
  await riley.runs(`/request-access orders-db peek 10s ${reason}`)
  const form = await riley.modal(/Reviewed by/, patient)
  expect(form.text).toContain('Reviewed by @Ada. Too few of @dba can answer this: the admins stand in.')
  expect(await riley.submits()).toMatchObject({ outcome: 'cleared' })
  const card = await ada.sees(reason, orders, patient)
  expect(card.plain).toContain('the admins stand in')
  const asked = await riley.sees(/Asked for Peek at orders/, 'dm', patient)
  expect(asked.plain).not.toContain('@dba were told')
  await kim.clicks('Approve 10 s', card)
  await kim.sees(/Slack has no group @dba any more/, 'ephemeral', patient)
}, 30_000)

test('a form that must read everybody first opens in time all the same, and says who reviews it once that is known', async () => {
  const rule = `review: { stages: [{ approvers: { who: 'email.endsWith("dba.acme.example")' } }] }`
  const stage = await aStage({
    catalog: (cast) => ordersCatalog(cast).replace('approvers: { groups: ["@dba"] }', rule),
  })
  const { riley, workspace } = stage
  listenToLog(stage.app.world.log)
  await stage.app.world.directory.facts(as(stage, riley))
  workspace.faults.next('users.list', { delayMs: 2_000 })
  await riley.runs(`/request-access orders-db peek 10s ${aReason()}`)
  await riley.modal('Loading…', patient)
  await riley.modal(/the admins stand in/, patient)
  expect(await riley.submits()).toMatchObject({ outcome: 'cleared' })
  expect(wrongWith(workspace)).toEqual([])
}, 40_000)

test('a workspace without groups is not asked for them again and again', async () => {
  const stage = await aStage({ started: false })
  const { riley, workspace } = stage
  workspace.faults.next('usergroups.list', { error: 'paid_teams_only' }, Infinity)
  await stage.startApp()
  const log = listenToLog(stage.app.world.log)
  const before = workspace.calls.length
  await riley.runs(`/request-access orders-db read 1h ${aReason()}`)
  await riley.sees(/Slack does not say now/, 'ephemeral', patient).catch(() => riley.modal('', patient))
  expect(listsOf(stage, before).length).toBeLessThanOrEqual(2)
  expect(log.length).toBeLessThanOrEqual(3)
}, 30_000)

test('no name or reason is cut in the middle of a character, and half a character never reaches Slack', async () => {
  const { riley, ada, orders, workspace } = await aStage()
  riley.account.name = 'Riley Katherine Montgomery-Featherstonehaugh (they/them, U🌻 on leave Fridays'
  riley.account.realName = 'Riley \ud83c'
  await asks(riley, 'orders-db peek 10s', `INC-1: the flower \ud83c is missing`)
  await ada.clicks('Approve 10 s', await ada.sees('INC-1', orders, patient))
  await riley.sees(/You have Peek at orders/, 'dm', patient)
  await riley.opensHome()
  await riley.seesHome(/Peek at orders/, patient)
  expect(wrongWith(workspace)).toEqual([])
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
      await app.world.directory.freshGroups()
      const facts = await app.world.directory.facts(as({ workspace }, riley))
      return facts === 'unknown' || facts.groups === 'unknown'
    },
    (isUnknown) => isUnknown,
  )
  await riley.runs('/request-access list')
  await riley.sees(/Slack does not say now what you can request/, 'ephemeral', patient)
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
