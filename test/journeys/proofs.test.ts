import type { Grant } from '../../src/domain/grant.ts'
import { refTo } from '../../src/domain/person.ts'
import type { Cast } from '../support/cast.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import { startOpenIdProvider, type TestOpenIdProvider } from '../support/openid-provider.ts'
import { aKey } from '../support/ring.ts'
import type { Person } from '../workspace/people/person.ts'
import type { Message } from '../workspace/state/messages.ts'
import { aGate, gateCatalog, type Gate } from './a-gate.ts'
import { anAuthenticatorApp } from './an-authenticator-app.ts'
import { aPhone, enrols, publicUrl, type Phone } from './a-phone.ts'
import { linkBehind } from './link-behind.ts'
import {
  aReason,
  as,
  asks,
  asksForSeveral,
  changeCatalog,
  eventually,
  grantsOf,
  listenToLog,
  onlyGrantOf,
  patient,
  wrongWith,
} from './acts.ts'

/** Confirming who one is where a click deserves more than a Slack session: to approve, to ask, to break glass. */

interface Proving {
  readonly stage: Stage
  readonly gate: Gate
}

const key = aKey('k1')

async function aProof(
  more: string,
  confirm = '{ methods: [passkey] }',
  url: string | null = publicUrl,
): Promise<Proving> {
  const gate = await aGate()
  const stage = await aStage({
    transport: 'http',
    catalog: (cast: Cast) =>
      gateCatalog(cast, { duration: '10m', more }).replace('\ndefaults:', `\nconfirm: ${confirm}\ndefaults:`),
    env: gate.env,
    confirming: { keys: [key], publicUrl: url },
  })
  listenToLog(stage.app.world.log)
  return { stage, gate }
}

const byApprovers =
  '        review: { stages: [{ approvers: { groups: ["@dba"] }, confirm: mfa }] }\n        extend: { max: 5, by: 1m, total: 20m, after: 0% }\n'

/** Presses something that needs a proof, for the first time: with the code that they were given they add a passkey. */
async function firstAdds(stage: Stage, person: Person, press: () => Promise<unknown>): Promise<Phone> {
  const phone = aPhone(stage)
  await press()
  await person.modal('You have no way to confirm yet', patient)
  await enrols(stage, person, phone, await linkBehind(person, 'Add a way to confirm'))
  await person.closesModal()
  return phone
}

const held = (gate: Gate, names: string) =>
  eventually(
    async () => [...gate.holders].join(),
    (now) => now === names,
    patient.withinMs,
  )

/** Riley asks; the card. */
async function asked({ riley, ada, orders }: Stage, reason = aReason()): Promise<Message> {
  await asks(riley, 'gate open', reason)
  return ada.sees(reason, orders, patient)
}

const approvals = (grant: Grant) => grant.reviews.filter(({ verdict }) => verdict === 'approve')

test('an approver confirms once, and then it is approved by itself; for ten minutes from then a click is enough', async () => {
  const { stage, gate } = await aProof(byApprovers, '{ methods: [passkey], maxAge: 15s }')
  const { riley, ada, orders, workspace } = stage
  const card = await asked(stage)
  const phone = await firstAdds(stage, ada, () => ada.clicks('Approve 10 min', card))
  await ada.clicks('Approve 10 min', card)
  await ada.modal(/Ada approves, for Riley .*: Open the gate on The gate for 10 min/, patient)
  const link = await linkBehind(ada, 'Confirm…')
  await ada.closesModal()
  expect((await onlyGrantOf(stage, riley)).status).toBe('pending')
  expect((await phone.opens(link)).text).toMatch(/For Ada \(.*\) \. Ada approves, for Riley/)
  expect([...gate.holders]).toEqual([])

  const done = await phone.confirms(link)
  const provenAtMs = performance.now()
  expect(done.text).toMatch(/You approved Open the gate on The gate for Riley/)
  expect((await phone.opens(link)).text).toMatch(/You approved/)
  await riley.sees(/You have Open the gate/, 'dm', patient)
  await held(gate, 'riley')
  const grant = await onlyGrantOf(stage, riley)
  expect(approvals(grant)).toMatchObject([{ by: { name: 'Ada' }, confirmation: { method: 'passkey' } }])
  expect(approvals(grant)[0]?.confirmation?.shown).toMatch(/^Ada approves, for Riley/)
  expect(grant.history).toContainEqual(expect.objectContaining({ type: 'approved', confirmedBy: 'passkey' }))

  // Used and used, it grows no younger.
  await riley.clicks("I'm done", await riley.sees(/You have Open the gate/, 'dm', patient), { confirm: true })
  await eventually(
    async () => (await onlyGrantOf(stage, riley)).status,
    (status) => status === 'ended',
  )
  const second = await asked(stage)
  await ada.clicks('Approve 10 min', second)
  await eventually(
    async () => (await grantsOf(stage, riley))[0]?.status,
    (status) => status === 'active',
  )
  expect(ada.openModal).toBeUndefined()
  const [again] = await grantsOf(stage, riley)
  expect(again && approvals(again)[0]?.confirmation?.shown).toMatch(/^Ada approves/)
  await eventually(
    async () => performance.now() - provenAtMs,
    (ms) => ms > 15_500,
    20_000,
  )
  // More time is the same yes.
  await riley.opensHome()
  await riley.seesHome('Ask for 1 min more', patient)
  await riley.clicks('Ask for 1 min more', 'home')
  await ada.clicks('Extend 1 min', await ada.sees(/asks for 1 min more/, orders, patient))
  await ada.modal(/Ada gives Riley .* 1 min more of Open the gate/, patient)
  const more = await linkBehind(ada, 'Confirm…')
  await ada.closesModal()
  expect((await phone.confirms(more)).text).toMatch(/You said yes to more time/)
  const [longer] = await grantsOf(stage, riley)
  expect(longer && 'extensions' in longer && longer.extensions[0]).toMatchObject({
    outcome: 'added',
    approvedBy: [{ name: 'Ada', confirmation: { method: 'passkey' } }],
  })
  expect(wrongWith(workspace)).toEqual([])
}, 120_000)

test('whoever may not answer is told so, and asked for no proof; a no needs none', async () => {
  const { stage } = await aProof(byApprovers)
  const { riley, ada, mallory, orders } = stage
  const card = await asked(stage)
  await mallory.clicks('Approve 10 min', await mallory.sees(/Open the gate/, orders, patient))
  await mallory.sees(/You can't answer this/, orders, patient)
  expect(mallory.openModal).toBeUndefined()
  await ada.clicks('Deny…', card)
  await ada.modal('Deny', patient)
  await ada.types('Why?', 'not today, sorry')
  await ada.submits()
  await eventually(
    async () => (await onlyGrantOf(stage, riley)).status,
    (status) => status === 'denied',
  )
}, 60_000)

test('what was changed or withdrawn since they pressed is not approved by their proof', async () => {
  const { stage, gate } = await aProof(byApprovers)
  const { riley, ada } = stage
  const card = await asked(stage)
  const phone = await firstAdds(stage, ada, () => ada.clicks('Approve 10 min', card))
  await ada.clicks('Change…', card)
  await ada.modal('For how long?', patient)
  await ada.types('For how long?', '5m')
  await ada.submits()
  await ada.modal(/Open the gate on The gate for 5 min/, patient)
  const link = await linkBehind(ada, 'Confirm…')
  await ada.closesModal()
  await riley.clicks('Withdraw', await riley.sees(/Withdraw|waits|You asked/, 'dm', patient), {
    confirm: true,
  })
  await eventually(
    async () => (await onlyGrantOf(stage, riley)).status,
    (status) => status === 'withdrawn',
  )
  expect((await phone.opens(link)).text).toMatch(/Not confirmed/)
  expect([...gate.holders]).toEqual([])
}, 90_000)

test('whoever asks confirms first, and no card is there before', async () => {
  const { stage } = await aProof('        confirm: mfa\n')
  const { riley, ada, orders } = stage
  const reason = aReason()
  const phone = await firstAdds(stage, riley, () => asks(riley, 'gate open', reason))
  await asks(riley, 'gate open', reason)
  await riley.modal(/Riley asks for Open the gate on The gate, for 10 min/, patient)
  const link = await linkBehind(riley, 'Confirm…')
  await riley.closesModal()
  expect(await grantsOf(stage, riley)).toEqual([])
  expect((await phone.confirms(link)).text).toMatch(/You asked for Open the gate on The gate/)
  await ada.sees(reason, orders, patient)
  const grant = await onlyGrantOf(stage, riley)
  expect(grant.confirmations).toMatchObject([{ method: 'passkey' }])
  expect((await phone.confirms(link)).text).toMatch(/You asked for/)
  expect(await grantsOf(stage, riley)).toHaveLength(1)
}, 60_000)

test('what an approver said ahead without a proof answers nothing where one is asked for', async () => {
  const { stage } = await aProof(
    '        preApprove: { until: 30d }\n        review: { stages: [{ approvers: { groups: ["@dba"] } }] }\n',
  )
  const { riley, ada } = stage
  await ada.clicks('Change…', await asked(stage))
  await ada.modal('For how long?', patient)
  await ada.chooses(
    "And don't ask me again for this person until",
    new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10),
  )
  await ada.submits()
  await riley.clicks("I'm done", await riley.sees(/You have Open the gate/, 'dm', patient), { confirm: true })
  await eventually(
    async () => (await onlyGrantOf(stage, riley)).status,
    (status) => status === 'ended',
  )
  await changeCatalog(stage, (text) =>
    text.replace('{ groups: ["@dba"] } }] }', '{ groups: ["@dba"] }, confirm: mfa }] }'),
  )
  await asked(stage)
  const [grant] = await grantsOf(stage, riley)
  expect(grant?.status).toBe('pending')
}, 60_000)

const glass = (ifDown: string) => `        breakGlass: { max: 10m, confirm: mfa, ifDown: ${ifDown} }\n`

async function breaks({ riley }: Stage, reason = aReason()): Promise<void> {
  await riley.runs(`/request-access gate open ${aReason()}`)
  await riley.modal('What do you need it for?', patient)
  await riley.clicks('Emergency: break glass…')
  await riley.modal('What is the emergency?', patient)
  await riley.types('What is the emergency?', reason)
  await riley.types('Type "Open the gate" to go on', 'Open the gate')
  await riley.submits()
}

test('glass is broken with a proof, and never without where the catalog says nothing of that', async () => {
  const { stage, gate } = await aProof(glass('refuse'))
  const { riley, ada, orders } = stage
  const phone = await firstAdds(stage, riley, () => breaks(stage))
  await breaks(stage, 'production is down')
  const view = await riley.modal(/Riley breaks glass: Open the gate on The gate at once, for 10 min/, patient)
  expect(view.text).not.toContain('Go on without')
  expect([...gate.holders]).toEqual([])
  expect((await phone.confirms(await linkBehind(riley, 'Confirm…'))).text).toMatch(/You have Open the gate/)
  await held(gate, 'riley')
  const card = await ada.sees(/Riley broke glass/, orders, patient)
  expect(card.plain).not.toContain('without confirming')
  expect((await onlyGrantOf(stage, riley)).confirmations).toHaveLength(1)
}, 90_000)

const openId = ({ issuer, clientId, clientSecret }: TestOpenIdProvider): string =>
  `{ methods: [oidc], oidc: { issuer: "${issuer}", clientId: ${clientId}, clientSecret: ${clientSecret} } }`

test('while the sign-in is down glass is broken without, and louder; while it answers nobody can', async () => {
  const provider = await startOpenIdProvider({ redirectUris: [`${publicUrl}/confirm/oidc`] })
  const { stage, gate } = await aProof(glass('louder'), openId(provider))
  const { riley, ada, orders } = stage
  await breaks(stage)
  expect((await riley.modal(/Riley breaks glass/, patient)).text).not.toContain('Go on without')
  await riley.closesModal()

  await provider.stop()
  const reason = aReason()
  await breaks(stage, reason)
  await riley.modal('does not answer, and you have nothing else to confirm with', patient)
  expect([...gate.holders]).toEqual([])
  await riley.clicks('Go on without', 'modal', { confirm: true })
  await held(gate, 'riley')
  const card = await ada.sees(reason, orders, patient)
  expect(card.plain).toContain('without confirming who they are: the sign-in did not answer')
  await ada.sees(/Riley .* broke glass without confirming who they are/, 'dm', patient)
  expect((await onlyGrantOf(stage, riley)).confirmations).toEqual([])
}, 90_000)

test('rules see how long ago somebody confirmed, and how', async () => {
  const { stage } = await aProof(
    '        confirm: mfa\n        auto: [{ because: just confirmed, when: \'confirmed.minutes <= 1 && confirmed.method == "passkey"\' }]\n',
  )
  const { riley } = stage
  const phone = await firstAdds(stage, riley, () => asks(riley, 'gate open'))
  await asks(riley, 'gate open')
  await riley.modal(/Riley asks for/, patient)
  await phone.confirms(await linkBehind(riley, 'Confirm…'))
  await riley.closesModal()
  await riley.sees(/You have Open the gate/, 'dm', patient)
  expect((await onlyGrantOf(stage, riley)).auto?.because).toBe('just confirmed')

  // Whoever lost their passkey proved nothing by it.
  const { world } = stage.app
  const facts = await world.directory.facts(as(stage, riley))
  if (facts === 'unknown') throw new Error('unknown')
  expect(facts.confirmed).toMatchObject({ method: 'passkey' })
  const [way] = await world.confirming.enrolling.ownWays(refTo(facts.person))
  if (way === undefined) throw new Error('none')
  await world.confirming.enrolling.remove(refTo(facts.person), way)
  expect(await world.directory.facts(as(stage, riley))).toMatchObject({ confirmed: null })
}, 60_000)

test('without a page an approver types six digits into the form, and again where they were wrong', async () => {
  const { stage, gate } = await aProof(byApprovers, '{ methods: [totp] }', null)
  const { riley, ada } = stage
  const card = await asked(stage)
  await ada.clicks('Approve 10 min', card)
  await ada.modal('Curfew has no page here', patient)
  await ada.closesModal()
  const app = await anAuthenticatorApp(stage, ada, key)
  await app.enrols()
  await ada.clicks('Approve 10 min', card)
  await ada.modal(/Ada approves, for Riley/, patient)
  const digits = 'Six digits of your authenticator app'
  await ada.types(digits, '12345')
  await ada.submits()
  await ada.modal(/a code has six digits/, patient)
  expect([...gate.holders]).toEqual([])
  await ada.types(digits, app.codeAt(0))
  await ada.submits()
  await ada.modal('Done. You can close this.', patient)
  await riley.sees(/You have Open the gate/, 'dm', patient)
  expect(approvals(await onlyGrantOf(stage, riley))).toMatchObject([{ confirmation: { method: 'totp' } }])
}, 60_000)

test('one proof approves all lines of a request, also where only some of them ask for one', async () => {
  const { stage, gate } = await aProof(`${byApprovers}      other:
        name: The other gate
        target: { gate: other }
        who: '"@contractors" in groups'
        duration: { default: 10m, max: 1h, choices: [10m] }
`)
  const { riley, ada, orders } = stage
  const { reason } = await asksForSeveral(stage, ['Open the gate · The gate', 'The other gate · The gate'])
  const card = await ada.sees(reason, orders, patient)
  const phone = await firstAdds(stage, ada, () => ada.clicks('Approve all 2', card, { confirm: true }))
  await ada.clicks('Approve all 2', card, { confirm: true, asSeen: true })
  await ada.modal(/Open the gate on The gate for 10 min/, patient)
  expect((await phone.confirms(await linkBehind(ada, 'Confirm…'))).text).toMatch(/You approved/)
  await eventually(
    async () => (await grantsOf(stage, riley)).map(({ status }) => status).join(),
    (statuses) => statuses === 'active,active',
  )
  await held(gate, 'riley')
}, 60_000)

test('whose form to confirm came too late for Slack is told to press again, and nothing was done', async () => {
  const { stage, gate } = await aProof(byApprovers)
  const { ada, orders, workspace } = stage
  const card = await asked(stage)
  const { lifeMs } = workspace.state.triggers
  workspace.state.triggers.lifeMs = 0
  await ada.clicks('Approve 10 min', card)
  await ada.sees(/The form to confirm came too late. Nothing was changed/, 'ephemeral', patient)
  expect(ada.openModal).toBeUndefined()
  workspace.state.triggers.lifeMs = lifeMs
  await ada.clicks('Approve 10 min', await ada.sees(/Riley asks for/, orders, patient))
  await ada.modal('You have no way to confirm yet', patient)
  expect([...gate.holders]).toEqual([])
}, 60_000)
