import { setTimeout as sleep } from 'node:timers/promises'
import { isRefusal } from '../../src/domain/refusal.ts'
import { waitingExtension } from '../../src/domain/extension.ts'
import { weekdayNames } from '../../src/domain/timing.ts'
import { breakGlass } from '../../src/operations/break-glass.ts'
import { closeReview } from '../../src/operations/close-review.ts'
import { extendGrant } from '../../src/operations/extend.ts'
import { requestAccess } from '../../src/operations/request.ts'
import { requestSeveral } from '../../src/operations/request-several.ts'
import { withdrawRequest } from '../../src/operations/withdraw.ts'
import { lookAtHeld } from '../../src/operations/by-itself/while-held.ts'
import { aGate } from './a-gate.ts'
import { aReason, changeCatalog, eventually, grantsOf, patient } from './acts.ts'
import {
  aGateWith,
  anAsk,
  asked,
  becomes,
  by,
  granted,
  said,
  stopsTheWord,
  weekly,
  yes,
  type AtTheGate,
} from './at-the-gate.ts'
import { nextMinute, thisMinute } from './weekly.ts'

/** What a second look at the rules found: races of clicks, catalogs and Slack's answers, each with its story. */

test('the last window of a series opens by a rule on the time of day that is true when it opens', async () => {
  const { stage, gate } = await aGateWith('        windows: { until: 90d }\n')
  const minute = nextMinute(25_000)
  const quietFrom = new Date(Date.now() + 12_000)
  const who = `now < timestamp("${quietFrom.toISOString()}") || now >= timestamp("${minute.at.toISOString()}")`
  await changeCatalog(stage, (text) => {
    const at = text.indexOf('Open the gate')
    return text.slice(0, at) + text.slice(at).replace(`who: '"@contractors" in groups'`, `who: '${who}'`)
  })
  const series = await yes(stage, await asked(stage, { recurrence: weekly(minute) }))
  expect(series.status).toBe('recurring')
  await eventually(
    () => stage.app.world.grants.get(series.id),
    (grant) => grant?.status === 'recurring' && grant.next === null,
    60_000,
  )
  await sleep(Math.max(0, quietFrom.getTime() + 500 - Date.now()))
  expect(Date.now()).toBeLessThan(minute.at.getTime() - 2_000)
  await lookAtHeld(stage.app.world)
  await sleep(Math.max(0, minute.at.getTime() - Date.now()) + 3_000)
  const now = await stage.app.world.grants.get(series.id)
  expect(now).toMatchObject({ status: 'recurring', stop: null })
  expect([...gate.holders]).toEqual(['riley'])
}, 150_000)

test.each([
  [
    'at other times only',
    () => `windows: { until: 90d, only: [{ days: [${elsewhen()}], from: '03:00', to: '04:00', zone: UTC }] }`,
  ],
  ['not every week any more', () => 'confirm: false'],
])(
  'a window that is open ends when the catalog allows it %s, as it would not be given now',
  async (_what, instead) => {
    const { stage, gate } = await aGateWith('        windows: { until: 90d }\n')
    await yes(stage, await asked(stage, { recurrence: weekly(thisMinute()) }))
    await eventually(
      async () => [...gate.holders].join(),
      (held) => held === 'riley',
    )
    await changeCatalog(stage, (text) => text.replace('windows: { until: 90d }', instead()))
    await lookAtHeld(stage.app.world)
    await eventually(
      async () => [...gate.holders].join(),
      (held) => held === '',
      6_000,
    )
  },
  60_000,
)

const elsewhen = () => weekdayNames[(new Date().getUTCDay() + 2) % 7]

test('more would lose it than may without a question: they keep it, also where Slack does not answer about all of them', async () => {
  const { stage, gate } = await aGateWith(
    `        confirmAbove: 1\n        auto: [{ because: everyone, when: 'true' }]\n`,
  )
  const { riley, kim, sam, ada, contractors, workspace } = stage
  contractors.members = [riley, kim, sam, ada]
  for (const person of [riley, kim, sam]) {
    const ask = anAsk(stage, { by: by(stage, person) })
    await eventually(
      () => requestAccess(stage.app.world, ask),
      (outcome) => !isRefusal(outcome),
    )
  }
  await eventually(
    async () => [...gate.holders].sort().join(),
    (held) => held === 'kim,riley,sam',
  )
  workspace.faults.next('users.info', { error: 'internal_error' }, 2)
  contractors.members = [ada]
  await ada.sees(/would lose Open the gate on The gate at once/, stage.orders, patient)
  expect([...gate.holders].sort().join()).toBe('kim,riley,sam')
}, 60_000)

/** Ada approved ahead what Riley asks, and Riley has given the first one back. */
async function approvedAhead(more: string, env: Record<string, string> = {}): Promise<AtTheGate> {
  const held = await aGateWith(`        preApprove: { until: 30d }\n${more}`, env)
  const { stage, gate } = held
  const first = await asked(stage)
  await yes(stage, first, { aheadUntil: new Date(Date.now() + 5 * 86_400_000) })
  await becomes(stage, first.id, 'active')
  const dm = await stage.riley.sees(/You have Open the gate/, 'dm', patient)
  await stage.riley.clicks("I'm done", dm, { confirm: true })
  await becomes(stage, first.id, 'ended')
  expect([...gate.holders]).toEqual([])
  return held
}

test('what was approved ahead on one system approves nothing on another', async () => {
  const other = await aGate()
  const { GATE_URL, GATE_SECRET } = other.env
  const { stage } = await approvedAhead('', { GATE_2_URL: GATE_URL, GATE_2_SECRET: GATE_SECRET })
  // Another system with a target of the same words.
  await changeCatalog(stage, (text) =>
    text
      .replace(
        '\nresources:',
        `\n  production:
    connector: webhook
    url: \${GATE_2_URL}
    secret: \${GATE_2_SECRET}
    principal: email.split("@")[0]
    timeout: 1s
\nresources:`,
      )
      .replace('system: gate\n', 'system: production\n'),
  )
  const again = await requestAccess(stage.app.world, anAsk(stage))
  expect(said(again)).toBe('pending')
}, 60_000)

test('stopped before access was given, nothing is given: also in the last seconds before it opens', async () => {
  const { stage, gate } = await approvedAhead('        ahead: 1d\n')
  const { world } = stage.app
  const startsAt = new Date(world.clock.now().getTime() + 7_000)
  const second = await asked(stage, { startsAt })
  expect(second.status).toBe('waiting')
  await becomes(stage, second.id, 'granting')
  await sleep(Math.max(0, startsAt.getTime() - 1_500 - world.clock.now().getTime()))
  const gives = gate.calls.filter(({ action }) => action === 'give').length
  await stopsTheWord(stage)
  expect(world.clock.now().getTime()).toBeLessThan(startsAt.getTime())
  await sleep(Math.max(0, startsAt.getTime() + 2_000 - world.clock.now().getTime()))
  expect(gate.calls.filter(({ action }) => action === 'give').length).toBe(gives)
  expect([...gate.holders]).toEqual([])
}, 60_000)

test('a word that was stopped agrees to no more time', async () => {
  const { stage } = await approvedAhead(
    '        extend: { max: 5, total: 1h, by: 5m, after: 0%, review: false }\n',
  )
  const { world } = stage.app
  const second = await asked(stage, { durationMs: 300_000 })
  const active = await becomes(stage, second.id, 'active')
  await stopsTheWord(stage)
  const more = granted(
    await extendGrant(world, { grantId: active.id, by: by(stage, stage.riley), seenEndsAt: active.endsAt }),
  )
  expect(more.status === 'active' && waitingExtension(more) !== null).toBe(true)
}, 60_000)

test('several at once: where one cannot be had, as somebody else has asked for it, it is said and nothing is asked for', async () => {
  const { stage } = await aGateWith(`        onBehalf: 'email == "kim@acme.example"'\n`)
  const { riley, kim } = stage
  const { world } = stage.app
  await asked(stage, { requestId: 'kims', by: by(stage, kim), holder: by(stage, riley) })
  const outcome = await requestSeveral(world, {
    requestId: 'several',
    by: by(stage, riley),
    startsAt: null,
    recurrence: null,
    durationMs: 10_000,
    reason: aReason(),
    wanted: [
      { resource: 'orders-db', entitlement: 'peek' },
      { resource: 'gate', entitlement: 'open' },
    ],
  })
  expect('refused' in outcome ? outcome.refused : outcome.map(({ entitlement }) => entitlement.id)).toBe(
    'asked-already',
  )
  expect((await grantsOf(stage, riley)).map(({ requestId }) => requestId)).toEqual(['kims'])
}, 60_000)

test('one of several that is refused in the very moment of writing is said, and sent again it is made too', async () => {
  const { stage } = await aGateWith(`        onBehalf: 'email == "kim@acme.example"'\n`)
  const { riley, kim } = stage
  const { world } = stage.app
  const ask = {
    requestId: 'several',
    by: by(stage, riley),
    startsAt: null,
    recurrence: null,
    durationMs: 10_000,
    reason: aReason(),
    wanted: [
      { resource: 'orders-db', entitlement: 'peek' },
      { resource: 'gate', entitlement: 'open' },
      { resource: 'orders-db', entitlement: 'read' },
    ],
  }
  const kims: string[] = []
  const insert: typeof world.grants.insert = async (...what) => {
    const written = await world.grants.insert(...what)
    if (kims.length === 0)
      kims.push((await asked(stage, { by: by(stage, kim), holder: by(stage, riley) })).id)
    return written
  }
  const racing = { ...world, grants: { ...world.grants, insert } }
  expect(await requestSeveral(racing, ask)).toMatchObject({
    refused: 'asked-already',
    which: { resource: 'gate', entitlement: 'open' },
    others: 2,
  })
  granted(await withdrawRequest(world, { grantId: kims[0] ?? '', by: by(stage, kim) }))
  const made = await requestSeveral(world, ask)
  if ('refused' in made) throw new Error(made.refused)
  const names = (await world.grants.byRequest('several')).map(({ entitlement }) => entitlement.id)
  expect({ made: made.length, names }).toEqual({ made: 3, names: ['peek', 'read', 'open'] })
}, 60_000)

test('nobody loses anything by rules that another catalog replaced while Slack was asked afresh', async () => {
  const { stage } = await aGateWith('')
  const { world } = stage.app
  const request = await asked(stage)
  await yes(stage, request)
  await becomes(stage, request.id, 'active')
  const { directory } = world
  // Riley left the group; in this very moment the catalog comes to name everybody.
  const none = (facts: Awaited<ReturnType<typeof directory.facts>>) =>
    facts === 'unknown' ? facts : { ...facts, groups: new Set<string>() }
  let isChanged = false
  await lookAtHeld({
    ...world,
    directory: {
      ...directory,
      facts: async (slack) => none(await directory.facts(slack)),
      freshFacts: async (slack) => {
        if (!isChanged) {
          isChanged = true
          await changeCatalog(stage, (text) => {
            const at = text.indexOf('Open the gate')
            return (
              text.slice(0, at) + text.slice(at).replace(`who: '"@contractors" in groups'`, `who: 'true'`)
            )
          })
        }
        return none(await directory.freshFacts(slack))
      },
    },
  })
  expect(isChanged).toBe(true)
  expect((await world.grants.get(request.id))?.status).toBe('active')
}, 60_000)

test('a review of broken glass is closed by the lists of one catalog, refused where another took its place meanwhile', async () => {
  const { stage } = await aGateWith('        breakGlass: { max: 10m }\n')
  const { world } = stage.app
  const taken = granted(
    await breakGlass(world, {
      requestId: 'b1',
      by: by(stage, stage.riley),
      resource: 'gate',
      entitlement: 'open',
      durationMs: 60_000,
      reason: aReason(),
      typed: 'Open the gate',
    }),
  )
  let isChanged = false
  const groups: typeof world.directory.groups = async (handles) => {
    const answer = await world.directory.groups(handles)
    if (!isChanged) {
      isChanged = true
      await changeCatalog(stage, (text) =>
        text.replace('approvers: { groups: ["@dba"] }', 'approvers: { people: [kim@acme.example] }'),
      )
    }
    return answer
  }
  // Sam is an approver, and no admin.
  const closed = await closeReview(
    { ...world, directory: { ...world.directory, groups } },
    { grantId: taken.id, by: by(stage, stage.sam), note: 'It was all as it should be' },
  )
  expect(isChanged).toBe(true)
  expect(said(closed)).toBe('rules-changed')
}, 60_000)
