import { setTimeout as sleep } from 'node:timers/promises'
import type { Catalog } from '../../src/domain/catalog.ts'
import { type Grant } from '../../src/domain/grant.ts'
import { isRefusal } from '../../src/domain/refusal.ts'
import { askToConfirm, confirm } from '../../src/operations/confirm/confirm.ts'
import { extendGrant } from '../../src/operations/extend.ts'
import { releaseGrant } from '../../src/operations/release.ts'
import type { World } from '../../src/operations/world.ts'
import { eventually, grantsOf } from './acts.ts'
import {
  aProving,
  answerTo,
  byApprovers,
  daily,
  done,
  inDays,
  removingMeanwhile,
  typed,
} from './a-proving.ts'

/** What changes while somebody confirms, and what two replicas make of it. */

const opensDaily = { kind: 'open-session' as const, resource: 'gate', entitlement: 'daily' }

/** The catalog is another as the ticket is looked at for the last time, right before the act. */
function changesAtLast(world: World, change: (catalog: Catalog) => Partial<Catalog>): World {
  let catalog = world.catalog()
  let looks = 0
  return {
    ...world,
    catalog: () => catalog,
    tickets: {
      ...world.tickets,
      look: async (ticket) => {
        looks += 1
        if (looks === 2) catalog = { ...catalog, ...change(catalog), fingerprint: 'another catalog' }
        return world.tickets.look(ticket)
      },
    },
  }
}

// The docs: not once the app was removed, "that holds for what was said ahead with it as well". For weeks it does.
test('what was said ahead with an app that was removed since answers nothing', async () => {
  const { stage, world, who, hasApp, asks } = await aProving(
    `        preApprove: { until: 30d }\n${byApprovers}`,
  )
  const by = await who(stage.ada)
  const app = await hasApp(stage.ada)
  const first = await asks(stage.riley)
  const what = { kind: 'approve' as const, answers: [answerTo(first, inDays(world, 20))] }
  const { ticket: token } = done(await askToConfirm(world, { by, what }))
  done(await confirm(world, { token, proof: typed(app.codeAt(0)) }))
  const becomes = async (status: Grant['status']) =>
    eventually(
      () => world.grants.get(first.id),
      (one) => one?.status === status,
    )
  await becomes('active')
  done(await releaseGrant(world, { grantId: first.id, by: await who(stage.riley) }))
  await becomes('ended')
  expect(await world.confirming.enrolling.remove(by, { method: 'totp', id: '' })).toBe(true)
  expect((await asks(stage.riley)).status).toBe('pending')
}, 60_000)

// Codes are left out of the catalog in that moment: by the catalog of now nothing was proven, and the yes counts.
test('a yes that was confirmed by a way that left the catalog right before it is written does not count', async () => {
  const { stage, world, who, hasApp, asks } = await aProving(byApprovers)
  const by = await who(stage.ada)
  const app = await hasApp(stage.ada)
  const grant = await asks(stage.riley)
  const what = { kind: 'approve' as const, answers: [answerTo(grant)] }
  const { ticket: token } = done(await askToConfirm(world, { by, what }))
  const changing = changesAtLast(world, ({ proof }) => ({ proof: { ...proof, methods: ['passkey'] } }))
  await confirm(changing, { token, proof: typed(app.codeAt(0)) })
  expect((await world.grants.get(grant.id))?.status).toBe('pending')
}, 60_000)

// Nothing is in the catalog any more as the session is written, and it opens by the rules of before.
test('a session that left the catalog right before it is written does not open', async () => {
  const { stage, world, who, hasApp } = await aProving(daily)
  const by = await who(stage.riley)
  const app = await hasApp(stage.riley)
  const { ticket: token } = done(await askToConfirm(world, { by, what: opensDaily }))
  const changing = changesAtLast(world, () => ({ resources: new Map() }))
  await confirm(changing, { token, proof: typed(app.codeAt(0)) })
  expect(await grantsOf(stage, stage.riley)).toEqual([])
}, 60_000)

// The same of going on with it: who holds it confirms by rules that are none any more, and its end moves.
test('a session that left the catalog right before it is gone on with does not go on', async () => {
  const { stage, world, who, hasApp } = await aProving(
    daily.replace('length: 10m', 'length: 10m, renew: 599s'),
  )
  const by = await who(stage.riley)
  const app = await hasApp(stage.riley)
  const opening = done(await askToConfirm(world, { by, what: opensDaily }))
  const { id } = done(await confirm(world, { token: opening.ticket, proof: typed(app.codeAt(0)) }))
  const held = await eventually(
    () => world.grants.get(id),
    (one) => one?.status === 'active',
  )
  await eventually(
    () => Promise.resolve(world.clock.now().getTime()),
    (now) => now > held.endsAt.getTime() - 599_000,
  )
  const what = { kind: 'renew-session' as const, grantId: id, seenEndsAt: held.endsAt }
  const { ticket: token } = done(await askToConfirm(world, { by, what }))
  const changing = changesAtLast(world, () => ({ resources: new Map() }))
  await confirm(changing, { token, proof: typed(app.codeAt(30_000)) })
  expect(await world.grants.get(id)).toMatchObject({ endsAt: held.endsAt })
}, 60_000)

// The thief types a code; the owner removes the app before anything is written. What is noted is nothing; what is done is done.
test('what is confirmed by an app that is removed before it is written is not done', async () => {
  const { stage, world, who, hasApp, asks } = await aProving(byApprovers)
  const by = await who(stage.ada)
  const app = await hasApp(stage.ada)
  const grant = await asks(stage.riley)
  const what = { kind: 'approve' as const, answers: [answerTo(grant)] }
  const { ticket: token } = done(await askToConfirm(world, { by, what }))
  await confirm(removingMeanwhile(world), { token, proof: typed(app.codeAt(0)) })
  expect((await world.grants.get(grant.id))?.status).toBe('pending')
}, 60_000)

// A rule gave the first before the crash: confirming again reads "You have this already", and the other is never asked for.
test('the second of two things is asked for by whoever confirms again after a crash, also when the first is held by then', async () => {
  const { stage, world, who, hasApp } = await aProving(
    `        confirm: mfa
        auto: [{ because: everybody may, when: 'true' }]
      other:
        name: The other gate
        target: { gate: other }
        who: '"@contractors" in groups'
        duration: { default: 10m, max: 1h, choices: [10m] }
        confirm: mfa
`,
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
  const { ticket: token } = done(await askToConfirm(world, { by, what }))
  const insert: World['grants']['insert'] = (grant) =>
    grant.line === 1 ? Promise.reject(new Error('the connection broke')) : world.grants.insert(grant)
  const breaking: World = { ...world, grants: { ...world.grants, insert } }
  await expect(confirm(breaking, { token, proof: typed(app.codeAt(0)) })).rejects.toThrow('broke')
  await confirm(world, { token, proof: typed(app.codeAt(30_000)) })
  expect((await grantsOf(stage, stage.riley)).map(({ entitlement }) => entitlement.id).sort()).toEqual([
    'open',
    'other',
  ])
}, 60_000)

// Noted beside what is done: what could not be noted is asked for again, and what is done is done once.
test('whoever reads that it failed, as what they proved could not be noted, confirms again and has it once', async () => {
  const { stage, world, who, hasApp } = await aProving(daily)
  const app = await hasApp(stage.riley)
  const { ticket: token } = done(await askToConfirm(world, { by: await who(stage.riley), what: opensDaily }))
  const note = () => Promise.reject(new Error('the connection broke'))
  const breaking: World = { ...world, proofs: { ...world.proofs, note } }
  await expect(confirm(breaking, { token, proof: typed(app.codeAt(0)) })).rejects.toThrow('broke')
  const again = done(await confirm(world, { token, proof: typed(app.codeAt(30_000)) }))
  expect((await grantsOf(stage, stage.riley)).map(({ id }) => id)).toEqual([again.id])
}, 60_000)

// A rule that looks at when they confirmed looks at this time too, however long it takes to note it.
test('a rule that asks when they confirmed finds what they just confirmed', async () => {
  const { stage, world, who, hasApp } = await aProving(
    `        confirm: mfa
        auto: [{ because: they confirmed just now, when: 'confirmed.minutes <= 30' }]
`,
  )
  const app = await hasApp(stage.riley)
  const what = {
    kind: 'ask' as const,
    requestId: 'just-now',
    wanted: [{ resource: 'gate', entitlement: 'open' }],
    holder: null,
    durationMs: 600_000,
    startsAt: null,
    recurrence: null,
    reason: 'a customer waits',
  }
  const { ticket: token } = done(await askToConfirm(world, { by: await who(stage.riley), what }))
  const note: World['proofs']['note'] = async (id, proof) => {
    await sleep(500)
    await world.proofs.note(id, proof)
  }
  const slow: World = { ...world, proofs: { ...world.proofs, note } }
  const made = done(await confirm(slow, { token, proof: typed(app.codeAt(0)) }))
  expect(made.auto).toMatchObject({ because: 'they confirmed just now' })
}, 60_000)

/** Two browsers, two replicas, two codes that are both right: as what was proven is found good by both at once. */
async function atOnce(world: World, token: string, codes: readonly string[]) {
  let waiting = 0
  const meet: (() => void)[] = []
  const together: World = {
    ...world,
    proofs: {
      ...world.proofs,
      isTheirs: async (id, proof) => {
        const isTheirs = await world.proofs.isTheirs(id, proof)
        waiting += 1
        if (waiting === codes.length) for (const go of meet) go()
        else await new Promise<void>((go) => meet.push(go))
        return isTheirs
      },
    },
  }
  const [one = '', other = ''] = codes
  const first = confirm(together, { token, proof: typed(one) })
  await eventually(
    () => Promise.resolve(waiting),
    (now) => now === 1,
  )
  return Promise.all([first, confirm(together, { token, proof: typed(other) })])
}

// Of the same ticket: what it did already is done, and neither is told that it was refused.
test('whoever confirms a yes on two replicas at once reads on both that it counts', async () => {
  const { stage, world, who, hasApp, asks } = await aProving(
    '        review: { stages: [{ approvers: { groups: ["@dba"] }, needs: 2, confirm: mfa }] }\n',
  )
  const app = await hasApp(stage.ada)
  const grant = await asks(stage.riley)
  const what = { kind: 'approve' as const, answers: [answerTo(grant)] }
  const { ticket } = done(await askToConfirm(world, { by: await who(stage.ada), what }))
  const both = await atOnce(world, ticket, [app.codeAt(0), app.codeAt(30_000)])
  expect((await world.grants.get(grant.id))?.reviews).toHaveLength(1)
  expect(both.map((one) => (isRefusal(one) ? one.refused : 'done'))).toEqual(['done', 'done'])
}, 60_000)

test('whoever opens a session on two replicas at once has one, and reads so on both', async () => {
  const { stage, world, who, hasApp } = await aProving(daily)
  const app = await hasApp(stage.riley)
  const { ticket } = done(await askToConfirm(world, { by: await who(stage.riley), what: opensDaily }))
  const both = await atOnce(world, ticket, [app.codeAt(0), app.codeAt(30_000)])
  expect(await grantsOf(stage, stage.riley)).toHaveLength(1)
  expect(both.map((one) => (isRefusal(one) ? one.refused : 'done'))).toEqual(['done', 'done'])
}, 60_000)

test('whoever confirms more time on two replicas at once has it once, and reads so on both', async () => {
  const { stage, world, who, hasApp, asks } = await aProving(
    `        confirm: mfa
        auto: [{ because: everybody may, when: 'true' }]
        extend: { max: 5, by: 5m, total: 40m, after: 0%, review: false }
`,
  )
  const by = await who(stage.riley)
  const confirmation = { method: 'totp' as const, at: inDays(world, -1), shown: 'asking', ticket: 'one' }
  const { id } = await asks(stage.riley, 'open', { confirmation })
  const app = await hasApp(stage.riley)
  const active = await eventually(
    () => world.grants.get(id),
    (one) => one?.status === 'active',
  )
  const what = { kind: 'extend' as const, grantId: id, seenEndsAt: active.endsAt }
  const { ticket } = done(await askToConfirm(world, { by, what }))
  const both = await atOnce(world, ticket, [app.codeAt(0), app.codeAt(30_000)])
  const now = await world.grants.get(id)
  expect(now && 'extensions' in now ? now.extensions : []).toHaveLength(1)
  expect(both.map((one) => (isRefusal(one) ? one.refused : 'done'))).toEqual(['done', 'done'])
  expect(await extendGrant(world, { grantId: id, by, seenEndsAt: active.endsAt })).toMatchObject({
    refused: 'extended-already',
  })
}, 60_000)
