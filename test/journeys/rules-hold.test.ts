import { breakGlass } from '../../src/operations/break-glass.ts'
import { extendGrant } from '../../src/operations/extend.ts'
import { answerExtension } from '../../src/operations/answer-extension.ts'
import { mostAsked, requestAccess } from '../../src/operations/request.ts'
import { lookAtHeld } from '../../src/operations/by-itself/while-held.ts'
import { reviewGrant } from '../../src/operations/review.ts'
import { waitingExtension } from '../../src/domain/extension.ts'
import { isRefusal, type Refusal } from '../../src/domain/refusal.ts'
import { termsOf, type Grant } from '../../src/domain/grant.ts'
import type { Cast } from '../support/cast.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import type { Person } from '../workspace/people/person.ts'
import { aGate, gateCatalog, type Gate } from './a-gate.ts'
import {
  aReason,
  as,
  asks,
  changeCatalog,
  eventually,
  grantsOf,
  listenToLog,
  onlyGrantOf,
  patient,
} from './acts.ts'

/** The rules are asked with all of it, each time, and nobody goes round them. */

interface Held {
  readonly stage: Stage
  readonly gate: Gate
}

async function aGateWith(more: string, who = '"@contractors" in groups', duration = '30s'): Promise<Held> {
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

async function isHeld({ riley, ...stage }: Stage): Promise<Extract<Grant, { status: 'active' }>> {
  const grant = await eventually(
    () => onlyGrantOf({ riley, ...stage }, riley),
    ({ status }) => status === 'active',
  )
  if (grant.status !== 'active') throw new Error(grant.status)
  return grant
}

async function rileyHolds(stage: Stage, { approvers = [stage.ada], label = 'Approve 30 s' } = {}) {
  const reason = aReason()
  await asks(stage.riley, 'gate open', reason)
  for (const [before, approver] of approvers.entries()) {
    await approver.clicks(label, await approver.sees(reason, stage.orders, patient))
    // The next stage is asked once this one has answered.
    await eventually(
      () => onlyGrantOf(stage, stage.riley),
      ({ reviews }) => reviews.length > before,
    )
  }
  return isHeld(stage)
}

async function wantsMore(stage: Stage): Promise<Grant | Refusal> {
  const { endsAt: seenEndsAt, id: grantId } = await isHeld(stage)
  return extendGrant(stage.app.world, { grantId, by: as(stage, stage.riley), seenEndsAt })
}

async function says(stage: Stage, approver: Person, verdict: 'approve' | 'deny' = 'approve') {
  const grant = await isHeld(stage)
  const askedAt = waitingExtension(grant)?.askedAt
  if (askedAt === undefined) throw new Error('nothing is asked')
  return answerExtension(stage.app.world, { grantId: grant.id, by: as(stage, approver), verdict, askedAt })
}

const outcomeOf = (outcome: Grant | Refusal): string =>
  isRefusal(outcome) ? outcome.refused : outcome.status
const totalOf = (outcome: Grant | Refusal): number =>
  !isRefusal(outcome) && outcome.status === 'active'
    ? outcome.endsAt.getTime() - outcome.approvedAt.getTime()
    : 0
const isAsked = (outcome: Grant | Refusal): boolean =>
  !isRefusal(outcome) && outcome.status === 'active' && waitingExtension(outcome) !== null

test('a rule that limits the time is asked with all the time that it would be held', async () => {
  const { stage } = await aGateWith(
    '        extend: { max: 5, total: 1h, by: 10m, after: 0%, review: false }\n',
    'guest ? duration <= duration("30s") : true',
  )
  await rileyHolds(stage)
  expect(outcomeOf(await wantsMore(stage))).toBe('rules-changed')
  expect((await isHeld(stage)).extensions).toEqual([])
}, 60_000)

test('no more time for what the catalog now gives elsewhere, nor for whom the rule names no more', async () => {
  const { stage } = await aGateWith(
    '        keep: true\n        extend: { max: 5, total: 1h, by: 10m, after: 0% }\n',
  )
  const { riley, ada, kim, contractors, workspace } = stage
  await rileyHolds(stage)
  expect(isAsked(await wantsMore(stage))).toBe(true)
  contractors.members = [kim]
  await eventually(
    () => stage.app.world.directory.facts(as(stage, riley)),
    (facts) => facts !== 'unknown' && facts.groups !== 'unknown' && !facts.groups.has('@contractors'),
  )
  expect(outcomeOf(await says(stage, ada))).toBe('rules-changed')
  workspace.deactivate(riley)
  await eventually(
    () => onlyGrantOf(stage, riley),
    ({ status }) => status === 'ended',
  )
}, 60_000)

test('a rule that approved it lets it be extended no further than it approves; then people are asked', async () => {
  const { stage } = await aGateWith(
    `        auto: [{ because: short, when: 'true', max: 40s }]\n        extend: { max: 5, total: 1h, by: 10s, after: 0%, review: false }\n`,
  )
  await rileyHolds(stage, { approvers: [] })
  const first = await wantsMore(stage)
  expect(totalOf(first)).toBe(40_000)
  expect(isAsked(first)).toBe(false)
  const second = await wantsMore(stage)
  expect(isAsked(second)).toBe(true)
  expect(totalOf(second)).toBe(40_000)
}, 60_000)

test('a rule that approves short times asks people for longer ones, and what they add is kept', async () => {
  const { stage } = await aGateWith(
    `        auto: [{ because: short, when: 'duration <= duration("30s")' }]\n        extend: { max: 5, total: 1h, by: 10m, after: 0%, review: false }\n`,
  )
  await rileyHolds(stage, { approvers: [] })
  expect(isAsked(await wantsMore(stage))).toBe(true)
  const agreed = await says(stage, stage.ada)
  expect(totalOf(agreed)).toBe(630_000)
  await lookAtHeld(stage.app.world)
  expect((await isHeld(stage)).status).toBe('active')
}, 60_000)

test('who chose a shorter time than was asked is asked for more, whatever the catalog lets holders do', async () => {
  const { stage } = await aGateWith(
    '        extend: { max: 5, total: 1h, by: 10m, after: 0%, review: false }\n',
  )
  const { riley, ada } = stage
  const asked = await requestAccess(stage.app.world, {
    startsAt: null,
    recurrence: null,
    durationMs: 30_000,
    resource: 'gate',
    entitlement: 'open',
    requestId: 'shorter',
    by: as(stage, riley),
    reason: aReason(),
  })
  if (isRefusal(asked)) throw new Error(asked.refused)
  await reviewGrant(stage.app.world, {
    grantId: asked.id,
    by: as(stage, ada),
    terms: termsOf(asked),
    verdict: 'approve',
    note: null,
    durationMs: 20_000,
  })
  await isHeld(stage)
  expect(isAsked(await wantsMore(stage))).toBe(true)
}, 60_000)

test('every stage that agreed to the first time agrees to more', async () => {
  const stages = `        review:
          stages:
            - { approvers: { people: [ada@acme.example] } }
            - { name: Security, approvers: { people: [sam@acme.example] } }
        extend: { max: 5, by: 20m, after: 0% }
`
  const { stage } = await aGateWith(stages)
  const { ada, sam, orders } = stage
  const before = await rileyHolds(stage, { approvers: [ada, sam] })
  expect(isAsked(await wantsMore(stage))).toBe(true)
  expect(outcomeOf(await says(stage, sam))).toBe('not-yet')
  expect(isAsked(await says(stage, ada))).toBe(true)
  await ada.sees(/1 of 2: Ada \(ada@acme\.example\)\. .*Sam/, orders, patient)
  expect(outcomeOf(await says(stage, ada))).toBe('already-reviewed')
  expect((await isHeld(stage)).endsAt).toEqual(before.endsAt)
  const agreed = await says(stage, sam)
  expect(totalOf(agreed)).toBe(20 * 60_000 + 30_000)
}, 60_000)

const wish = { startsAt: null, recurrence: null, durationMs: 600_000, resource: 'gate', entitlement: 'open' }

/** Ada approved ahead what Riley asks, and Riley has given the first one back. */
async function approvedAhead(more: string): Promise<Held> {
  const { stage, gate } = await aGateWith(more, undefined, '10m')
  const { world } = stage.app
  const asked = await requestAccess(world, {
    ...wish,
    requestId: 'r1',
    by: as(stage, stage.riley),
    reason: aReason(),
  })
  if (isRefusal(asked)) throw new Error(asked.refused)
  const said = await reviewGrant(world, {
    grantId: asked.id,
    by: as(stage, stage.ada),
    terms: termsOf(asked),
    verdict: 'approve',
    note: null,
    durationMs: null,
    aheadUntil: new Date(Date.now() + 5 * 86_400_000),
  })
  if (isRefusal(said)) throw new Error(said.refused)
  const dm = await stage.riley.sees(/You have Open the gate/, 'dm', patient)
  await stage.riley.clicks("I'm done", dm, { confirm: true })
  await eventually(
    () => onlyGrantOf(stage, stage.riley),
    ({ status }) => status === 'ended',
  )
  return { stage, gate }
}

test('what was approved ahead for what Riley asks does not answer what Kim asks for Riley', async () => {
  const { stage } = await approvedAhead(
    `        preApprove: { until: 30d }\n        onBehalf: 'email == "kim@acme.example"'\n`,
  )
  const { riley, kim } = stage
  const ask = { ...wish, requestId: 'r2', by: as(stage, kim), holder: as(stage, riley), reason: aReason() }
  expect(outcomeOf(await requestAccess(stage.app.world, ask))).toBe('pending')
}, 60_000)

test.each([
  ['lets nobody approve ahead any more', '        preApprove: { until: 30d }\n', ''],
  ['cut how far ahead, and that is past', 'preApprove: { until: 30d }', 'preApprove: { until: 1s }'],
])(
  'what was approved ahead answers nothing once the catalog %s',
  async (_how, from, to) => {
    const { stage } = await approvedAhead('        preApprove: { until: 30d }\n')
    await changeCatalog(stage, (text) => text.replace(from, to))
    if (to !== '') {
      // The last day counts as a whole: said two days ago it is over.
      const { preApprovals, clock } = stage.app.world
      const [word] = await preApprovals.running(clock.now())
      if (!word) throw new Error('nothing was approved ahead')
      const id = `${word.id}-older`
      await preApprovals.stop(word.id, null, clock.now())
      await preApprovals.insert({ ...word, id, madeAt: new Date(clock.now().getTime() - 2 * 86_400_000) })
    }
    const ask = { ...wish, requestId: 'r2', by: as(stage, stage.riley), reason: aReason() }
    expect(outcomeOf(await requestAccess(stage.app.world, ask))).toBe('pending')
  },
  60_000,
)

test('people of another workspace approve nothing where a rule lets whoever matches, only where they are named by Slack id', async () => {
  const gate = await aGate()
  const listed = (cast: Cast, approvers: string) =>
    gateCatalog(cast, {
      duration: '10m',
      more: `        approvers: ${approvers}\n        channel: ${cast.access.id}\n`,
    })
  const stage = await aStage({ catalog: (cast) => listed(cast, `{ who: '!guest' }`), env: gate.env })
  listenToLog(stage.app.world.log)
  const { riley, mallory, access } = stage
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  const card = await mallory.sees(reason, access, patient)
  await mallory.clicks('Approve 10 min', card)
  await mallory.sees(/You can't answer this: it is for members of this workspace only/, 'ephemeral', patient)
  expect((await onlyGrantOf(stage, riley)).status).toBe('pending')

  await changeCatalog(stage, (text) => text.replace(`{ who: '!guest' }`, `{ people: [${mallory.id}] }`))
  await mallory.clicks('Approve 10 min', card)
  await isHeld(stage)
}, 60_000)

test('a click is decided by one catalog, and refused where another took its place meanwhile', async () => {
  const { stage } = await aGateWith('')
  const { riley, ada, orders } = stage
  const { world } = stage.app
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  await ada.sees(reason, orders, patient)
  const grant = await onlyGrantOf(stage, riley)
  // Slack takes its time to say who clicks: until the catalog has changed.
  let goOn = (): void => undefined
  const changed = new Promise<void>((resolve) => (goOn = resolve))
  const facts: typeof world.directory.facts = async (slack) => {
    await changed
    return world.directory.facts(slack)
  }
  const answering = reviewGrant(
    { ...world, directory: { ...world.directory, facts } },
    {
      grantId: grant.id,
      by: as(stage, ada),
      terms: termsOf(grant),
      verdict: 'approve',
      note: null,
      durationMs: null,
    },
  )
  await changeCatalog(stage, (text) =>
    text.replace('approvers: { groups: ["@dba"] }', 'approvers: { people: [sam@acme.example] }'),
  )
  goOn()
  expect(outcomeOf(await answering)).toBe('rules-changed')
  expect((await onlyGrantOf(stage, riley)).status).toBe('pending')
}, 60_000)

test('asking again and again ends somewhere', async () => {
  const { stage } = await aGateWith('')
  const { world } = stage.app
  let asked = 0
  let outcome = ''
  while (asked <= mostAsked.times && outcome !== 'asked-too-often') {
    asked += 1
    const ask = { ...wish, durationMs: 30_000, requestId: `again ${asked}`, by: as(stage, stage.riley) }
    outcome = outcomeOf(await requestAccess(world, { ...ask, reason: aReason() }))
  }
  expect({ asked, outcome }).toEqual({ asked: mostAsked.times + 1, outcome: 'asked-too-often' })
}, 60_000)

test('glass that is broken again soon is said louder', async () => {
  const { stage } = await aGateWith('        breakGlass: { max: 10m }\n')
  const { riley, ada, orders } = stage
  for (const requestId of ['first', 'second']) {
    const broken = await breakGlass(stage.app.world, {
      requestId,
      by: as(stage, riley),
      resource: 'gate',
      entitlement: 'open',
      durationMs: 30_000,
      reason: aReason(),
      typed: 'Open the gate',
    })
    expect(outcomeOf(broken)).toBe('granting')
    await eventually(
      () => grantsOf(stage, riley),
      ([last]) => last?.requestId === requestId && last.status === 'active',
    )
    const card = await ada.sees(
      requestId === 'first' ? /broke glass:/ : /broke glass again, 2 times within a day/,
      orders,
      patient,
    )
    await ada.clicks('End now', card, { confirm: true })
    await eventually(
      () => grantsOf(stage, riley),
      ([last]) => last?.status === 'ended',
    )
  }
}, 60_000)
