import type { Cast } from '../support/cast.ts'
import { aStage, type Stage } from '../support/curfew.ts'
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
import { hearsActs } from '../support/heard-acts.ts'

/** The gate with these rules beside the usual ones. */
async function aGateWith(rules: string): Promise<{ stage: Stage; gate: Gate }> {
  const gate = await aGate()
  const stage = await aStage({
    catalog: (cast: Cast) => gateCatalog(cast, { duration: '10m', more: `${rules}\n` }),
    env: gate.env,
  })
  listenToLog(stage.app.world.log)
  return { stage, gate }
}

const sure = { confirm: true }

/** Riley asks for the gate, holds it, and gives it back. */
async function asksAndReturns({ riley, ...stage }: Stage, what = 'gate open'): Promise<void> {
  const before = (await grantsOf({ riley, ...stage }, riley)).length
  expect(await asks(riley, what)).toMatchObject({ outcome: 'cleared' })
  const grants = () => grantsOf({ riley, ...stage }, riley)
  await eventually(grants, ([last, ...others]) => others.length === before && last?.status === 'active')
  await riley.clicks("I'm done", await riley.sees(/You have Open the gate/, 'dm', patient), sure)
  await eventually(grants, ([last]) => last?.status === 'ended')
}

test('who is on call gets it without a click: the card is one line, the DM says why, and history keeps it', async () => {
  const { stage, gate } = await aGateWith(
    `        auto: [{ because: never, when: 'guest && !guest' }, { because: on call, when: '"@contractors" in groups', max: 30m }, { because: a guest, when: guest }]`,
  )
  const { riley, ada, orders, workspace } = stage
  await riley.runs(`/request-access gate open ${aReason()}`)
  await riley.modal(/No review needed for up to 30 min: on call/, patient)
  expect(await riley.submits()).toMatchObject({ outcome: 'cleared' })

  const dm = await riley.sees(/You have Open the gate on The gate until/, 'dm', patient)
  expect(dm.plain).toMatch(/No review was needed: on call\./)
  expect([...gate.holders]).toEqual(['riley'])
  const line = await ada.sees(
    /Riley \(riley@contractor\.example\): Open the gate on The gate, 10 min\. Active until .*the rule "on call"/,
    orders,
    patient,
  )
  expect(line.buttons).toEqual(['End now'])
  expect(JSON.stringify(line.blocks)).not.toMatch(/<@|<!subteam/)
  const [grant] = await grantsOf(stage, riley)
  expect(grant?.auto).toMatchObject({ because: 'on call' })
  expect(grant?.history.slice(0, 2)).toMatchObject([
    { type: 'asked' },
    { type: 'approved-by-rule', because: 'on call' },
  ])
  await ada.clicks('End now', line, sure)
  await riley.sees(/checked, it is gone/, 'dm', patient)
  await ada.sees(/Ended .*ended by Ada.*Checked: gone/, orders, patient)
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('the form foretells no approval by a rule of what people always decide: every week, and for somebody else', async () => {
  const { stage } = await aGateWith(
    `        onBehalf: 'email == "riley@contractor.example"'\n        windows: { until: 60d }\n        auto: [{ because: on call, when: "true", max: 30m }]`,
  )
  const { riley, ada, kim, orders, workspace } = stage
  const reason = aReason()
  await riley.runs(`/request-access gate open ${reason}`)
  await riley.modal(/No review needed for up to 30 min: on call/, patient)
  await riley.chooses('When?', 'Every week')
  expect((await riley.modal(/Reviewed by @dba/, patient)).text).not.toContain('No review needed')
  await riley.chooses('When?', 'As soon as it is approved')
  await riley.modal(/No review needed/, patient)
  await riley.chooses('For whom?', 'Kim')
  expect((await riley.modal(/Reviewed by @dba/, patient)).text).not.toContain('No review needed')
  await riley.chooses('For whom?', 'Riley')
  await riley.modal(/No review needed/, patient)
  expect(await riley.submits()).toMatchObject({ outcome: 'cleared' })

  await riley.sees(/You have Open the gate/, 'dm', patient)
  await ada.sees(/the rule "on call"/, orders, patient)
  expect((await grantsOf(stage, riley)).map(({ reason: why, status }) => [why, status])).toEqual([
    [reason, 'active'],
  ])
  expect(await grantsOf(stage, kim)).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('a rule may leave no card at all, and one that is over or too short leaves it to people', async () => {
  const { stage } = await aGateWith(
    `        auto: [{ because: long ago, when: "true", notAfter: "2020-01-31" }, { because: short, when: "true", max: 5m, card: false }]`,
  )
  const { riley, ada, orders } = stage
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  const dm = await riley.sees(/Asked for Open the gate/, 'dm', patient)
  expect(dm.plain).toMatch(/Needs a review: "short" approves at most 5 min\./)
  await ada.clicks('Deny…', await ada.sees(reason, orders, patient))
  await ada.modal('Why?', patient)
  await ada.types('Why?', 'just a try')
  await ada.submits()
  await riley.sees(/@Ada \(ada@acme\.example\) said no/, 'dm', patient)

  const quiet = aReason()
  await changeCatalog(stage, (text) => text.replace('max: 5m', 'max: 10m'))
  await asks(riley, 'gate open', quiet)
  await riley.sees(/You have Open the gate/, 'dm', patient)
  const posted = workspaceText(stage)
  expect(posted).not.toContain(quiet)
  expect(posted).not.toMatch(/the rule ."short/)
}, 60_000)

const workspaceText = ({ workspace, orders }: Stage): string =>
  JSON.stringify(workspace.calls.filter(({ args }) => JSON.stringify(args).includes(orders.id)))

test('a quota is never exceeded, however many ask at once, and what is over it is reviewed', async () => {
  const { stage } = await aGateWith(
    `        auto: [{ because: a little, when: "true", quota: { uses: 2, per: 7d } }]`,
  )
  const { riley, ada, orders, workspace } = stage
  await asksAndReturns(stage)
  await riley.runs(`/request-access gate open ${aReason()}`)
  await riley.modal(/No review needed for up to 1 h: a little \(1 of 2 left in 7 d\)/, patient)
  await riley.closesModal({ everything: true })
  await asksAndReturns(stage)
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  await ada.sees(reason, orders, patient)
  const dm = await riley.sees(/Asked for Open the gate/, 'dm', patient)
  expect(dm.plain).toMatch(/Needs a review: "a little" approves 2 times in 7 d, and did\./)

  const { quotas } = stage.app.world
  const quota = { uses: 3, perMs: 60_000 }
  const used = await Promise.all(
    Array.from({ length: 20 }, (_, i) => quotas.use('["raced"]', `g${i}`, quota)),
  )
  expect(used.filter(Boolean)).toHaveLength(3)
  expect(await quotas.left('["raced"]', quota)).toBe(0)
  await quotas.giveBack('["raced"]', `g${used.indexOf(true)}`)
  expect(await quotas.left('["raced"]', quota)).toBe(1)
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('a group that cannot be read, and a rule that fails, approve nothing by themselves', async () => {
  const { stage, gate } = await aGateWith(
    `        auto: [{ because: on call, when: '"@oncall" in groups' }, { because: odd, when: 'groups[7] == "@x"' }]`,
  )
  const { riley, ada, orders } = stage
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  const dm = await riley.sees(/Asked for Open the gate/, 'dm', patient)
  const why =
    /Needs a review: could not find out whether "on call" fits; could not find out whether "odd" fits\./
  expect(dm.plain).toMatch(why)
  await ada.sees(reason, orders, patient)
  expect([...gate.holders]).toEqual([])
}, 60_000)

test('a rule that is gone when it opens gives nothing', async () => {
  const { stage, gate } = await aGateWith(
    `        ahead: 1d\n        auto: [{ because: on call, when: "true" }]`,
  )
  const { riley } = stage
  await riley.runs(`/request-access gate open ${aReason()}`)
  await riley.modal('When should it start?')
  // Long enough for a catalog to come into force on a busy machine.
  await riley.chooses('When should it start?', new Date(Math.ceil(Date.now() / 1_000 + 16) * 1_000))
  expect(await riley.submits()).toMatchObject({ outcome: 'cleared' })
  await riley.sees(/The rule "on call" approved Open the gate on The gate: it opens/, 'dm', patient)
  await changeCatalog(stage, (text) =>
    text.replace('because: on call, when: "true"', 'because: on call, when: "false"'),
  )
  await riley.sees(
    /Open the gate on The gate will not be given: the rule "on call" does not approve it any more/,
    'dm',
    { withinMs: 30_000 },
  )
  expect([...gate.holders]).toEqual([])
}, 60_000)

/** Ada approves with changes, and for all days until this one. */
async function approvesAhead({ riley, ada, orders }: Stage, until: string): Promise<void> {
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  await ada.clicks('Change…', await ada.sees(reason, orders, patient))
  await ada.modal("And don't ask me again for this person until", patient)
  await ada.chooses("And don't ask me again for this person until", until)
}

const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)

test('an approver says yes ahead: the same is approved at once until they stop it, and no longer than they said', async () => {
  const { stage } = await aGateWith(`        preApprove: { until: 30d }`)
  const { riley, ada, sam, orders, workspace } = stage
  await approvesAhead(stage, inDays(40))
  expect(await ada.submits()).toMatchObject({ outcome: 'errors' })
  await ada.chooses("And don't ask me again for this person until", inDays(20))
  const acts = hearsActs(stage.app.world)
  expect(await ada.submits()).toMatchObject({ outcome: 'cleared' })
  expect(acts).toEqual(['approved-ahead: done'])
  await riley.clicks("I'm done", await riley.sees(/You have Open the gate/, 'dm', patient), sure)
  await riley.sees(/checked, it is gone/, 'dm', patient)

  await asksAndReturns(stage)
  await ada.sees(/Ended .*returned/, orders, patient)
  const [second] = await grantsOf(stage, riley)
  expect(second?.reviews.map(({ by, preApprovalId }) => [by.name, preApprovalId !== null])).toEqual([
    ['Ada', true],
  ])

  const longer = aReason()
  await riley.runs(`/request-access gate open 30m ${longer}`)
  await riley.modal('What do you need it for?')
  await riley.submits()
  await ada.sees(longer, orders, patient)
  await riley.clicks('Withdraw', await riley.sees(/Asked for Open the gate.*30 min/, 'dm', patient))

  await riley.opensHome()
  await riley.seesHome(/Approved for you ahead.*Open the gate.*by @Ada/s, patient)
  await sam.opensHome()
  await ada.opensHome()
  await ada.seesHome(
    /You approve these without being asked.*@Riley \(riley@contractor\.example\): Open the gate.*up to 10 min/s,
    patient,
  )
  await ada.clicks('Stop', 'home', sure)
  const reason = aReason()
  await eventually(
    async () => ada.home?.buttons,
    (buttons) => !buttons?.includes('Stop'),
  )
  await asks(riley, 'gate open', reason)
  await ada.sees(reason, orders, patient)
  expect(wrongWith(workspace)).toEqual([])
}, 90_000)

test('an admin sees what others approved ahead where they are one, and stops it', async () => {
  const { stage } = await aGateWith(`        preApprove: { until: 30d }`)
  const { riley, ada, sam, kim, orders, workspace } = stage
  await asks(riley, 'gate open')
  await sam.clicks('Change…', await sam.sees(/asks for Open the gate/, orders, patient))
  await sam.modal("And don't ask me again for this person until", patient)
  await sam.chooses("And don't ask me again for this person until", inDays(5))
  expect(await sam.submits()).toMatchObject({ outcome: 'cleared' })
  await riley.clicks("I'm done", await riley.sees(/You have Open the gate/, 'dm', patient), sure)
  await riley.sees(/checked, it is gone/, 'dm', patient)

  await kim.opensHome()
  expect((await kim.seesHome('Request access', patient)).text).not.toContain('Approved ahead')
  await ada.opensHome()
  await ada.seesHome(/Approved ahead, where you are an admin.*@Riley .*Open the gate.*by @Sam/s, patient)
  await ada.clicks('Stop', 'home', sure)
  await eventually(
    async () => ada.home?.text ?? '',
    (shown) => !shown.includes('Approved ahead'),
  )
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  await ada.sees(reason, orders, patient)
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('what was said ahead ends with the right of whoever said it, and stopped at the moment of its use gives nothing', async () => {
  const { stage, gate } = await aGateWith(`        preApprove: { until: 30d }`)
  const { riley, ada, sam, orders, workspace } = stage
  await approvesAhead(stage, inDays(5))
  expect(await ada.submits()).toMatchObject({ outcome: 'cleared' })
  await riley.clicks("I'm done", await riley.sees(/You have Open the gate/, 'dm', patient), sure)
  await riley.sees(/checked, it is gone/, 'dm', patient)

  // Its use is written, and giving has not begun: Slack does not say yet whether Riley is here.
  const { world } = stage.app
  const { person } = await eventually(
    () => world.directory.facts(as(stage, ada)),
    (facts) => facts !== 'unknown',
  )
  const [given] = await world.preApprovals.byApprover(person.id, new Date())
  // Who may approve is known; from now on Slack answers about nobody until the word is stopped.
  for (const one of [riley, ada, sam]) await world.directory.freshFacts(as(stage, one))
  workspace.faults.next('users.info', { status: 500 }, Infinity)
  await asks(riley, 'gate open')
  await world.preApprovals.stop(given?.id ?? '', person, new Date())
  workspace.faults.clear()
  await riley.sees(
    /Could not give Open the gate on The gate: what Ada \(ada@acme\.example\) approved ahead was stopped/,
    'dm',
    {
      withinMs: 20_000,
    },
  )
  expect([...gate.holders]).toEqual([])

  const reason = aReason()
  expect(await asks(riley, 'gate open', reason)).toMatchObject({ outcome: 'cleared' })
  await sam.sees(reason, orders, patient)
}, 90_000)
