import { type Grant } from '../../src/domain/grant.ts'
import type { PersonRef } from '../../src/domain/person.ts'
import { answerExtension } from '../../src/operations/answer-extension.ts'
import { askToConfirm, confirm, lookAtConfirmation } from '../../src/operations/confirm/confirm.ts'
import { extendGrant } from '../../src/operations/extend.ts'
import { reviewGrant } from '../../src/operations/review.ts'
import type { World } from '../../src/operations/world.ts'
import type { Person } from '../workspace/people/person.ts'
import { eventually } from './acts.ts'
import {
  type Proving,
  aProving,
  answerTo,
  byApprovers,
  done,
  inDays,
  other,
  pageOf,
  typed,
} from './a-proving.ts'
import { aPhone } from './a-phone.ts'

/** What came of it, as whoever looks again reads it. */

const confirmedBy = (world: World, ticket: string) => ({
  method: 'totp' as const,
  at: world.clock.now(),
  shown: '',
  ticket,
})

const saysYes = async ({ world, who }: Proving, person: Person, grant: Grant): Promise<Grant> =>
  done(
    await reviewGrant(world, {
      ...answerTo(grant),
      by: await who(person),
      verdict: 'approve',
      confirmation: confirmedBy(world, person.name),
    }),
  )

const wordsOf = async (world: World, by: PersonRef) => world.preApprovals.byApprover(by.id, world.clock.now())

// Answered this morning; said ahead now, by the link that Slack gives. It is done, and the page asks for another code.
test('whoever confirms what they say ahead on a request that they answered before reads that it is done', async () => {
  const proving = await aProving(
    `        preApprove: { until: 30d }\n${byApprovers}`,
    '{ methods: [totp], maxAge: 1s }',
  )
  const { stage, world, who, hasApp, asks } = proving
  const by = await who(stage.ada)
  const app = await hasApp(stage.ada)
  const grant = await asks(stage.riley)
  await saysYes(proving, stage.ada, grant)
  const what = { kind: 'approve' as const, answers: [answerTo(grant, inDays(world, 20))] }
  const { ticket } = done(await askToConfirm(world, { by, what }))
  const { text } = await aPhone(stage).sends(`${pageOf(ticket)}/totp`, { code: app.codeAt(0) })
  expect(await wordsOf(world, by)).toHaveLength(1)
  expect(text).not.toMatch(/Confirm that it is you/)
  expect((await aPhone(stage).opens(pageOf(ticket))).text).not.toMatch(/Confirm that it is you/)
}, 60_000)

// Killed between the yes and the word: whoever reloads reads "You approved", and the word that the page named is lost.
test('what was said ahead on the page is said by whoever confirms again after a crash', async () => {
  const { stage, world, who, hasApp, asks } = await aProving(
    `        preApprove: { until: 30d }\n${byApprovers}`,
  )
  const by = await who(stage.ada)
  const app = await hasApp(stage.ada)
  const grant = await asks(stage.riley)
  const what = { kind: 'approve' as const, answers: [answerTo(grant, inDays(world, 20))] }
  const { ticket: token, shown } = done(await askToConfirm(world, { by, what }))
  expect(shown).toMatch(/without being asked/)
  const breaking: World = {
    ...world,
    preApprovals: { ...world.preApprovals, insert: () => Promise.reject(new Error('the connection broke')) },
  }
  await expect(confirm(breaking, { token, proof: typed(app.codeAt(0)) })).rejects.toThrow('broke')
  await confirm(world, { token, proof: typed(app.codeAt(30_000)) })
  expect(await wordsOf(world, by)).toHaveLength(1)
}, 60_000)

// The second line was not theirs yet, and the page did not name it. Once it is theirs, the page says "changed meanwhile".
test('whoever approved all that the page named reads so still when another line becomes theirs to approve', async () => {
  const proving = await aProving(
    byApprovers +
      other(
        '        review: { stages: [{ approvers: { people: [sam@acme.example] } }, { approvers: { people: [ada@acme.example] }, confirm: mfa }] }\n',
      ),
  )
  const { stage, world, who, hasApp, asks } = proving
  const by = await who(stage.ada)
  const app = await hasApp(stage.ada)
  const [first, second] = [await asks(stage.riley), await asks(stage.riley, 'other')]
  const what = { kind: 'approve' as const, answers: [answerTo(first), answerTo(second)] }
  const { ticket, shown } = done(await askToConfirm(world, { by, what }))
  expect(shown).not.toContain('The other gate')
  done(await confirm(world, { token: ticket, proof: typed(app.codeAt(0)) }))
  await saysYes(proving, stage.sam, second)
  expect(await lookAtConfirmation(world, ticket)).toMatchObject({ done: [{ id: first.id }] })
}, 60_000)

// A rule gave the first at once; the second waits for its approvers.
test('whoever asked for two things, of which one is given at once, does not read that they have both', async () => {
  const { stage, world, who, hasApp } = await aProving(
    `        confirm: mfa\n        auto: [{ because: everybody may, when: 'true' }]\n${other('        confirm: mfa\n')}`,
  )
  const by = await who(stage.riley)
  const app = await hasApp(stage.riley)
  const what = {
    kind: 'ask' as const,
    requestId: 'both',
    wanted: ['open', 'other'].map((entitlement) => ({ resource: 'gate', entitlement })),
    holder: null,
    durationMs: 600_000,
    startsAt: null,
    recurrence: null,
    reason: 'a customer waits',
  }
  const { ticket } = done(await askToConfirm(world, { by, what }))
  await aPhone(stage).sends(`${pageOf(ticket)}/totp`, { code: app.codeAt(0) })
  const made = await eventually(
    () => world.grants.byRequest('both'),
    ([one]) => one?.status === 'active',
  )
  expect(made.map(({ status }) => status)).toEqual(['active', 'pending'])
  const { text } = await aPhone(stage).opens(pageOf(ticket))
  expect(text).not.toMatch(/You have [^.]*The other gate/)
}, 60_000)

// One yes of two, then a no: nothing is given, and the page says "You approved …".
test('whoever said the first of two yeses reads that it was denied, once it was', async () => {
  const { stage, world, who, hasApp, asks } = await aProving(
    '        review: { stages: [{ approvers: { groups: ["@dba"] }, needs: 2, confirm: mfa }] }\n',
  )
  const app = await hasApp(stage.ada)
  const grant = await asks(stage.riley)
  const what = { kind: 'approve' as const, answers: [answerTo(grant)] }
  const { ticket } = done(await askToConfirm(world, { by: await who(stage.ada), what }))
  const phone = aPhone(stage)
  expect((await phone.sends(`${pageOf(ticket)}/totp`, { code: app.codeAt(0) })).text).toMatch(
    /One more is needed/,
  )
  const no = { ...answerTo(grant), verdict: 'deny' as const, note: 'not today, please' }
  expect(done(await reviewGrant(world, { ...no, by: await who(stage.sam) })).status).toBe('denied')
  const { text } = await phone.opens(pageOf(ticket))
  expect(text).toMatch(/denied/i)
  expect(text).not.toMatch(/You approved/)
}, 60_000)

/** Riley holds it by two yeses and asks for more; Ada says yes to that on the page. */
async function firstYesToMore() {
  const proving = await aProving(
    '        review: { stages: [{ approvers: { groups: ["@dba"] }, needs: 2, confirm: mfa }] }\n        extend: { max: 5, by: 5m, total: 40m, after: 0% }\n',
  )
  const { stage, world, who, hasApp, asks } = proving
  const { riley, ada, sam } = stage
  const app = await hasApp(ada)
  const { id } = await asks(riley)
  for (const person of [ada, sam]) {
    const grant = await world.grants.get(id)
    if (grant) await saysYes(proving, person, grant)
  }
  const asksMore = async () => {
    const { endsAt: seenEndsAt } = await eventually(
      () => world.grants.get(id),
      (one) => one?.status === 'active',
    )
    const asked = done(await extendGrant(world, { grantId: id, by: await who(riley), seenEndsAt }))
    const last = 'extensions' in asked ? asked.extensions.at(-1) : undefined
    if (last === undefined) throw new Error('not asked')
    return last.askedAt
  }
  const askedAt = await asksMore()
  const what = { kind: 'more-time' as const, grantId: id, askedAt }
  const { ticket } = done(await askToConfirm(world, { by: await who(ada), what }))
  const phone = aPhone(stage)
  await phone.sends(`${pageOf(ticket)}/totp`, { code: app.codeAt(0) })
  const answers = async (person: Person, verdict: 'approve' | 'deny') =>
    done(
      await answerExtension(world, {
        grantId: id,
        by: await who(person),
        verdict,
        askedAt,
        confirmation: confirmedBy(world, 'sam’s more'),
      }),
    )
  return { stage, answers, asksMore, opens: () => phone.opens(pageOf(ticket)) }
}

// The old end stands, and the page names it as what came of the yes.
test('whoever said the first of two yeses to more time reads that it was denied, once it was', async () => {
  const { stage, answers, opens } = await firstYesToMore()
  await answers(stage.sam, 'deny')
  const { text } = await opens()
  expect(text).not.toMatch(/You said yes to more time.*, until \d{4}/)
}, 60_000)

// Theirs was given. The page speaks of the next one, to which they said nothing yet.
test('whoever said yes to more time that was given does not read that others are needed, when more is asked for later', async () => {
  const { stage, answers, asksMore, opens } = await firstYesToMore()
  await answers(stage.sam, 'approve')
  await asksMore()
  const { text } = await opens()
  expect(text).toMatch(/You said yes to more time/)
  expect(text).not.toMatch(/needed/)
}, 60_000)
