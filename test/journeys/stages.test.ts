import type { Cast } from '../support/cast.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import type { Person } from '../workspace/people/person.ts'
import { aGate, gateCatalog } from './a-gate.ts'
import {
  aReason,
  as,
  asks,
  changeCatalog,
  eventually,
  listenToLog,
  onlyGrantOf,
  patient,
  wrongWith,
} from './acts.ts'

/** The gate, whose requests are reviewed so. */
async function reviewedBy(review: string, { extra = '' } = {}): Promise<Stage> {
  const gate = await aGate()
  const stage = await aStage({
    catalog: (cast: Cast) =>
      gateCatalog(cast, { duration: '10m', more: `        review: ${review}\n` }).replace(
        'version: 1\n',
        `version: 1\n${extra}`,
      ),
    env: gate.env,
  })
  listenToLog(stage.app.world.log)
  return stage
}

/** Riley's request for the gate, and its card as this person sees it. */
async function aRequest({ riley, ada, orders }: Stage, as: Person = ada) {
  const reason = aReason()
  expect(await asks(riley, 'gate open', reason)).toMatchObject({ outcome: 'cleared' })
  return { reason, card: await as.sees(reason, orders, patient) }
}

const twoStages = `
          stages:
            - { approvers: { groups: ["@dba"] } }
            - { name: Management, approvers: { people: [kim@acme.example] } }`

test('two stages are answered in their order, by different people, and the second is called when its turn comes', async () => {
  const stage = await reviewedBy(twoStages)
  const { riley, ada, sam, kim, orders, workspace } = stage
  await kim.opensHome()
  const { reason, card } = await aRequest(stage)
  expect(card.plain).toContain('2 approvals needed')
  expect(card.plain).toMatch(/@dba/)
  expect(card.plain).not.toMatch(/@Kim/)
  await kim.clicks('Approve 10 min', card)
  await kim.sees(/It is not your turn yet: first @dba must answer/, 'ephemeral', patient)

  await ada.clicks('Approve 10 min', card)
  const next = await ada.sees(/1 of 2: Ada .*\. Next: Management/, orders, patient)
  await kim.sees(/Next: @Kim/, next, patient)
  await riley.sees(/Asked for Open the gate.*1 of 2 approved/, 'dm', patient)
  await sam.clicks('Approve 10 min', next)
  await sam.sees(/You can't answer this: only kim@acme.example/, 'ephemeral', patient)
  await kim.clicks('Approve 10 min', await kim.sees(reason, orders, patient))
  await riley.sees(/You have Open the gate/, 'dm', patient)
  const { reviews } = await onlyGrantOf(stage, riley)
  expect(reviews.map(({ by, stage: at }) => [by.name, at])).toEqual([
    ['Ada', 0],
    ['Kim', 1],
  ])
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('one no ends it, whichever stage says it', async () => {
  const stage = await reviewedBy(twoStages)
  const { riley, kim } = stage
  const { card } = await aRequest(stage)
  await kim.clicks('Deny…', card)
  await kim.modal('Why?', patient)
  await kim.types('Why?', 'not this month')
  expect(await kim.submits()).toMatchObject({ outcome: 'cleared' })
  await riley.sees(/@Kim \(kim@acme\.example\) said no to Open the gate.*not this month/, 'dm', patient)
}, 60_000)

test('who filled a seat and may not any more has filled none: the stage is asked again', async () => {
  const stage = await reviewedBy(twoStages)
  const { riley, ada, sam, kim, orders } = stage
  const { card } = await aRequest(stage)
  await ada.clicks('Approve 10 min', card)
  const next = await ada.sees(/1 of 2: Ada/, orders, patient)
  await changeCatalog(stage, (text) =>
    text.replace('- { approvers: { groups: ["@dba"] } }', '- { approvers: { people: [sam@acme.example] } }'),
  )
  await kim.clicks('Approve 10 min', next)
  await kim.sees(/It is not your turn yet: first sam@acme.example/, 'ephemeral', patient)
  await sam.clicks('Approve 10 min', next)
  await ada.sees(/1 of 2: Sam/, orders, patient)
  await kim.clicks('Approve 10 min', next)
  await riley.sees(/You have Open the gate/, 'dm', patient)
  expect((await onlyGrantOf(stage, riley)).reviews.map(({ by }) => by.name)).toEqual(['Sam', 'Kim'])
}, 60_000)

test('card, Home tab and click agree on whose turn it is when a yes counts no longer', async () => {
  const stage = await reviewedBy(twoStages)
  const { ada, sam, kim, riley, orders, workspace } = stage
  const { card } = await aRequest(stage)
  await ada.clicks('Approve 10 min', card)
  const next = await ada.sees(/1 of 2: Ada .*Next: Management/, orders, patient)
  await changeCatalog(stage, (text) =>
    text.replace('- { approvers: { groups: ["@dba"] } }', '- { approvers: { people: [sam@acme.example] } }'),
  )

  await kim.opensHome()
  expect((await kim.seesHome('Request access', patient)).text).not.toContain('Waiting for you')
  await sam.opensHome()
  await sam.seesHome(/Waiting for you.*Open the gate/s, patient)
  await kim.clicks('Approve 10 min', next)
  await kim.sees(/It is not your turn yet: first sam@acme.example/, 'ephemeral', patient)
  const shown = await ada.sees(
    /Ada \(ada@acme\.example\) may not approve this any more: that yes counts no longer/,
    orders,
    patient,
  )
  expect(shown.plain).not.toMatch(/1 of 2|Next: Management/)
  expect(shown.plain).toMatch(/@Sam/)
  const told = await riley.sees(/Asked for Open the gate/, 'dm', patient)
  await eventually(
    async () => (await riley.sees(/Asked for Open the gate/, 'dm', patient)).plain,
    (words) => !words.includes('1 of 2 approved'),
  )
  expect(told.buttons).toEqual(['Withdraw'])

  await sam.clicks('Approve 10 min', shown)
  await ada.sees(/1 of 2: Sam .*Next: Management/, orders, patient)
  await kim.opensHome()
  await kim.seesHome(/Waiting for you.*Open the gate/s, patient)
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('where nobody listed can answer, the others named for that do, or the admins, and the card says so', async () => {
  const otherwise = await reviewedBy(
    `{ stages: [{ approvers: { groups: ["@contractors"] }, otherwise: { people: [sam@acme.example] } }] }`,
  )
  const { card } = await aRequest(otherwise)
  expect(card.plain).toMatch(/@Sam/)
  expect(card.plain).toMatch(/Too few of @contractors can answer this: sam@acme.example stand in/)
  await otherwise.sam.clicks('Approve 10 min', card)
  await otherwise.riley.sees(/You have Open the gate/, 'dm', patient)

  const admins = await reviewedBy(`{ stages: [{ approvers: { people: [riley@contractor.example] } }] }`)
  const shown = await aRequest(admins)
  expect(shown.card.plain).toMatch(/Too few of riley@contractor.example can answer this: the admins stand in/)
  await admins.sam.clicks('Approve 10 min', shown.card)
  await admins.sam.sees(/You can't answer this/, 'ephemeral', patient)
  await admins.ada.clicks('Approve 10 min', shown.card)
  await admins.riley.sees(/You have Open the gate/, 'dm', patient)
}, 60_000)

test.each([
  [1, '[riley@contractor.example]', 'Nobody else'],
  [2, '[riley@contractor.example, ada@acme.example]', 'Too few people'],
])(
  'where not even the admins make %s of %s, form and card say who must do what',
  async (needs, people, who) => {
    const stage = await reviewedBy(`{ stages: [{ approvers: { people: ${people} }, needs: ${needs} }] }`)
    const words = `${who} can answer this, with the admins too: the catalog must name more.`
    const { riley, ada, orders, workspace } = stage
    // Of one yes Ada would be enough: then Riley is the only admin.
    if (needs === 1)
      await changeCatalog(stage, (text) => text.replace(/admins: .*/, 'admins: [riley@contractor.example]'))
    const reason = aReason()
    await riley.runs(`/request-access gate open ${reason}`)
    const form = await riley.modal('What do you need it for?', patient)
    expect(form.text).toContain(words)
    expect(await riley.submits()).toMatchObject({ outcome: 'cleared' })
    expect((await ada.sees(reason, orders, patient)).plain).toContain(words)
    expect(wrongWith(workspace)).toEqual([])
  },
  60_000,
)

test('whoever listed has left is not waited for, before the asking or after', async () => {
  const stage = await reviewedBy('{ stages: [{ approvers: { people: [sam@acme.example] } }] }')
  const { riley, ada, sam, orders, workspace } = stage
  const { card } = await aRequest(stage)
  expect(card.plain).not.toContain('Too few')
  await ada.clicks('Approve 10 min', card)
  await ada.sees(/You can't answer this/, 'ephemeral', patient)
  await riley.clicks('Withdraw', await riley.sees(/Asked for Open the gate/, 'dm', patient))
  workspace.deactivate(sam)
  await eventually(
    () => stage.app.world.directory.freshFacts(as(stage, sam)),
    (facts) => facts !== 'unknown' && !facts.isHere,
  )
  const again = await aRequest(stage)
  expect(again.card.plain).toMatch(/Too few of sam@acme.example can answer this: the admins stand in/)
  await ada.clicks('Approve 10 min', again.card)
  await riley.sees(/You have Open the gate/, 'dm', patient)
  await ada.sees(/Active until/, orders, patient)
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('one person in two stages fills one seat, and who is left for none is stood in for', async () => {
  const stage = await reviewedBy(
    `{ stages: [{ approvers: { people: [sam@acme.example] } }, { approvers: { people: [sam@acme.example, kim@acme.example] } }, { approvers: { people: [kim@acme.example] } }] }`,
  )
  const { ada, sam, kim, riley, orders, workspace } = stage
  const { card } = await aRequest(stage)
  await sam.clicks('Approve 10 min', card)
  const second = await ada.sees(/1 of 3: Sam/, orders, patient)
  await kim.clicks('Approve 10 min', second)
  // Kim filled the second seat, so nobody is left for the third: Ada, the admin, stands in.
  const third = await ada.sees(/2 of 3: Kim .*Too few of kim@acme.example can answer/s, orders, patient)
  await ada.clicks('Approve 10 min', third)
  await riley.sees(/You have Open the gate/, 'dm', patient)
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('the manager of whom it is for answers, and so does whoever a rule names', async () => {
  const managed = await reviewedBy('{ stages: [{ approvers: { manager: true } }] }', {
    extra: 'managers: { riley@contractor.example: kim@acme.example }\n',
  })
  const { card } = await aRequest(managed)
  expect(card.plain).toMatch(/@Kim/)
  await managed.ada.clicks('Approve 10 min', card)
  await managed.ada.sees(/You can't answer this: only their manager/, 'ephemeral', patient)
  await managed.kim.clicks('Approve 10 min', card)
  await managed.riley.sees(/You have Open the gate/, 'dm', patient)

  const ruled = await reviewedBy(
    `{ stages: [{ approvers: { who: '"@dba" in groups && !email.startsWith("ada")' } }] }`,
  )
  const asked = await aRequest(ruled)
  await ruled.ada.clicks('Approve 10 min', asked.card)
  await ruled.ada.sees(/You can't answer this: only whoever matches/, 'ephemeral', patient)
  await ruled.sam.clicks('Approve 10 min', asked.card)
  await ruled.riley.sees(/You have Open the gate/, 'dm', patient)
}, 60_000)

test('some may approve without being pinged', async () => {
  const stage = await reviewedBy(
    '{ stages: [{ approvers: { people: [sam@acme.example] }, quiet: { groups: ["@dba"], people: [kim@acme.example] } }] }',
  )
  const { kim, riley, workspace } = stage
  const { card } = await aRequest(stage)
  expect(card.plain).toMatch(/@Sam/)
  expect(card.plain).not.toMatch(/@dba|@Kim/)
  await kim.clicks('Approve 10 min', card)
  await riley.sees(/You have Open the gate/, 'dm', patient)
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('nobody answers: the thread reminds whoever comes next, calls others who may answer too, and it lapses', async () => {
  const stage = await reviewedBy(
    '{ within: 40s, stages: [{ approvers: { people: [sam@acme.example] }, remind: [1s, 8s], escalate: { after: 4s, to: { people: [kim@acme.example] } } }] }',
  )
  const { riley, kim, workspace } = stage
  const { card } = await aRequest(stage)
  await kim.sees(
    /Still waiting: Open the gate for Riley \(riley@contractor\.example\)\. Next: @Sam/,
    card,
    patient,
  )
  await kim.sees(/Nobody answered yet, so others may too: .*@Kim/, card, patient)
  const own = (words: RegExp) =>
    workspace.calls.filter(
      ({ method, args }) => method === 'chat.postMessage' && words.test(JSON.stringify(args)),
    )
  await kim.sees(/Still waiting: .*@Sam @Kim/, card, patient)
  await eventually(
    async () => own(/Still waiting/).length,
    (count) => count === 2,
  )
  expect(own(/others may too/)).toHaveLength(1)
  const again = await aRequest(stage)
  await kim.clicks('Approve 10 min', again.card)
  await kim.sees(/You can't answer this/, 'ephemeral', patient)
  await kim.sees(/others may too/, again.card, patient)
  await kim.clicks('Approve 10 min', again.card)
  await riley.sees(/You have Open the gate/, 'dm', patient)
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('a member of the group who does not see the channel gets the card by DM, and is reminded there', async () => {
  const gate = await aGate()
  const stage = await aStage({
    catalog: (cast: Cast) => {
      cast.orders.members.delete(cast.sam.id)
      return gateCatalog(cast, { duration: '10m', more: '        review: { remind: [2s] }\n' })
    },
    env: gate.env,
  })
  const { riley, ada, sam, orders, workspace } = stage
  const { card } = await aRequest(stage)
  const copy = await sam.sees(/Riley asks for Open the gate/, 'dm', patient)
  await ada.sees(/Still waiting/, card, patient)
  await sam.sees(/Still waiting/, copy, patient)
  expect(ada.dms).toEqual([])
  await sam.clicks('Approve 10 min', copy)
  await riley.sees(/You have Open the gate/, 'dm', patient)
  await ada.sees(/Active until/, orders, patient)
  await sam.sees(/Active until/, 'dm', patient)
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('nobody at all answers: it lapses and the requester hears of it', async () => {
  const stage = await reviewedBy('{ within: 3s, remind: [1s] }')
  const { card } = await aRequest(stage)
  await stage.ada.sees(/Still waiting/, card, patient)
  await stage.riley.sees(/Nobody answered Open the gate on The gate in 3 s/, 'dm', patient)
}, 60_000)
