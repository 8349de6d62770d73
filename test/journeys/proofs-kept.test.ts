import { termsOf, type Grant } from '../../src/domain/grant.ts'
import type { PersonRef } from '../../src/domain/person.ts'
import { extendGrant } from '../../src/operations/extend.ts'
import { changeCatalog, eventually } from './acts.ts'
import { reviewGrant } from '../../src/operations/review.ts'
import { aProving, byApprovers, done } from './a-proving.ts'

/** Proofs that count although they should not any more. */

const yes = (grant: Grant, by: PersonRef) => ({
  grantId: grant.id,
  by,
  terms: termsOf(grant),
  verdict: 'approve' as const,
  note: null,
  durationMs: null,
})

// The thief had the phone; its owner adds another app, reads "those of the one before confirm nothing", and is wrong.
test('whoever adds another authenticator app is told that the one before confirms nothing, and it does not', async () => {
  const { stage, world, who, hasApp, proved, asks } = await aProving(byApprovers)
  const { riley, ada } = stage
  await hasApp(ada)
  await proved(ada, 'totp')
  const grant = await asks(riley)
  const by = await who(ada)
  const { enrolling } = world.confirming
  const { Secret, TOTP } = await import('otpauth')
  const secret = Secret.fromBase32(enrolling.codeOffer(by, 'new ticket')?.secret.replaceAll(' ', '') ?? '')
  const code = new TOTP({ secret }).generate({ timestamp: world.clock.now().getTime() })
  expect(await enrolling.addCode(by, 'new ticket', code)).toHaveProperty('added')
  expect(await reviewGrant(world, yes(grant, by))).toMatchObject({ refused: 'must-confirm' })
}, 60_000)

// What is said ahead after the answer was given is another act, and nobody proved anything for it.
test('what is said ahead for weeks on a request that was answered before needs a proof of its own', async () => {
  const { stage, world, who, asks } = await aProving(
    `        preApprove: { until: 30d }\n${byApprovers}`,
    '{ methods: [totp], maxAge: 1s }',
  )
  const { riley, ada } = stage
  const by = await who(ada)
  const grant = await asks(riley)
  const confirmation = { method: 'totp' as const, at: world.clock.now(), shown: 'this once', ticket: 'one' }
  done(await reviewGrant(world, { ...yes(grant, by), confirmation }))
  const aheadUntil = new Date(world.clock.now().getTime() + 20 * 86_400_000)
  await reviewGrant(world, { ...yes(grant, by), aheadUntil })
  expect(await world.preApprovals.byApprover(by.id, world.clock.now())).toEqual([])
}, 60_000)

// Codes were left out of the catalog since, because they can be talked out of somebody.
test('what was said ahead with a proof that does not count any more answers nothing', async () => {
  const { stage, world, who, asks } = await aProving(
    `        preApprove: { until: 30d }\n${byApprovers}`,
    '{ methods: [passkey] }',
  )
  const { riley, sam } = stage
  const first = await asks(riley)
  const by = await who(sam)
  await world.preApprovals.insert({
    id: 'said',
    approver: by,
    subject: first.subject,
    resource: first.resource,
    entitlement: first.entitlement,
    system: first.system,
    canonical: first.canonical,
    principal: first.principal,
    maxMs: 3_600_000,
    confirmation: { method: 'totp', at: world.clock.now(), shown: 'ahead', ticket: 'one' },
    until: new Date(world.clock.now().getTime() + 86_400_000),
    madeAt: world.clock.now(),
    stoppedAt: null,
    stoppedBy: null,
  })
  expect((await asks(riley)).status).toBe('pending')
}, 60_000)

// "A provider that moves to another address is another provider": what the one before said is no sign-in at this one.
test('a sign-in at the identity provider of before proves nothing once the catalog names another', async () => {
  const of = (name: string) =>
    `{ methods: [oidc], oidc: { issuer: "https://${name}.example", clientId: a, clientSecret: b } }`
  const { stage, world, who, proved, asks } = await aProving(byApprovers, of('one'))
  const { riley, ada } = stage
  await proved(ada, 'oidc')
  const grant = await asks(riley)
  await changeCatalog(stage, (text) => text.replace('https://one.example', 'https://two.example'))
  expect(await reviewGrant(world, yes(grant, await who(ada)))).toMatchObject({ refused: 'must-confirm' })
}, 60_000)

// A session may take codes where nothing else does; a rule must not take them for what the catalog counts.
test('a rule that asks how long ago somebody confirmed counts the ways that the catalog counts', async () => {
  const { stage, proved, asks } = await aProving(
    "        auto: [{ because: just confirmed, when: 'confirmed.minutes <= 5' }]\n",
    '{ methods: [passkey] }',
  )
  await proved(stage.riley, 'totp')
  expect((await asks(stage.riley)).status).toBe('pending')
}, 60_000)

// They did confirm with a passkey two minutes ago: a code for something else since then makes that no less true.
test('whoever confirmed with a passkey a moment ago is known to, also when a code was typed since', async () => {
  const { stage, proved, asks } = await aProving(
    `        auto: [{ because: just confirmed, when: 'confirmed.minutes <= 5 && confirmed.method == "passkey"' }]\n`,
    '{ methods: [passkey] }',
  )
  await proved(stage.riley, 'passkey', 90_000)
  await proved(stage.riley, 'totp')
  expect((await asks(stage.riley)).auto?.because).toBe('just confirmed')
}, 60_000)

// More time is asked for with a click in Slack: whoever stole the session keeps what its owner proved for an hour.
test('where whoever asks must confirm, more time is had with a young proof only', async () => {
  const { stage, gate, world, who, asks } = await aProving(
    '        confirm: mfa\n        extend: { max: 5, by: 5m, total: 40m, after: 0%, review: false }\n',
  )
  const { riley, ada } = stage
  const at = new Date(world.clock.now().getTime() - 3_600_000)
  const confirmation = { method: 'totp' as const, at, shown: 'asking', ticket: 'one' }
  const grant = await asks(riley, 'open', { confirmation })
  done(await reviewGrant(world, yes(grant, await who(ada))))
  await eventually(
    async () => [...gate.holders].join(),
    (now) => now === 'riley',
  )
  const active = await eventually(
    () => world.grants.get(grant.id),
    (one) => one?.status === 'active',
  )
  const { endsAt: seenEndsAt } = active
  expect(await extendGrant(world, { grantId: grant.id, by: await who(riley), seenEndsAt })).toMatchObject({
    refused: 'must-confirm',
  })
}, 60_000)
