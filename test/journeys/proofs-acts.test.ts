import type { PersonRef } from '../../src/domain/person.ts'
import type { Confirmable } from '../../src/domain/ports/tickets.ts'
import { askToConfirm, confirm } from '../../src/operations/confirm/confirm.ts'
import { reviewGrant } from '../../src/operations/review.ts'
import type { World } from '../../src/operations/world.ts'
import { grantsOf } from './acts.ts'
import { aProving, answerTo, byApprovers, done, other, removingMeanwhile, typed } from './a-proving.ts'

/** What happens between the proof and the act, and what is left of it. */

const ticketFor = async (world: World, by: PersonRef, what: Confirmable): Promise<string> =>
  done(await askToConfirm(world, { by, what })).ticket

// The thief types a code as its owner removes the app: what is noted after that counts for ten minutes more.
test('a code that was typed while its app was removed proves nothing from then on', async () => {
  const { stage, world, who, hasApp, asks } = await aProving(byApprovers)
  const by = await who(stage.ada)
  const app = await hasApp(stage.ada)
  const token = await ticketFor(world, by, { kind: 'approve', answers: [answerTo(await asks(stage.riley))] })
  await confirm(removingMeanwhile(world), { token, proof: typed(app.codeAt(0)) })
  expect((await world.proofs.latest([by.id])).get(by.id) ?? []).toEqual([])
}, 60_000)

// By a click it is refused ("they were changed in this very moment"); by a proof it went through by the rules of before.
test('what is confirmed as the rules change is not done by the rules of before', async () => {
  const { stage, world, who, hasApp, asks } = await aProving(byApprovers)
  const by = await who(stage.ada)
  const app = await hasApp(stage.ada)
  const grant = await asks(stage.riley)
  const token = await ticketFor(world, by, { kind: 'approve', answers: [answerTo(grant)] })
  let catalog = world.catalog()
  const changing: World = {
    ...world,
    catalog: () => catalog,
    grants: {
      ...world.grants,
      change: (...change: Parameters<World['grants']['change']>) => {
        catalog = { ...catalog, fingerprint: 'another catalog' }
        return world.grants.change(...change)
      },
    },
  }
  expect(await confirm(changing, { token, proof: typed(app.codeAt(0)) })).toMatchObject({
    refused: 'rules-changed',
  })
  expect((await world.grants.get(grant.id))?.status).toBe('pending')
}, 60_000)

// The page named one line; the other was not theirs to approve yet, and is approved with words that do not name it.
test('a line that the page did not name is not approved by the proof', async () => {
  const { stage, world, who, hasApp, asks } = await aProving(
    byApprovers +
      other(
        '        review: { stages: [{ approvers: { people: [sam@acme.example] } }, { approvers: { people: [ada@acme.example] }, confirm: mfa }] }\n',
      ),
  )
  const [by, sam] = [await who(stage.ada), await who(stage.sam)]
  const app = await hasApp(stage.ada)
  const first = await asks(stage.riley)
  const second = await asks(stage.riley, 'other')
  const what = { kind: 'approve' as const, answers: [answerTo(first), answerTo(second)] }
  const asked = done(await askToConfirm(world, { by, what }))
  expect(asked.shown).not.toContain('The other gate')
  // Sam says yes between the last look and the writing.
  const saysYes = async (): Promise<void> => {
    const { grantId, terms } = answerTo(second)
    const yes = { grantId, terms, by: sam, verdict: 'approve' as const, note: null, durationMs: null }
    done(await reviewGrant(world, yes))
  }
  let looks = 0
  const meanwhile: World = {
    ...world,
    tickets: {
      ...world.tickets,
      // Looked at once before the proof, and once after all was judged.
      look: async (ticket) => {
        looks += 1
        if (looks === 2) await saysYes()
        return world.tickets.look(ticket)
      },
    },
  }
  done(await confirm(meanwhile, { token: asked.ticket, proof: typed(app.codeAt(0)) }))
  const left = await world.grants.get(second.id)
  expect(left?.reviews.map(({ by: { name } }) => name)).toEqual(['Sam'])
}, 60_000)

const breaksOnce = <A extends unknown[], R>(
  work: (...given: A) => Promise<R>,
  at: (...given: A) => boolean,
) => {
  let isBroken = false
  return (...given: A): Promise<R> => {
    if (isBroken || !at(...given)) return work(...given)
    isBroken = true
    return Promise.reject(new Error('the connection broke'))
  }
}

// Killed between the lines: whoever reloads reads "You asked for …", and one of the two was never asked for.
test('two things that were confirmed together are both asked for by whoever confirms again after a crash', async () => {
  const { stage, world, who, hasApp } = await aProving(
    `        confirm: mfa\n${other('        confirm: mfa\n')}`,
  )
  const by = await who(stage.riley)
  const app = await hasApp(stage.riley)
  const token = await ticketFor(world, by, {
    kind: 'ask',
    requestId: 'both',
    wanted: ['open', 'other'].map((entitlement) => ({ resource: 'gate', entitlement })),
    holder: null,
    durationMs: 600_000,
    startsAt: null,
    recurrence: null,
    reason: 'a customer waits',
  })
  const insert = breaksOnce(world.grants.insert, ({ line }) => line === 1)
  const breaking: World = { ...world, grants: { ...world.grants, insert } }
  await expect(confirm(breaking, { token, proof: typed(app.codeAt(0)) })).rejects.toThrow('broke')
  await confirm(world, { token, proof: typed(app.codeAt(30_000)) })
  expect((await grantsOf(stage, stage.riley)).map(({ entitlement }) => entitlement.id).sort()).toEqual([
    'open',
    'other',
  ])
}, 60_000)

// The same with a yes to two lines: the page says that it was approved, and one of them still waits.
test('two lines that were confirmed together are both approved by whoever confirms again after a crash', async () => {
  const { stage, world, who, hasApp, asks } = await aProving(byApprovers + other(byApprovers))
  const by = await who(stage.ada)
  const app = await hasApp(stage.ada)
  const lines = [await asks(stage.riley), await asks(stage.riley, 'other')]
  const token = await ticketFor(world, by, { kind: 'approve', answers: lines.map((line) => answerTo(line)) })
  const change = breaksOnce(world.grants.change, (id) => id === lines[1]?.id)
  const breaking: World = { ...world, grants: { ...world.grants, change } }
  await expect(confirm(breaking, { token, proof: typed(app.codeAt(0)) })).rejects.toThrow('broke')
  await confirm(world, { token, proof: typed(app.codeAt(30_000)) })
  const now = await Promise.all(lines.map(({ id }) => world.grants.get(id)))
  expect(now.map((grant) => grant?.reviews.length)).toEqual([1, 1])
}, 60_000)
