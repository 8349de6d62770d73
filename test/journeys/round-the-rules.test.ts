import { breakGlass } from '../../src/operations/break-glass.ts'
import { extendGrant } from '../../src/operations/extend.ts'
import { answerExtension } from '../../src/operations/answer-extension.ts'
import { lookAtHeld } from '../../src/operations/by-itself/while-held.ts'
import { waitingExtension } from '../../src/domain/extension.ts'
import { isRefusal, type Refusal } from '../../src/domain/refusal.ts'
import { directoryFrom } from '../../src/people/directory.ts'
import type { Grant } from '../../src/domain/grant.ts'
import { slackClients } from '../../src/slack/wire/clients.ts'
import { slackDirectory } from '../../src/slack/directory/directory.ts'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterThis } from '../workspace/support/a-workspace.ts'
import type { Cast } from '../support/cast.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import type { Person } from '../workspace/people/person.ts'
import { curfew } from './app-process.ts'
import { aGate, gateCatalog, type Gate } from './a-gate.ts'
import { aReason, as, asks, changeCatalog, eventually, listenToLog, onlyGrantOf, patient } from './acts.ts'
import { nextMinute } from './weekly.ts'

async function aGateWith(more: string, { who = '"@contractors" in groups', duration = '10m' } = {}) {
  const gate = await aGate()
  const stage = await aStage({
    catalog: (cast: Cast) =>
      gateCatalog(cast, { duration, more }).replace(
        `who: '"@contractors" in groups'\n        duration: { default: ${duration}`,
        `who: '${who}'\n        duration: { default: ${duration}`,
      ),
    env: gate.env,
  })
  listenToLog(stage.app.world.log)
  return { stage, gate }
}

const outcomeOf = (outcome: Grant | Refusal): string =>
  isRefusal(outcome) ? outcome.refused : outcome.status

async function isHeld(stage: Stage): Promise<Extract<Grant, { status: 'active' }>> {
  const grant = await eventually(
    () => onlyGrantOf(stage, stage.riley),
    ({ status }) => status === 'active',
  )
  if (grant.status !== 'active') throw new Error(grant.status)
  return grant
}

async function rileyHolds(stage: Stage, { approvers = [stage.ada], label = 'Approve 10 min' } = {}) {
  const reason = aReason()
  await asks(stage.riley, 'gate open', reason)
  for (const [at, approver] of approvers.entries()) {
    const answered = at === 0 ? '' : `${at} of ${approvers.length}`
    const card = await approver.sees(new RegExp(`${reason}.*${answered}`, 's'), stage.orders, patient)
    await approver.clicks(label, card)
  }
  return isHeld(stage)
}

async function wantsMore(stage: Stage): Promise<Grant | Refusal> {
  const { endsAt: seenEndsAt, id: grantId } = await isHeld(stage)
  return extendGrant(stage.app.world, { grantId, by: as(stage, stage.riley), seenEndsAt })
}

async function says(stage: Stage, approver: Person) {
  const grant = await isHeld(stage)
  const askedAt = waitingExtension(grant)?.askedAt
  if (askedAt === undefined) throw new Error('nothing is asked')
  return answerExtension(stage.app.world, {
    grantId: grant.id,
    by: as(stage, approver),
    verdict: 'approve',
    askedAt,
  })
}

const holds = (gate: Gate, names: string, { withinMs } = patient) =>
  eventually(
    async () => [...gate.holders].sort().join(),
    (now) => now === names,
    withinMs,
  )

test('an approver of more time whom the catalog names no more approves nothing with a second click', async () => {
  const { stage } = await aGateWith(`        review:
          stages:
            - { approvers: { people: [ada@acme.example] } }
            - { name: Security, approvers: { people: [sam@acme.example] } }
        extend: { max: 5, by: 10m, after: 0% }
`)
  const { ada, sam } = stage
  const before = await rileyHolds(stage, { approvers: [ada, sam] })
  await wantsMore(stage)
  await says(stage, ada)
  await changeCatalog(stage, (text) =>
    text.replace('            - { approvers: { people: [ada@acme.example] } }\n', ''),
  )
  const second = await says(stage, ada)
  expect((await isHeld(stage)).endsAt).toEqual(before.endsAt)
  expect(outcomeOf(second)).toMatch(/not-an-approver|already-reviewed/)
}, 60_000)

test('keep: true keeps nothing for whom the system now gives it to another name', async () => {
  const { stage, gate } = await aGateWith('        keep: true\n')
  const { riley, kim, contractors } = stage
  await rileyHolds(stage)
  contractors.members = [kim]
  await eventually(
    () => stage.app.world.directory.facts(as(stage, riley)),
    (facts) => facts !== 'unknown' && facts.groups !== 'unknown' && !facts.groups.has('@contractors'),
  )
  await changeCatalog(stage, (text) =>
    text.replace(
      /(secret: \$\{GATE_SECRET\}\n {4}principal: )email\.split\("@"\)\[0\]/,
      '$1\'"x-" + email\'',
    ),
  )
  await lookAtHeld(stage.app.world)
  await holds(gate, '', { withinMs: 5_000 })
}, 60_000)

test('keep: true keeps nothing outside the hours that the catalog now fixes', async () => {
  const { stage, gate } = await aGateWith('        keep: true\n')
  const { riley, kim, contractors } = stage
  await rileyHolds(stage)
  contractors.members = [kim]
  await eventually(
    () => stage.app.world.directory.facts(as(stage, riley)),
    (facts) => facts !== 'unknown' && facts.groups !== 'unknown' && !facts.groups.has('@contractors'),
  )
  const later = nextMinute(12 * 3_600_000)
  await changeCatalog(stage, (text) =>
    text.replace(
      '        keep: true\n',
      `        keep: true\n        windows: { only: [{ days: [${later.weekday}], from: "${later.time}", to: "23:59", zone: UTC }] }\n`,
    ),
  )
  await lookAtHeld(stage.app.world)
  await holds(gate, '', { withinMs: 5_000 })
}, 60_000)

test('what opens with the hours that the catalog fixes is given at that instant', async () => {
  const opens = nextMinute(15_000)
  const only = `[{ days: [${opens.weekday}], from: "${opens.time}", to: "23:59", zone: UTC }]`
  const { stage, gate } = await aGateWith(`        windows: { only: ${only} }\n`)
  const reason = aReason()
  await asks(stage.riley, 'gate open', reason)
  const card = await stage.ada.sees(reason, stage.orders, patient)
  await stage.ada.clicks(card.buttons[0] ?? '', card)
  await eventually(
    () => onlyGrantOf(stage, stage.riley),
    ({ status }) => status === 'waiting',
  )
  await eventually(
    () => onlyGrantOf(stage, stage.riley),
    ({ status }) => status !== 'waiting' && status !== 'granting',
    90_000,
  )
  expect(await onlyGrantOf(stage, stage.riley)).toMatchObject({ status: 'active' })
  await holds(gate, 'riley')
}, 150_000)

test('nothing that is given by rule is given while replicas go by different catalogs', async () => {
  const gate = await aGate()
  let isDown = true
  gate.trouble = ({ action }) => (action === 'give' && isDown ? { status: 503, body: '{}' } : undefined)
  const vault = `      vault:
        name: Open the vault
        target: { gate: vault }
        mode: standing
        who: '"@dba" in groups'
        admins: [ada@acme.example]
`
  const catalog = (cast: Cast) => gateCatalog(cast, { more: vault })
  const stage = await aStage({ catalog, env: gate.env })
  listenToLog(stage.app.world.log)
  await eventually(
    () => stage.app.world.grants.standing(),
    (rows) => rows.length === 2 && rows.every(({ status }) => status === 'granting'),
  )
  const folder = await mkdtemp(join(tmpdir(), 'curfew-other-'))
  afterThis(() => rm(folder, { recursive: true }))
  const path = join(folder, 'catalog.yml')
  await writeFile(path, catalog(stage).replace('name: Open the vault', 'name: Open the old vault'))
  const other = curfew(['start'], { ...stage.environment, CATALOG: path })
  await other.says('curfew is running', 40_000)
  await eventually(async () => !stage.app.world.agrees(), Boolean)
  expect([...gate.holders]).toEqual([])
  isDown = false
  const { grants } = stage.app.world
  await eventually(
    async () => Promise.all((await grants.standing()).map(({ id }) => grants.get(id))),
    (tried) =>
      tried.every((one) => one?.status === 'granting' && /different catalogs/.test(one.lastError ?? '')),
    // What failed often while the other started is tried again only after half a minute.
    45_000,
  )
  expect(stage.app.world.agrees()).toBe(false)
  expect([...gate.holders]).toEqual([])
}, 120_000)

test('who joined a group loses nothing because another replica has not heard of it', async () => {
  const { stage, gate } = await aGateWith('')
  const { riley, kim, contractors, workspace } = stage
  contractors.members = [kim]
  const { world } = stage.app
  await eventually(
    () => world.directory.facts(as(stage, riley)),
    (facts) => facts !== 'unknown' && facts.groups !== 'unknown' && !facts.groups.has('@contractors'),
  )
  // Another replica, with its own memory: Socket Mode hands each event to one of them only.
  const directory = slackDirectory({
    client: slackClients({
      botToken: workspace.botToken,
      slackApiUrl: workspace.apiUrl,
      dispatcher: null,
      log: world.log,
    }).interactive,
    teamId: () => workspace.teamId,
    people: world.people,
    log: world.log,
  })
  const other = { ...world, directory: directoryFrom(directory) }
  await directory.facts(riley.id)
  contractors.members = [kim, riley]
  await eventually(
    () => world.directory.facts(as(stage, riley)),
    (facts) => facts !== 'unknown' && facts.groups !== 'unknown' && facts.groups.has('@contractors'),
  )
  await rileyHolds(stage)
  await holds(gate, 'riley')
  await lookAtHeld(other)
  expect(await onlyGrantOf(stage, riley)).toMatchObject({ status: 'active' })
}, 60_000)

test('broken glass is held no longer than the catalog now lets anybody break it', async () => {
  const { stage } = await aGateWith('        breakGlass: { max: 10m }\n')
  const broken = await breakGlass(stage.app.world, {
    requestId: 'first',
    by: as(stage, stage.riley),
    resource: 'gate',
    entitlement: 'open',
    durationMs: 600_000,
    reason: aReason(),
    typed: 'Open the gate',
  })
  expect(outcomeOf(broken)).toBe('granting')
  await isHeld(stage)
  await changeCatalog(stage, (text) => text.replace('breakGlass: { max: 10m }', 'breakGlass: { max: 1m }'))
  await lookAtHeld(stage.app.world)
  await eventually(
    () => onlyGrantOf(stage, stage.riley),
    ({ status }) => status !== 'active',
    5_000,
  )
}, 60_000)

test('a rule that approves nothing any more gives no more time without anybody being asked', async () => {
  const { stage } = await aGateWith(
    `        auto: [{ because: short, when: 'true', max: 1h, notAfter: "2099-01-31" }]\n        extend: { max: 5, total: 1h, by: 10m, after: 0%, review: false }\n`,
  )
  const before = await rileyHolds(stage, { approvers: [] })
  await changeCatalog(stage, (text) => text.replace('2099-01-31', '2020-01-31'))
  await wantsMore(stage)
  expect((await isHeld(stage)).endsAt).toEqual(before.endsAt)
}, 60_000)
