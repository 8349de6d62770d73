import { startGiving } from '../../src/domain/giving.ts'
import { windowGrant } from '../../src/domain/new-grant.ts'
import { extendGrant } from '../../src/operations/extend.ts'
import { windowAt } from '../../src/domain/windows/window.ts'
import { whyWindowIsShut } from '../../src/operations/by-itself/open-windows.ts'
import { withOneCatalog } from '../../src/operations/world.ts'
import { aReason, asks, changeCatalog, eventually, onlyGrantOf, patient } from './acts.ts'
import { aGateWith, answers, asked, becomes, by, granted, said, weekly, yes } from './at-the-gate.ts'
import { nextMinute, thisMinute } from './weekly.ts'

/** What an approval is for, and how long it counts. */

const isEscalated = (...[stage, { id }]: Parameters<typeof yes>) =>
  eventually(
    () => stage.app.world.grants.get(id),
    (grant) => grant?.status === 'pending' && grant.nudge?.escalatedAt != null,
  )

test('whoever was called since nobody answered fills a seat for good: the next stage is asked, and its yes gives', async () => {
  const { stage } = await aGateWith(`        review:
          stages:
            - { approvers: { people: [ada@acme.example] }, escalate: { after: 1s, to: { people: [kim@acme.example] } } }
            - { name: Security, approvers: { people: [sam@acme.example] } }
`)
  const request = await asked(stage)
  await isEscalated(stage, request)
  const { reviews } = await yes(stage, request, { who: stage.kim })
  expect(reviews.map(({ by: { name }, stage: at }) => `${name} ${at}`)).toEqual(['Kim 0'])
  expect((await yes(stage, request, { who: stage.sam })).status).toBe('granting')
}, 60_000)

test('the windows of a series open that was approved by whoever was called since nobody answered', async () => {
  const { stage, gate } = await aGateWith(`        windows: { until: 90d }
        review:
          stages:
            - { approvers: { people: [ada@acme.example] }, escalate: { after: 1s, to: { people: [kim@acme.example] } } }
`)
  const request = await asked(stage, { recurrence: weekly(thisMinute()) })
  await isEscalated(stage, request)
  expect((await yes(stage, request, { who: stage.kim })).status).toBe('recurring')
  const seen = await eventually(
    async () => ({ held: [...gate.holders], series: await stage.app.world.grants.get(request.id) }),
    ({ held, series }) => held.length > 0 || series?.status === 'ended',
  )
  expect(seen.held).toEqual(['riley'])
}, 60_000)

test('what a stand-in approved is not shut where Slack does not say who else could have, nor once others can again', async () => {
  const { stage } = await aGateWith(`        windows: { until: 90d }
        review:
          stages:
            - { approvers: { people: [sam@acme.example] }, otherwise: { people: [kim@acme.example] } }
`)
  const { world } = stage.app
  stage.workspace.deactivate(stage.sam)
  await eventually(
    () => world.directory.facts(by(stage, stage.sam)),
    (facts) => facts !== 'unknown' && !facts.isHere,
  )
  const minute = nextMinute(120_000)
  const series = await yes(stage, await asked(stage, { recurrence: weekly(minute) }), { who: stage.kim })
  if (series.status !== 'recurring') throw new Error(series.status)
  const now = world.clock.now()
  const { opensAt: _opensAt, ...window } = windowGrant(series, windowAt(series.pattern, 0), now)
  const opening = { ...window, ...startGiving(series, now, minute.at) }
  expect(await whyWindowIsShut(withOneCatalog(world), opening)).toBe(null)
  const named = () => Promise.resolve('unknown' as const)
  const silent = { ...withOneCatalog(world), directory: { ...world.directory, named } }
  expect(await whyWindowIsShut(silent, opening)).toBe(null)
}, 60_000)

test('whoever may stand in is told that it is not known whether they do, where Slack does not say who is here', async () => {
  const { stage } = await aGateWith(`        review:
          stages:
            - { approvers: { people: [sam@acme.example] }, otherwise: { people: [kim@acme.example] } }
`)
  const request = await asked(stage)
  const { world } = stage.app
  const named = () => Promise.resolve('unknown' as const)
  const app = { ...stage.app, world: { ...world, directory: { ...world.directory, named } } }
  const silent = { ...stage, app }
  expect(said(await answers(silent, request, { who: stage.kim }))).toBe('unsure')
}, 60_000)

test.each([
  {
    what: 'every week',
    allows: '        windows: { until: 90d }\n',
    change: { from: 'windows: { until: 90d }', to: 'confirm: false' },
    wish: () => ({ recurrence: weekly(nextMinute(600_000), nextMinute(600_000).weeksLater(3)) }),
  },
  {
    what: 'so many weeks ahead',
    allows: '        windows: { until: 90d }\n',
    change: { from: 'windows: { until: 90d }', to: 'windows: { until: 7d }' },
    wish: () => ({ recurrence: weekly(nextMinute(600_000), nextMinute(600_000).weeksLater(3)) }),
  },
  {
    what: 'at a later start',
    allows: '        ahead: 7d\n',
    change: { from: 'ahead: 7d', to: 'confirm: false' },
    wish: () => ({ startsAt: new Date(Date.now() + 86_400_000) }),
  },
])(
  'what was asked for $what is not approved once the catalog lets nobody ask so any more',
  async ({ allows, change, wish }) => {
    const { stage } = await aGateWith(allows)
    const request = await asked(stage, wish())
    await changeCatalog(stage, (text) => text.replace(change.from, change.to))
    expect(said(await answers(stage, request))).toBe('rules-changed')
  },
  60_000,
)

test('what Kim asked for Riley is not approved once the catalog lets Kim ask for nobody', async () => {
  const { stage } = await aGateWith(`        onBehalf: 'email == "kim@acme.example"'\n`)
  const request = await asked(stage, { by: by(stage, stage.kim), holder: by(stage, stage.riley) })
  await changeCatalog(stage, (text) =>
    text.replace(`onBehalf: 'email == "kim@acme.example"'`, 'confirm: false'),
  )
  expect(said(await answers(stage, request))).toBe('rules-changed')
}, 60_000)

test('nobody is given as somebody on the system whom the approver did not see on the card', async () => {
  const { stage, gate } = await aGateWith('        preApprove: { until: 30d }\n')
  const { riley, ada, orders, workspace } = stage
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  const card = await ada.sees(reason, orders, patient)
  expect(card.plain).toMatch(/as riley on gate/)
  riley.account.email = 'root@contractor.example'
  workspace.personChanged(riley)
  await eventually(
    () => stage.app.world.directory.facts(by(stage, riley)),
    (facts) => facts !== 'unknown' && facts.person.email === 'root@contractor.example',
  )
  expect((await ada.sees(reason, orders, patient)).plain).toMatch(/as riley on gate/)
  expect(said(await answers(stage, await onlyGrantOf(stage, riley)))).toBe('rules-changed')
  expect([...gate.holders]).toEqual([])
}, 60_000)

test('a word given ahead is for who they were on the system when it was given', async () => {
  const { stage, gate } = await aGateWith('        preApprove: { until: 30d }\n')
  const { riley, workspace } = stage
  const first = await asked(stage)
  await yes(stage, first, { aheadUntil: new Date(Date.now() + 5 * 86_400_000) })
  await becomes(stage, first.id, 'active')
  const dm = await riley.sees(/You have Open the gate/, 'dm', patient)
  await riley.clicks("I'm done", dm, { confirm: true })
  await becomes(stage, first.id, 'ended')
  riley.account.email = 'root@contractor.example'
  workspace.personChanged(riley)
  await eventually(
    () => stage.app.world.directory.facts(by(stage, riley)),
    (facts) => facts !== 'unknown' && facts.person.email === 'root@contractor.example',
  )
  expect((await asked(stage)).status).toBe('pending')
  expect([...gate.holders]).toEqual([])
}, 60_000)

test('a request is withdrawn for a newer one only when the newer one is written', async () => {
  const { stage } = await aGateWith('')
  const { world } = stage.app
  const first = await asked(stage)
  const insert = () => Promise.reject(new Error('killed here'))
  const dying = { ...stage, app: { ...stage.app, world: { ...world, grants: { ...world.grants, insert } } } }
  await expect(asked(dying)).rejects.toThrow('killed here')
  expect((await world.grants.get(first.id))?.status).toBe('pending')
  const second = await asked(stage)
  expect(await world.grants.get(first.id)).toMatchObject({ status: 'withdrawn', supersededBy: second.id })
}, 60_000)

test('whoever is waited for is called for more time when a yes before counts no longer', async () => {
  const { stage } = await aGateWith(`        extend: { max: 5, total: 1h, by: 10m, after: 0% }
        review:
          stages:
            - { approvers: { people: [ada@acme.example, kim@acme.example] } }
            - { name: Security, approvers: { people: [sam@acme.example] } }
`)
  const { world } = stage.app
  const { ada, kim, sam, riley, orders } = stage
  const request = await asked(stage)
  await yes(stage, request, { who: kim })
  await yes(stage, request, { who: sam })
  const { id, endsAt } = await becomes(stage, request.id, 'active')
  granted(await extendGrant(world, { grantId: id, by: by(stage, riley), seenEndsAt: endsAt }))
  await ada.clicks('Extend 10 min', await ada.sees(/asks for 10 min more.*@Ada/, orders, patient))
  const waiting = await sam.sees(/asks for 10 min more.*1 of 2.*@Sam/, orders, patient)
  await changeCatalog(stage, (text) =>
    text.replace('people: [ada@acme.example, kim@acme.example]', 'people: [kim@acme.example]'),
  )
  await sam.clicks('Extend 10 min', waiting)
  await sam.sees(/kim@acme\.example/, 'ephemeral', patient)
  await kim.sees(/asks for 10 min more.*@Kim/, orders, patient)
}, 60_000)
