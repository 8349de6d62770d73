import { setTimeout as sleep } from 'node:timers/promises'
import type { Catalog } from '../../src/domain/catalog.ts'
import type { Grant } from '../../src/domain/grant.ts'
import { extendGrant } from '../../src/operations/extend.ts'
import { recountEach } from '../../src/operations/by-itself/recount.ts'
import type { Stage } from '../support/curfew.ts'
import { aReason, changeCatalog, eventually, patient } from './acts.ts'
import { aGateWith, asked, becomes, by, granted, said, weekly, yes } from './at-the-gate.ts'
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
  const facts: typeof world.directory.facts = (identity) =>
    identity.userId === riley.id ? Promise.resolve('unknown') : world.directory.facts(identity)
  const byOtherRules = { ...world, catalog: () => needingOne(world.catalog()) }
  const silent = { ...byOtherRules, directory: { ...world.directory, facts } }
  for (const lacking of [silent, { ...byOtherRules, agrees: () => false }]) {
    await recountEach(lacking, await world.grants.pending(10))
    expect(said(granted(await current(stage, request)))).toBe('pending')
  }
  expect([...gate.holders]).toEqual([])
  await recountEach(byOtherRules, await world.grants.pending(10))
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
  await recountEach({ ...world, catalog: () => needingOne(world.catalog()) }, await world.grants.pending(10))
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

const current = async ({ app }: Stage, { id }: Grant): Promise<Grant> => {
  const grant = await app.world.grants.get(id)
  if (grant === null) throw new Error('it is not written')
  return grant
}

/** The catalog as it would be where one yes was enough. */
function needingOne(catalog: Catalog): Catalog {
  const resources = [...catalog.resources].map(([id, resource]) => {
    const entitlements = [...resource.entitlements].map(([name, one]) => {
      const [first, ...others] = one.review.stages
      const review = { ...one.review, stages: [{ ...first, needs: 1 }, ...others] as const }
      return [name, { ...one, review }] as const
    })
    return [id, { ...resource, entitlements: new Map(entitlements) }] as const
  })
  return { ...catalog, resources: new Map(resources) }
}
