import { setTimeout as sleep } from 'node:timers/promises'
import mongoose from 'mongoose'
import { askedOf } from '../../src/operations/asked-of.ts'
import { extendGrant } from '../../src/operations/extend.ts'
import { requestAccess } from '../../src/operations/request.ts'
import { waitingExtension } from '../../src/domain/extension.ts'
import { aReason, changeCatalog, eventually, patient } from './acts.ts'
import { aGateWith, anAsk, answers, asked, becomes, by, said, yes, type AtTheGate } from './at-the-gate.ts'

/** What Slack, the catalog or a colleague says in an awkward moment gives nothing and keeps nothing. */

test('nobody stands in for an approver by a condition whom Slack does not answer about after their record changed', async () => {
  const { stage } = await aGateWith(`        review:
          stages:
            - { approvers: { who: 'email == "sam@acme.example"' }, otherwise: { people: [kim@acme.example] } }
`)
  const { world } = stage.app
  const { workspace, sam, kim } = stage
  const request = await asked(stage)
  expect(said(await answers(stage, request, { who: kim }))).toBe('not-an-approver')
  workspace.faults.next('users.info', { error: 'internal_error' }, Infinity)
  sam.account.name = 'Samuel'
  workspace.personChanged(sam)
  // Sam is missing from the list that is remembered.
  await eventually(
    () => world.directory.everyone(),
    (all) => all === 'unknown' || !all.people.some(({ person }) => person.slack.userId === sam.id),
  )
  expect(said(await answers(stage, request, { who: kim }))).toBe('unsure')
  expect((await world.grants.get(request.id))?.status).toBe('pending')
}, 60_000)

test('who left loses it within seconds of Slack saying so, also where something else read of it a moment before', async () => {
  const { stage, gate } = await aGateWith('')
  const { riley, workspace } = stage
  const { world } = stage.app
  const request = await asked(stage)
  await yes(stage, request)
  await becomes(stage, request.id, 'active')
  // The looks that its start brings about are over; the one of each minute is far.
  await sleep(6_000)
  riley.account.isDeleted = true
  const facts = await world.directory.freshFacts(by(stage, riley))
  expect(facts !== 'unknown' && facts.isHere).toBe(false)
  workspace.personChanged(riley)
  await eventually(
    async () => [...gate.holders],
    (holders) => holders.length === 0,
    8_000,
  )
}, 60_000)

/** Ada approved ahead what Riley asks, and the first one was given back. */
async function approvedAhead(more: string): Promise<AtTheGate> {
  const at = await aGateWith(`        preApprove: { until: 30d }\n${more}`)
  const { stage } = at
  const first = await asked(stage)
  await yes(stage, first, { aheadUntil: new Date(Date.now() + 20 * 86_400_000) })
  await becomes(stage, first.id, 'active')
  const dm = await stage.riley.sees(/You have Open the gate/, 'dm', patient)
  await stage.riley.clicks("I'm done", dm, { confirm: true })
  await becomes(stage, first.id, 'ended')
  return at
}

test('a word given ahead does not give by rules that another catalog replaced while the request was made', async () => {
  const { stage, gate } = await approvedAhead(
    '        review: { stages: [{ approvers: { groups: ["@dba"] }, needs: 1 }] }\n',
  )
  const { world } = stage.app
  const old = world.catalog()
  await changeCatalog(stage, (text) => text.replace('["@dba"] }, needs: 1', '["@dba"] }, needs: 2'))
  // It comes into force right when the request looks what else Riley has.
  let now = old
  const openOf: typeof world.grants.openOf = async (id) => {
    const found = await world.grants.openOf(id)
    now = world.catalog()
    return found
  }
  const racing = { ...world, catalog: () => now, grants: { ...world.grants, openOf } }
  expect(said(await requestAccess(racing, anAsk(stage)))).toBe('rules-changed')
  expect([...gate.holders]).toEqual([])
}, 60_000)

test('a word gives nothing later that reached further ahead than the catalog lets it now', async () => {
  const { stage, gate } = await approvedAhead('        ahead: 7d\n')
  const { world } = stage.app
  // It was given five days ago.
  const connection = await mongoose.createConnection(stage.environment['MONGODB_URI'] ?? '').asPromise()
  const madeAt = new Date(Date.now() - 5 * 86_400_000)
  await connection.collection('preapprovals').updateMany({}, { $set: { madeAt } })
  await connection.close()
  const later = await asked(stage, { startsAt: new Date(Date.now() + 15_000) })
  expect(later.status).toBe('waiting')
  await changeCatalog(stage, (text) =>
    text.replace('preApprove: { until: 30d }', 'preApprove: { until: 1d }'),
  )
  const end = await eventually(
    () => world.grants.get(later.id),
    (grant) => grant?.status === 'active' || grant?.status === 'ended',
    40_000,
  )
  expect([end.status, ...gate.holders]).toEqual(['ended'])
}, 90_000)

test('a rule agrees to no more time while the replicas go by different catalogs: people are asked', async () => {
  const { stage } = await aGateWith(
    `        auto: [{ because: on call, when: '"@contractors" in groups', max: 1h }]\n        extend: { max: 5, total: 1h, by: 10m, after: 0%, review: false }\n`,
  )
  const request = await asked(stage)
  const { id, endsAt } = await becomes(stage, request.id, 'active')
  const world = { ...stage.app.world, agrees: () => false }
  const more = await extendGrant(world, { grantId: id, by: by(stage, stage.riley), seenEndsAt: endsAt })
  expect('status' in more && more.status === 'active' && waitingExtension(more)).toMatchObject({
    outcome: 'asked',
  })
}, 60_000)

test.each([
  [
    'another workspace says who they are',
    'groups: ["@partners"]',
    ({ stage }: AtTheGate) => {
      stage.workspace.addGroup({ handle: 'partners', members: [stage.mallory] })
    },
  ],
  [
    'their e-mail is not confirmed',
    'people: [kim@acme.example]',
    ({ stage }: AtTheGate) => {
      stage.kim.account.isEmailConfirmed = false
      stage.workspace.personChanged(stage.kim)
    },
  ],
])(
  'admins stand in for approvers who may answer nothing, as %s',
  async (_why, approvers, change) => {
    const at = await aGateWith(`        approvers: { ${approvers} }\n`)
    const { stage } = at
    change(at)
    const request = await asked(stage)
    const { world } = stage.app
    await eventually(
      async () => {
        const seen = await world.grants.get(request.id)
        return seen && (await askedOf(world, seen))
      },
      (open) => open?.panel.standIns === 'admins',
    )
  },
  60_000,
)

test('whoever decides on the Home tab reads who they are on the system', async () => {
  const { stage } = await aGateWith('')
  const reason = aReason()
  await asked(stage, { reason })
  await stage.ada.opensHome()
  const home = await stage.ada.seesHome(reason, patient)
  expect(home.text).toMatch(/as riley on gate/)
}, 60_000)
