import { MongoClient } from 'mongodb'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Cast } from '../support/cast.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { aGate, gateCatalog, type Gate } from './a-gate.ts'
import {
  aReason,
  as,
  asks,
  changeCatalog,
  eventually,
  grantsOf,
  listenToLog,
  patient,
  wrongWith,
} from './acts.ts'
import { curfew } from './app-process.ts'
import { asksWeekly, nextMinute } from './weekly.ts'

/** From Slack's word to the door: what "at once" means. */
const atOnce = { withinMs: 5_000 }

async function aGateWith(more: string, rules = ''): Promise<{ stage: Stage; gate: Gate }> {
  const gate = await aGate()
  const stage = await aStage({
    catalog: (cast) => gateCatalog(cast, { duration: '10m', more: more + rules }),
    env: gate.env,
  })
  listenToLog(stage.app.world.log)
  return { stage, gate }
}

/** Riley asks, Ada says yes, Riley holds it. */
async function rileyHolds({ riley, ada, orders }: Stage): Promise<void> {
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  await ada.clicks('Approve 10 min', await ada.sees(reason, orders, patient))
  await riley.sees(/You have Open the gate/, 'dm', patient)
}

const holdersOf = (gate: Gate) => async () => [...gate.holders].sort().join()
const heldBy = (gate: Gate, names: string, { withinMs } = patient) =>
  eventually(holdersOf(gate), (now) => now === names, withinMs)

const standing = (id: string, admins: string, confirmAbove = 1) => `      ${id}:
        name: Open the ${id}
        target: { gate: ${id} }
        mode: standing
        who: '"@dba" in groups'
        admins: ${admins}
        confirmAbove: ${confirmAbove}
`

test('whoever is deactivated loses at once what they asked for, their requests and series, and nobody writes to them', async () => {
  const { stage, gate } = await aGateWith(
    '        windows: { until: 90d }\n        preApprove: { until: 30d }\n',
  )
  const { riley, ada, orders, workspace } = stage
  await rileyHolds(stage)
  const weekly = aReason()
  await asksWeekly(riley, 'gate open', nextMinute(600_000), { reason: weekly })
  await ada.clicks('Approve 10 min', await ada.sees(weekly, orders, patient))
  await riley.sees(/approved Open the gate on The gate, every/, 'dm', patient)
  const waiting = aReason()
  await asks(riley, 'orders-db peek 10s', waiting)
  const card = await ada.sees(waiting, orders, patient)
  const dmsBefore = riley.dms.length

  workspace.deactivate(riley)
  await heldBy(gate, '', atOnce)
  await eventually(
    () => grantsOf(stage, riley),
    (grants) =>
      grants
        .map(({ status }) => status)
        .sort()
        .join() === 'ended,ended,withdrawn',
  )
  await ada.sees(/Ended .*Riley left the workspace.*Checked: gone/, orders, patient)
  await ada.sees(/Closed: Riley left the workspace/, orders, patient)
  expect(card.text).toBeDefined()
  expect(riley.dms.length).toBe(dmsBefore)
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('what approvers said ahead ends with whom it is for', async () => {
  const { stage } = await aGateWith('        preApprove: { until: 30d }\n')
  const { riley, ada, workspace } = stage
  const { preApprovals, directory, clock } = stage.app.world
  const [subject, approver] = await Promise.all([riley, ada].map((one) => directory.facts(as(stage, one))))
  if (!subject || !approver || subject === 'unknown' || approver === 'unknown') throw new Error('unknown')
  const [now, day] = [clock.now(), 86_400_000]
  await preApprovals.insert({
    id: 'said-ahead',
    approver: approver.person,
    subject: subject.person,
    resource: { id: 'gate', name: 'The gate' },
    entitlement: { id: 'open', name: 'Open the gate' },
    system: 'gate',
    canonical: '{"gate":"main"}',
    principal: 'riley',
    maxMs: 600_000,
    confirmation: null,
    until: new Date(now.getTime() + day),
    madeAt: now,
    stoppedAt: null,
    stoppedBy: null,
  })
  workspace.deactivate(riley)
  await eventually(
    () => preApprovals.get('said-ahead'),
    (word) => word !== null && word.stoppedAt !== null && word.stoppedBy === null,
    atOnce.withinMs,
  )
}, 60_000)

test('whoever the rule names no more loses what they asked for, and reads why', async () => {
  const { stage, gate } = await aGateWith('')
  const { riley, kim, contractors } = stage
  await rileyHolds(stage)
  contractors.members = [kim]
  await heldBy(gate, '', atOnce)
  const dm = await riley.sees(
    /ended .*, as the rule is "@contractors" in groups; checked, it is gone/,
    'dm',
    patient,
  )
  expect(dm.buttons).toEqual(['Ask again'])
}, 60_000)

test('where the catalog keeps it they hold it to the agreed end; who has left does not', async () => {
  const { stage, gate } = await aGateWith('        keep: true\n')
  const { riley, kim, contractors, workspace } = stage
  await rileyHolds(stage)
  contractors.members = [kim]
  await stage.app.world.directory.groups(['@contractors'])
  // A change that is followed shows that the look has come round.
  await changeCatalog(stage, (text) => text.replace('name: The gate', 'name: The big gate'))
  await eventually(
    async () => (await stage.app.world.grants.held()).length,
    (count) => count === 1,
  )
  expect([...gate.holders]).toEqual(['riley'])
  workspace.deactivate(riley)
  await heldBy(gate, '', atOnce)
}, 60_000)

test('Slack that does not answer, or shows no e-mails any more, takes nothing from anybody', async () => {
  const { stage, gate } = await aGateWith('', standing('vault', '[ada@acme.example]'))
  const { riley, ada, sam, kim, dba, workspace } = stage
  await rileyHolds(stage)
  await heldBy(gate, 'ada,riley,sam')
  workspace.scopes.delete('users:read.email')
  for (let changes = 0; changes < 3; changes++) {
    workspace.personChanged(kim)
    workspace.personChanged(riley)
    dba.members = [ada, sam]
  }
  const listed = async () => workspace.calls.filter(({ method }) => method === 'usergroups.list').length
  const first = await listed()
  dba.members = [ada, sam]
  await eventually(listed, (calls) => calls > first)
  workspace.faults.next('usergroups.list', { error: 'internal_error' }, Infinity)
  workspace.faults.next('users.list', { error: 'internal_error' }, Infinity)
  dba.members = [kim]
  const second = await listed()
  await changeCatalog(stage, (text) => text.replace('name: The gate', 'name: The big gate'))
  await eventually(listed, (calls) => calls > second)
  expect([...gate.holders].sort()).toEqual(['ada', 'riley', 'sam'])
  expect((await stage.app.world.grants.held()).map(({ status }) => status)).toEqual([
    'active',
    'active',
    'active',
  ])
}, 60_000)

test('one yes takes what it was asked for: the same people keep another entitlement until its own admin says so', async () => {
  const rules = standing('vault', '[ada@acme.example]') + standing('cellar', '[sam@acme.example]')
  const { stage } = await aGateWith('', rules)
  const { ada, sam, kim, orders, dba } = stage
  const held = async () =>
    (await stage.app.world.grants.standing())
      .filter(({ status }) => status === 'active')
      .map(({ principal, entitlement }) => `${principal} ${entitlement}`)
      .sort()
      .join()
  await eventually(held, (now) => now === 'ada cellar,ada vault,sam cellar,sam vault')
  dba.members = [kim]
  const vault = await ada.sees(/2 people would lose Open the vault on The gate at once/, orders, patient)
  const cellar = await sam.sees(/2 people would lose Open the cellar on The gate at once/, orders, patient)
  await ada.clicks('Take it back from 2', cellar, { confirm: true })
  await ada.sees(/Only the admins of this resource can do that/, 'ephemeral', patient)
  await ada.clicks('Take it back from 2', vault, { confirm: true })
  await eventually(held, (now) => now === 'ada cellar,kim cellar,kim vault,sam cellar')
  await sam.clicks('Take it back from 2', cellar, { confirm: true })
  await eventually(held, (now) => now === 'kim cellar,kim vault')
}, 60_000)

test('while it waits for the admin, Slack is not asked about the same people again and again', async () => {
  const { stage } = await aGateWith('', standing('vault', '[ada@acme.example]'))
  const { ada, sam, kim, orders, dba, workspace } = stage
  await eventually(
    async () => (await stage.app.world.grants.standing()).filter(({ status }) => status === 'active').length,
    (held) => held === 2,
  )
  dba.members = [kim]
  await ada.sees(/2 people would lose Open the vault on The gate at once/, orders, patient)
  const listed = () => workspace.calls.filter(({ method }) => method === 'usergroups.list').length
  const askedAbout = () =>
    workspace.calls.filter(
      ({ method, args }) => method === 'users.info' && [ada.id, sam.id].includes(String(args['user'])),
    ).length
  const before = askedAbout()
  for (let looks = 0; looks < 3; looks++) {
    const earlier = listed()
    dba.members = [kim]
    await eventually(
      async () => listed(),
      (now) => now > earlier,
    )
  }
  expect(askedAbout() - before).toBeLessThanOrEqual(1)
}, 60_000)

test('many who asked for it lose it together only once an admin has said so, whichever replica asks', async () => {
  const gate = await aGate()
  const stage = await aStage({
    catalog: (cast) =>
      gateCatalog(cast, { duration: '10m', more: '        confirmAbove: 1\n' }).replace(
        `who: '"@contractors" in groups'\n        duration: { default: 10m`,
        `who: '"@contractors" in groups'\n        auto: [{ because: everyone, when: 'true' }]\n        duration: { default: 10m`,
      ),
    env: gate.env,
  })
  listenToLog(stage.app.world.log)
  const { riley, kim, sam, ada, orders, contractors } = stage
  contractors.members = [riley, kim]
  for (const person of [riley, kim]) {
    await eventually(
      () => asks(person, 'gate open'),
      ({ outcome }) => outcome === 'cleared',
    )
  }
  await heldBy(gate, 'kim,riley')
  const other = curfew(['start'], stage.environment)
  await other.says('curfew is running', 40_000)

  contractors.members = [sam]
  const asked = await ada.sees(/2 people would lose Open the gate on The gate at once/, orders, patient)
  // The other replica looks too, and leaves the question as it is.
  const client = await new MongoClient(stage.environment['MONGODB_URI'] ?? '').connect()
  await client
    .db()
    .collection('jobs')
    .updateOne({ name: 'held' }, { $set: { nextRunAt: new Date(0) } })
  const noted = await client.db().collection('losses').find().toArray()
  expect(noted.map(({ count }) => Number(count))).toEqual([2])
  await client.close()
  expect(await holdersOf(gate)()).toBe('kim,riley')
  await ada.clicks('Take it back from 2', asked, { confirm: true })
  await heldBy(gate, '')
}, 90_000)

test('what an admin said is to be taken back is, though Slack did not answer in that very moment', async () => {
  const { stage } = await aGateWith('', standing('vault', '[ada@acme.example]'))
  const { ada, kim, dba, orders, workspace } = stage
  const held = async () =>
    (await stage.app.world.grants.standing())
      .filter(({ status }) => status === 'active')
      .map(({ principal }) => principal)
      .sort()
      .join()
  await eventually(held, (now) => now === 'ada,sam')
  dba.members = [kim]
  const asked = await ada.sees(/2 people would lose Open the vault on The gate at once/, orders, patient)
  await eventually(held, (now) => now === 'ada,kim,sam')
  workspace.faults.next('users.info', { error: 'internal_error' }, 2)
  await ada.clicks('Take it back from 2', asked, { confirm: true })
  await eventually(held, (now) => now === 'kim')
}, 60_000)

test('what cannot be given by its rule is said to its admins, and does not make a document at each look', async () => {
  const gate = await aGate()
  gate.trouble = ({ action }) => (action === 'give' ? { status: 404, body: '{}' } : undefined)
  const stage = await aStage({
    catalog: (cast) => gateCatalog(cast, { more: standing('vault', '[ada@acme.example]') }),
    env: gate.env,
  })
  const log = listenToLog(stage.app.world.log)
  const { ada, sam, kim, dba } = stage
  const failed = () => stage.app.world.grants.standingFailed(new Date(0))
  await eventually(failed, (rows) => rows.length === 2)
  dba.members = [ada, sam, kim]
  await eventually(failed, (rows) => rows.length === 3)
  dba.members = [ada, sam]
  dba.members = [ada, sam, kim]
  const said = await ada.sees(
    /match the rule of Open the vault on The gate and could not be given it: /,
    'dm',
    patient,
  )
  expect(said.plain).toMatch(/Ada|Sam|Kim/)
  expect(log.some(({ message }) => message === 'cannot give by rule')).toBe(true)
  expect((await failed()).length).toBe(3)
}, 60_000)

test('while replicas go by different catalogs nothing is given by rule, and the admins hear of it', async () => {
  const gate = await aGate()
  const catalog = (cast: Cast) => gateCatalog(cast, { more: standing('vault', '[ada@acme.example]') })
  const stage = await aStage({ catalog, env: gate.env, patienceMs: 1_000 })
  listenToLog(stage.app.world.log)
  const { ada, sam, kim, dba } = stage
  await heldBy(gate, 'ada,sam')
  const folder = await mkdtemp(join(tmpdir(), 'curfew-other-'))
  afterThis(() => rm(folder, { recursive: true }))
  const path = join(folder, 'catalog.yml')
  await writeFile(path, catalog(stage).replace('name: Open the vault', 'name: Open the old vault'))
  const other = curfew(['start'], { ...stage.environment, CATALOG: path })
  await other.says('curfew is running', 40_000)
  await ada.sees(/replicas of Curfew go by different catalogs/, 'dm', patient)

  // What is to be taken is taken all the same.
  dba.members = [ada, kim]
  await heldBy(gate, 'ada')
  other.kill('SIGKILL')
  await other.exited
  await eventually(async () => stage.app.world.agrees(), Boolean, 20_000)
  dba.members = [ada, kim, sam]
  await heldBy(gate, 'ada,kim,sam')
}, 90_000)
