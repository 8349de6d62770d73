import { askToConfirm, confirm } from '../../src/operations/confirm/confirm.ts'
import { releaseGrant } from '../../src/operations/release.ts'
import { stopPreApproval } from '../../src/operations/stop-pre-approval.ts'
import { eventually } from './acts.ts'
import { aProving, answerTo, byApprovers, done, inDays, typed } from './a-proving.ts'
import { aPhone, publicUrl } from './a-phone.ts'

/** What is confirmed once more, and what there is meanwhile. */

const ahead = `        preApprove: { until: 30d }\n${byApprovers}`

// Said with a sign-in of before the upgrade, or with a way that counts no more. They confirm the same anew, and it stays worth nothing.
test('what was said ahead with a proof that counts no more counts once they confirm the same anew', async () => {
  const { stage, world, who, hasApp, asks } = await aProving(ahead)
  const by = await who(stage.ada)
  const app = await hasApp(stage.ada)
  const grant = await asks(stage.riley)
  const until = inDays(world, 20)
  await world.preApprovals.insert({
    id: `${grant.id}-${by.id}`,
    approver: by,
    subject: grant.subject,
    resource: grant.resource,
    entitlement: grant.entitlement,
    system: grant.system,
    canonical: grant.canonical,
    principal: grant.principal,
    maxMs: 600_000,
    confirmation: { method: 'oidc', at: world.clock.now(), shown: 'ahead', ticket: 'before' },
    until,
    madeAt: world.clock.now(),
    stoppedAt: null,
    stoppedBy: null,
  })
  const what = { kind: 'approve' as const, answers: [answerTo(grant, until)] }
  const { ticket: token } = done(await askToConfirm(world, { by, what }))
  done(await confirm(world, { token, proof: typed(app.codeAt(0)) }))
  const words = await world.preApprovals.byApprover(by.id, world.clock.now())
  expect(words.map(({ confirmation }) => confirmation?.method)).toContain('totp')
}, 60_000)

// The page names the later day, they confirm it, and the word ends on the earlier one.
test('what is said ahead until a later day than before is said until then', async () => {
  const { stage, world, who, hasApp, asks } = await aProving(ahead, '{ methods: [totp], maxAge: 1s }')
  const by = await who(stage.ada)
  const app = await hasApp(stage.ada)
  const grant = await asks(stage.riley)
  const says = async (days: number, code: string): Promise<Date> => {
    const until = inDays(world, days)
    const what = { kind: 'approve' as const, answers: [answerTo(grant, until)] }
    const { ticket: token, shown } = done(await askToConfirm(world, { by, what }))
    expect(shown).toContain(until.toISOString().slice(0, 10))
    done(await confirm(world, { token, proof: typed(code) }))
    return until
  }
  await says(2, app.codeAt(0))
  const later = await says(20, app.codeAt(30_000))
  const words = await world.preApprovals.byApprover(by.id, world.clock.now())
  expect(words.map(({ until }) => until)).toContainEqual(later)
}, 60_000)

// Stopped by mistake, and said once more on the page, which names it: it is stopped still.
test('what was said ahead and stopped counts once they confirm the same anew', async () => {
  const { stage, world, who, hasApp, asks } = await aProving(ahead, '{ methods: [totp], maxAge: 1s }')
  const by = await who(stage.ada)
  const app = await hasApp(stage.ada)
  const grant = await asks(stage.riley)
  const until = inDays(world, 20)
  const says = async (code: string): Promise<void> => {
    const what = { kind: 'approve' as const, answers: [answerTo(grant, until)] }
    const { ticket: token } = done(await askToConfirm(world, { by, what }))
    done(await confirm(world, { token, proof: typed(code) }))
  }
  await says(app.codeAt(0))
  const [word] = await world.preApprovals.byApprover(by.id, world.clock.now())
  if (word === undefined) throw new Error('not said')
  await stopPreApproval(world, { id: word.id, by })
  expect(await world.preApprovals.byApprover(by.id, world.clock.now())).toEqual([])
  await says(app.codeAt(30_000))
  expect(await world.preApprovals.byApprover(by.id, world.clock.now())).toHaveLength(1)
}, 60_000)

// The system is down as it is to be taken: they have it still, and the page says that it has ended.
test('the page says that a session has ended once it was taken back', async () => {
  const { stage, gate, world, who, hasApp } = await aProving(`      daily:
        name: The gate, daily
        target: { gate: main }
        mode: session
        session: { length: 10m }
        who: '"@contractors" in groups'
`)
  const by = await who(stage.riley)
  const app = await hasApp(stage.riley)
  const what = { kind: 'open-session' as const, resource: 'gate', entitlement: 'daily' }
  const { ticket } = done(await askToConfirm(world, { by, what }))
  const phone = aPhone(stage)
  const page = `${publicUrl}/confirm/${ticket}`
  await phone.sends(`${page}/totp`, { code: app.codeAt(0) })
  const [grant] = await eventually(
    async () => (await world.grants.openOf(by.id)).filter(({ status }) => status === 'active'),
    (all) => all.length === 1,
  )
  gate.trouble = ({ action }) => (action === 'take' ? { status: 503 } : undefined)
  done(await releaseGrant(world, { grantId: grant?.id ?? '', by }))
  const { text } = await phone.opens(page)
  expect([...gate.holders]).toEqual(['riley'])
  expect(text).not.toMatch(/has ended/)
}, 60_000)
