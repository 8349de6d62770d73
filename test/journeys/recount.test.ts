import { setTimeout as sleep } from 'node:timers/promises'
import { findEntitlement, type Catalog, type Entitlement } from '../../src/domain/catalog.ts'
import type { Grant } from '../../src/domain/grant.ts'
import { extendGrant } from '../../src/operations/extend.ts'
import { watchHeld } from '../../src/operations/by-itself/held-watch.ts'
import { recountEach, recounting } from '../../src/operations/by-itself/recount.ts'
import type { World } from '../../src/operations/world.ts'
import type { Stage } from '../support/curfew.ts'
import { aReason, changeCatalog, eventually, patient } from './acts.ts'
import { aGateWith, asked, becomes, by, granted, said, stopsTheWord, weekly, yes } from './at-the-gate.ts'
import { nextMinute } from './weekly.ts'

/** What becomes of the yeses that were given when rules and lists change afterwards and nobody clicks. */

const twoOfThem =
  '        review: { stages: [{ approvers: { people: [ada@acme.example, sam@acme.example] }, needs: 2 }] }\n'
const adaAlone = (text: string): string =>
  text.replace(
    'people: [ada@acme.example, sam@acme.example] }, needs: 2',
    'people: [ada@acme.example] }, needs: 1',
  )

test('a stage whose yes counts no longer is called in the thread once more, and passed over for others in time', async () => {
  const { stage } = await aGateWith(`        review:
          stages:
            - { approvers: { people: [ada@acme.example, sam@acme.example] }, escalate: { after: 3s, to: { people: [kim@acme.example] } } }
            - { name: Security, approvers: { groups: ["@dba"] } }
`)
  const { ada, kim, orders } = stage
  const request = await asked(stage)
  await yes(stage, request)
  await ada.sees(/Next: @dba/, orders, patient)
  await changeCatalog(stage, (text) =>
    text.replace('people: [ada@acme.example, sam@acme.example]', 'people: [sam@acme.example]'),
  )
  await ada.sees(/Next: @Sam/, orders, patient)
  await ada.sees(/Nobody answered yet, so others may too: .*@Kim/, orders, patient)
  const { reviews } = await yes(stage, request, { who: kim })
  expect(reviews.map(({ by: { name }, stage: at }) => `${name} ${at}`)).toEqual(['Kim 0'])
  await yes(stage, request, { who: stage.sam })
  await becomes(stage, request.id, 'active')
}, 60_000)

test('a request that has all the yeses that the rules ask for now is given', async () => {
  const { stage, gate } = await aGateWith(twoOfThem)
  const { riley, ada, orders } = stage
  const reason = aReason()
  const request = await asked(stage, { reason })
  await yes(stage, request)
  await ada.sees(/1 of 2: Ada/, orders, patient)
  await changeCatalog(stage, adaAlone)
  const { reviews } = await becomes(stage, request.id, 'active')
  expect(reviews.map(({ by: { name } }) => name)).toEqual(['Ada'])
  expect([...gate.holders]).toEqual(['riley'])
  await ada.sees(/Active until .*Approved by Ada/, orders, patient)
  await riley.sees(/You have Open the gate/, 'dm', patient)
}, 60_000)

test('a request that has all the yeses waits on while it is not known whether it may be given', async () => {
  const { stage, gate } = await aGateWith(twoOfThem)
  const { world } = stage.app
  const { riley } = stage
  const request = await yes(stage, await asked(stage))
  const facts: typeof world.directory.facts = (person) =>
    person.slack.userId === riley.id ? Promise.resolve('unknown') : world.directory.facts(person)
  const byOtherRules = { ...world, catalog: () => needingOne(world.catalog()) }
  const silent = { ...byOtherRules, directory: { ...world.directory, facts } }
  for (const lacking of [silent, { ...byOtherRules, agrees: () => false }]) {
    await recounts(lacking)
    expect(said(granted(await current(stage, request)))).toBe('pending')
  }
  expect([...gate.holders]).toEqual([])
  await recounts(byOtherRules)
  expect(said(await current(stage, request))).not.toBe('pending')
}, 60_000)

test('the yeses of before do not give what was not asked for: who Riley is on the system changed since', async () => {
  const { stage, gate } = await aGateWith(twoOfThem)
  const { world } = stage.app
  const { riley, workspace } = stage
  const request = await yes(stage, await asked(stage))
  riley.account.email = 'root@contractor.example'
  workspace.personChanged(riley)
  await eventually(
    () => world.directory.facts(by(stage, riley)),
    (facts) => facts !== 'unknown' && facts.person.email === 'root@contractor.example',
  )
  await recounts({ ...world, catalog: () => needingOne(world.catalog()) })
  expect(said(await current(stage, request))).toBe('pending')
  expect([...gate.holders]).toEqual([])
}, 60_000)

test('more time that has all the yeses that the rules ask for now is added at one more click of theirs', async () => {
  const { stage } = await aGateWith(`        extend: { max: 5, total: 1h, by: 10m, after: 0% }\n${twoOfThem}`)
  const { ada, sam, riley, orders, app } = stage
  const request = await asked(stage)
  for (const who of [ada, sam]) await yes(stage, request, { who })
  const { id, endsAt } = await becomes(stage, request.id, 'active')
  granted(await extendGrant(app.world, { grantId: id, by: by(stage, riley), seenEndsAt: endsAt }))
  await ada.clicks('Extend 10 min', await ada.sees(/asks for 10 min more/, orders, patient))
  const waiting = await ada.sees(/asks for 10 min more.*1 of 2/, orders, patient)
  await changeCatalog(stage, adaAlone)
  await ada.clicks('Extend 10 min', waiting)
  const longer = await eventually(
    () => becomes(stage, id, 'active'),
    (now) => now.endsAt > endsAt,
  )
  expect(longer.endsAt.getTime() - endsAt.getTime()).toBe(600_000)
}, 60_000)

test('a group that Slack does not list for a while ends no series that its members approved: it opens once it is listed', async () => {
  const { stage, gate } = await aGateWith('        windows: { until: 90d }\n')
  const minute = nextMinute(15_000)
  const series = await yes(stage, await asked(stage, { recurrence: weekly(minute, minute.weeksLater(3)) }))
  expect(series.status).toBe('recurring')
  stage.dba.isDisabled = true
  stage.dba.members = [stage.ada, stage.sam]
  await eventually(
    async () => (await stage.app.world.directory.groups(['@dba']))('@dba'),
    (members) => members === 'unlisted',
  )
  await sleep(Math.max(0, minute.at.getTime() - Date.now()))
  const [window] = await eventually(
    async () => (await stage.app.world.grants.openOf(series.subject.id)).filter((one) => one.window !== null),
    ([one]) => one?.status === 'granting' && one.lastError !== null,
  )
  expect(window?.status === 'granting' && window.lastError).toContain('Slack lists no @dba')
  expect(await stage.app.world.grants.get(series.id)).toMatchObject({ status: 'recurring', stop: null })
  expect([...gate.holders]).toEqual([])
  stage.dba.isDisabled = false
  stage.dba.members = [stage.sam, stage.ada]
  await eventually(
    async () => [...gate.holders],
    (holders) => holders.includes('riley'),
    60_000,
  )
}, 150_000)

test('replicas that go by different catalogs do not call the stages of a request in turns', async () => {
  const { stage } = await aGateWith(twoStages('ada@acme.example, sam@acme.example'))
  const { world } = stage.app
  const { ada, orders } = stage
  const old = world.catalog()
  const request = await asked(stage)
  await yes(stage, request)
  await ada.sees(/Next: @dba/, orders, patient)
  await changeCatalog(stage, (text) =>
    text.replace('people: [ada@acme.example, sam@acme.example]', 'people: [sam@acme.example]'),
  )
  await ada.sees(/Next: @Sam/, orders, patient)
  const lagging = {
    ...world,
    catalog: () => withStages(world.catalog(), twoStagesOf(old)),
    agrees: () => false,
  }
  for (const one of [lagging, { ...world, agrees: () => false }, lagging]) await recounts(one)
  expect(await current(stage, request)).toMatchObject({ nudge: { stage: 0, recounts: 1 } })
}, 60_000)

test('a list that goes to and fro calls the same people three times more, and no more often', async () => {
  const { stage } = await aGateWith(twoStages('ada@acme.example, sam@acme.example'))
  const { world } = stage.app
  const { ada, orders } = stage
  const old = world.catalog()
  const request = await asked(stage)
  await yes(stage, request)
  await ada.sees(/Next: @dba/, orders, patient)
  const [first, second] = twoStagesOf(old)
  const samAlone = { ...first, approvers: { ...first.approvers, people: ['sam@acme.example'] } }
  for (let times = 0; times < 5; times++) {
    for (const changed of [[samAlone, second] as const, [first, second] as const]) {
      const to = { ...world, catalog: () => withStages(world.catalog(), changed) }
      await recounts(to)
    }
  }
  expect(await current(stage, request)).toMatchObject({ nudge: { stage: 1, recounts: 3 } })
}, 60_000)

test('a stage that a click opens again without filling it is called in the thread too', async () => {
  const { stage } = await aGateWith(twoStages('ada@acme.example'))
  const { ada, orders } = stage
  const request = await asked(stage)
  await yes(stage, request)
  await ada.sees(/Next: @dba/, orders, patient)
  // Sam clicks before anything has counted again.
  const { world } = stage.app
  const [first, second] = twoStagesOf(world.catalog())
  const two = {
    ...first,
    needs: 2,
    approvers: { ...first.approvers, people: ['sam@acme.example', 'kim@acme.example'] },
  }
  const catalog = () => withStages(world.catalog(), [two, second])
  await yes({ ...stage, app: { ...stage.app, world: { ...world, catalog } } }, request, { who: stage.sam })
  expect(await current(stage, request)).toMatchObject({ nudge: { stage: 0, recounts: 1 } })
  await ada.sees(/Next: @Ada/, orders, patient)
}, 60_000)

test('a word that was stopped fills no seat: neither a recount nor a click gives by it, and whoever gave it may say yes anew', async () => {
  const { stage, gate } = await aGateWith(`        preApprove: { until: 30d }\n${twoOfThem}`)
  const { world } = stage.app
  const { ada, sam } = stage
  const first = await asked(stage)
  await yes(stage, first, { aheadUntil: new Date(Date.now() + 3 * 86_400_000) })
  const request = await asked(stage)
  expect(request.reviews.map(({ preApprovalId }) => preApprovalId !== null)).toEqual([true])
  await stopsTheWord(stage)
  await recounts({ ...world, catalog: () => needingOne(world.catalog()) })
  expect(said(await current(stage, request))).toBe('pending')
  expect(said(await yes(stage, request, { who: sam }))).toBe('pending')
  expect([...gate.holders]).toEqual([])
  await yes(stage, request, { who: ada })
  const { reviews } = await becomes(stage, request.id, 'active')
  expect(reviews.map(({ by: { name }, preApprovalId }) => `${name} ${String(preApprovalId)}`)).toEqual([
    'Sam null',
    'Ada null',
  ])
}, 60_000)

test('a yes that was said anew after a word was stopped is not dropped by another click that was under way', async () => {
  const { stage } = await aGateWith(`        preApprove: { until: 30d }\n${twoOfThem}`)
  const { world } = stage.app
  const { ada, sam } = stage
  await yes(stage, await asked(stage), { aheadUntil: new Date(Date.now() + 3 * 86_400_000) })
  const request = await asked(stage)
  await stopsTheWord(stage)
  // Sam's click is under way while Ada says yes anew.
  const change: World['grants']['change'] = async (...of) => {
    granted(await yes(stage, request, { who: ada }))
    return world.grants.change(...of)
  }
  const slower = { ...world, grants: { ...world.grants, change } }
  await yes({ ...stage, app: { ...stage.app, world: slower } }, request, { who: sam })
  const now = await world.grants.get(request.id)
  expect(now?.reviews.map(({ by: { name } }) => name).sort()).toEqual(['Ada', 'Sam'])
}, 60_000)

test('what the catalog names no more ends though nobody can say whose yes counts', async () => {
  const vault = `      vault:
        name: Open the vault
        target: { gate: vault }
        who: '"@contractors" in groups'
        duration: { default: 10m, max: 1h, choices: [10m] }
`
  const { stage } = await aGateWith(twoOfThem + vault)
  const { world } = stage.app
  await yes(stage, await asked(stage))
  const held = await yes(stage, await asked(stage, { entitlement: 'vault' }))
  await becomes(stage, held.id, 'active')
  const never = () => new Promise<never>(() => undefined)
  const catalog = () => withoutVault(world.catalog())
  const watch = watchHeld(
    { ...world, catalog, directory: { ...world.directory, named: never } },
    { tell: () => undefined },
  )
  await watch.look()
  await becomes(stage, held.id, 'ended')
}, 60_000)

test('a count that is under way keeps nobody from stopping, however much waits and however slow Slack is', async () => {
  const { stage } = await aGateWith(twoOfThem)
  const { world } = stage.app
  await yes(stage, await asked(stage))
  const [one] = await world.grants.pending(1)
  if (one === undefined) throw new Error('nothing waits')
  let looks = 0
  const named = async (): Promise<'unknown'> => {
    looks += 1
    await sleep(300)
    return 'unknown'
  }
  const grants = { ...world.grants, pending: async () => Array.from({ length: 200 }, () => one) }
  const counts = recounting({ ...world, grants, directory: { ...world.directory, named } })
  counts.soon()
  await eventually(
    async () => looks,
    (so) => so > 0,
  )
  const stoppedMs = performance.now()
  await counts.stop()
  counts.soon()
  expect(performance.now() - stoppedMs).toBeLessThan(5_000)
}, 60_000)

const twoStages = (people: string): string => `        review:
          stages:
            - { approvers: { people: [${people}] } }
            - { name: Security, approvers: { groups: ["@dba"] } }
`

/** A look at all that waits, by what this world knows and goes by. */
const recounts = async (world: World): Promise<void> => recountEach(world, await world.grants.pending(10))

const current = async ({ app }: Stage, { id }: Grant): Promise<Grant> => {
  const grant = await app.world.grants.get(id)
  if (grant === null) throw new Error('it is not written')
  return grant
}

type Stages = Entitlement['review']['stages']

function twoStagesOf(catalog: Catalog): [Stages[number], Stages[number]] {
  const [first, second] = findEntitlement(catalog, 'gate', 'open')?.review.stages ?? []
  if (first === undefined || second === undefined) throw new Error('it has two stages')
  return [first, second]
}

/** The catalog as it would be where each entitlement was so; null: where there was none. */
function withEach(catalog: Catalog, change: (one: Entitlement) => Entitlement | null): Catalog {
  const resources = [...catalog.resources].map(([id, resource]) => {
    const entitlements = [...resource.entitlements].flatMap(([name, one]) => {
      const changed = change(one)
      return changed === null ? [] : [[name, changed] as const]
    })
    return [id, { ...resource, entitlements: new Map(entitlements) }] as const
  })
  return { ...catalog, resources: new Map(resources) }
}

const withStages = (catalog: Catalog, stages: Stages): Catalog =>
  withEach(catalog, (one) => (one.id === 'open' ? { ...one, review: { ...one.review, stages } } : one))

const needingOne = (catalog: Catalog): Catalog =>
  withEach(catalog, (one) => {
    const [first, ...others] = one.review.stages
    return { ...one, review: { ...one.review, stages: [{ ...first, needs: 1 }, ...others] } }
  })

const withoutVault = (catalog: Catalog): Catalog =>
  withEach(catalog, (one) => (one.id === 'vault' ? null : one))
