import { extendGrant } from '../../src/operations/extend.ts'
import { askToConfirm, notMe } from '../../src/operations/confirm/confirm.ts'
import { reviewGrant } from '../../src/operations/review.ts'
import { startOpenIdProvider } from '../support/openid-provider.ts'
import { aSigningBrowser } from '../support/sign-in.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { eventually } from './acts.ts'
import { aProving, answerTo, byApprovers, daily, done, pageOf } from './a-proving.ts'
import { aPhone, publicUrl } from './a-phone.ts'

/** What the pages say, at each moment. */

// Ten minutes later the page still stands, somebody sees that they did not ask for this, and nobody hears of it.
test('whoever says too late that they did not ask for it is not told that the admins heard of it, unless they did', async () => {
  const { stage, world, who } = await aProving(daily)
  const by = await who(stage.riley)
  const what = { kind: 'open-session' as const, resource: 'gate', entitlement: 'daily' }
  const ticket = await world.tickets.make({ act: 'confirm', by, what, terms: '' }, 1)
  await eventually(
    () => world.tickets.look(ticket),
    (found) => found === null,
  )
  let told = 0
  await notMe({ ...world, confirming: { ...world.confirming, notMe: () => (told += 1) } }, ticket)
  const { text } = await aPhone(stage).sends(`${pageOf(ticket)}/not-me`, {})
  expect({ isTold: told > 0, says: /admins were told/.test(text) }).not.toEqual({ isTold: false, says: true })
}, 60_000)

// The system is down, and nothing was given yet.
test('the page says that somebody has it once they have it', async () => {
  const { stage, gate, world, who, hasApp } = await aProving(daily)
  const by = await who(stage.riley)
  const app = await hasApp(stage.riley)
  gate.trouble = ({ action }) => (action === 'give' ? { status: 503 } : undefined)
  const what = { kind: 'open-session' as const, resource: 'gate', entitlement: 'daily' }
  const { ticket } = done(await askToConfirm(world, { by, what }))
  const { text } = await aPhone(stage).sends(`${pageOf(ticket)}/totp`, { code: app.codeAt(0) })
  expect([...gate.holders]).toEqual([])
  expect(text).not.toMatch(/You have The gate, daily/)
}, 60_000)

// "This cannot be had now" is what it says of a request that was approved a second ago.
test('an approver whose request was decided by another meanwhile reads that on the page', async () => {
  const { stage, world, who, hasApp, asks } = await aProving(byApprovers)
  await hasApp(stage.ada)
  const grant = await asks(stage.riley)
  const what = { kind: 'approve' as const, answers: [answerTo(grant)] }
  const { ticket } = done(await askToConfirm(world, { by: await who(stage.ada), what }))
  const confirmation = { method: 'totp' as const, at: world.clock.now(), shown: '', ticket: 'sam’s' }
  const { grantId, terms } = answerTo(grant)
  const yes = { grantId, terms, note: null, durationMs: null, verdict: 'approve' as const, confirmation }
  done(await reviewGrant(world, { ...yes, by: await who(stage.sam) }))
  const { text } = await aPhone(stage).opens(pageOf(ticket))
  expect(text).not.toMatch(/cannot be had/)
  expect(text).toMatch(/Sam|decided|answered|approved/)
}, 60_000)

// Two must agree to more time. After the first the page names the old end as if it were the new one.
test('the first of two who agree to more time reads that one more is needed', async () => {
  const { stage, world, who, hasApp, asks } = await aProving(
    '        review: { stages: [{ approvers: { groups: ["@dba"] }, needs: 2, confirm: mfa }] }\n        extend: { max: 5, by: 5m, total: 40m, after: 0% }\n',
  )
  const { riley, ada, sam } = stage
  const app = await hasApp(ada)
  const grant = await asks(riley)
  for (const person of [ada, sam]) {
    const confirmation = { method: 'totp' as const, at: world.clock.now(), shown: '', ticket: person.name }
    const { grantId, terms } = answerTo(grant)
    const yes = { grantId, terms, note: null, durationMs: null, verdict: 'approve' as const, confirmation }
    done(await reviewGrant(world, { ...yes, by: await who(person) }))
  }
  const active = await eventually(
    () => world.grants.get(grant.id),
    (one) => one?.status === 'active',
  )
  const asked = done(
    await extendGrant(world, { grantId: grant.id, by: await who(riley), seenEndsAt: active.endsAt }),
  )
  const [extension] = 'extensions' in asked ? asked.extensions : []
  if (extension === undefined) throw new Error('not asked')
  const what = { kind: 'more-time' as const, grantId: grant.id, askedAt: extension.askedAt }
  const { ticket } = done(await askToConfirm(world, { by: await who(ada), what }))
  const { text } = await aPhone(stage).sends(`${pageOf(ticket)}/totp`, { code: app.codeAt(0) })
  expect(text).toMatch(/You said yes to more time/)
  expect(text).not.toMatch(/until \d{4}/)
  expect(text).toMatch(/One more is needed/)
}, 60_000)

// The page names in full what is asked for: not on which days, at what time, and until when.
test('whoever confirms that they ask for something each week reads on which days, when, and until when', async () => {
  const { stage, world, who, hasApp } = await aProving(
    '        confirm: mfa\n        windows: { until: 60d }\n',
  )
  const by = await who(stage.riley)
  await hasApp(stage.riley)
  const day = (ms: number) => new Date(world.clock.now().getTime() + ms).toISOString().slice(0, 10)
  const until = day(28 * 86_400_000)
  const asked = done(
    await askToConfirm(world, {
      by,
      what: {
        kind: 'ask',
        requestId: 'weekly',
        wanted: [{ resource: 'gate', entitlement: 'open' }],
        holder: null,
        durationMs: 600_000,
        startsAt: null,
        recurrence: { weekdays: [1, 4], everyWeeks: 1, from: day(0), until, start: '09:30', zone: 'UTC' },
        reason: 'the weekly reconciliation',
      },
    }),
  )
  expect(asked.shown).toMatch(/Mon/)
  expect(asked.shown).toContain('09:30')
}, 60_000)

// Both were confirmed on one page, which names the first alone when it is done.
test('whoever approved two lines reads of both that they approved them', async () => {
  const { stage, world, who, hasApp, asks } = await aProving(`${byApprovers}      other:
        name: The other gate
        target: { gate: other }
        who: '"@contractors" in groups'
        duration: { default: 10m, max: 1h, choices: [10m] }
${byApprovers}`)
  const app = await hasApp(stage.ada)
  const lines = [await asks(stage.riley), await asks(stage.riley, 'other')]
  const what = { kind: 'approve' as const, answers: lines.map((line) => answerTo(line)) }
  const { ticket } = done(await askToConfirm(world, { by: await who(stage.ada), what }))
  const { text } = await aPhone(stage).sends(`${pageOf(ticket)}/totp`, { code: app.codeAt(0) })
  expect(text).toMatch(/You approved/)
  expect(text).toContain('Open the gate on The gate')
  expect(text).toContain('The other gate on The gate')
}, 60_000)

// The browser asks twice for the address that it was sent back to: the second reads of another browser, and it counts as wrong.
test('whoever comes back from signing in, and reloads at once, sees what came of it both times', async () => {
  const provider = await startOpenIdProvider({ redirectUris: [`${publicUrl}/confirm/oidc`] })
  afterThis(() => provider.stop())
  provider.accounts.set('idp-riley', { email: 'riley@contractor.example', isVerified: true })
  const { issuer, clientId, clientSecret } = provider
  const { stage, world, who } = await aProving(
    daily,
    `{ methods: [oidc], oidc: { issuer: "${issuer}", clientId: ${clientId}, clientSecret: ${clientSecret} } }`,
  )
  const what = { kind: 'open-session' as const, resource: 'gate', entitlement: 'daily' }
  const { ticket } = done(await askToConfirm(world, { by: await who(stage.riley), what }))
  const phone = aPhone(stage)
  const { html } = await phone.sends(`${pageOf(ticket)}/oidc`, {})
  const [, url = ''] = /<a href="([^"]+)"/.exec(html) ?? []
  const back = await aSigningBrowser().goes(url.replaceAll('&amp;', '&'), {
    as: 'idp-riley',
    backTo: `${publicUrl}/confirm/oidc`,
  })
  const both = await Promise.all([phone.opens(back), phone.opens(back)])
  for (const { text } of both) expect(text).toMatch(/The gate, daily on The gate/)
  for (const { text } of both) expect(text).not.toMatch(/Confirm that it is you|Not confirmed/)
}, 60_000)
