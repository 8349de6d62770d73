import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebClient } from '@slack/web-api'
import mongoose from 'mongoose'
import { z } from 'zod'
import { startMongod } from '../../test/support/mongod.ts'
import { startWorkspace } from '../../test/workspace/workspace.ts'
import { writeActiveGrants, type Holder } from './active-grants.ts'
import { benchCatalog, benchSystem, systemVariables } from './catalog.ts'
import { callPlainly, patienceMs, writingMs } from './plainly.ts'
import { startPart } from './part.ts'
import { atMost, rounded, spread, type Report } from './report.ts'
import { databaseOf, runBench, startCurfew, troubles } from './run-bench.ts'
import { whatSlackHears } from './slack-hears.ts'

const warnedCount = 10
const askedCount = 20
/** Before and after the instant at which most end; the first of all is to make the process warm. */
const warmMs = -27_000
const firstMs = -15_000
const warnedMs = 15_000
const laterMs = 20_000
const askEveryMs = 3_000
/** Beside those: one who asks, and is answered, between the first waves, so that no way is new at the instant. */
const earlyAt = -8
const watchedMs = 75_000
/** Ends nearer than this are prepared already: everything must have been written by then. */
const preparedMs = 5_000
const heldMs = 7_200_000
const callsSchema = z.object({
  calls: z.array(z.object({ action: z.string(), principal: z.string(), atMs: z.number() })),
})

await runBench(async (bench): Promise<Report> => {
  const fewer = Math.max(1, Math.round(bench.grants / 5))
  const mongod = await startMongod({ replicaSet: true })
  bench.atEnd(() => mongod.stop())
  const target = startPart('webhook-target.ts')
  bench.atEnd(() => target.stop())
  const url = `http://127.0.0.1:${z.number().parse(await target.ask({ what: 'listen' }))}/`
  const workspace = await startWorkspace({
    command: '/request-access',
    keepCalls: 1,
    triggerMs: 10_000,
    ackMs: 10_000,
  })
  bench.atEnd(() => workspace.close())
  const access = workspace.addChannel({ name: 'access', app: true })
  const old = workspace.addChannel({ name: 'old', app: true })
  const ada = workspace.addPerson({ name: 'Ada', email: 'ada@acme.example', channels: [access] })
  const many = (what: string, count: number): Holder[] =>
    Array.from({ length: count }, (_, i) => {
      const principal = `${what}-${i}`
      const { id: userId } = workspace.addPerson({ name: principal, email: `${principal}@acme.example` })
      return { principal, userId, teamId: workspace.teamId, personId: `p-${principal}` }
    })
  const waves = {
    warm: many('warm', fewer),
    first: many('first', fewer),
    most: many('person', bench.grants),
    later: many('later', fewer),
    warned: many('warned', warnedCount),
  }
  const early = workspace.addPerson({ name: 'Asks early', email: 'asks-early@acme.example' })
  const asking = Array.from({ length: askedCount }, (_, i) =>
    workspace.addPerson({ name: `Asks ${i}`, email: `asks-${i}@acme.example` }),
  )
  // Whoever is not in it any more would lose what they hold at the next look.
  const holders = Object.values(waves).flatMap((wave) => wave.map(({ userId: id }) => ({ id })))
  workspace.addGroup({ handle: 'engineering', members: [early, ...asking, ...holders] })
  // From here on it answers as Slack does: 50 edits a minute, a message a second to each.
  workspace.limits.enforce()
  const mongodbUri = databaseOf(mongod.uri, 'curfew_bench')
  const app = await startCurfew({
    workspace,
    mongodbUri,
    catalog: benchCatalog(access, { resources: 1 }),
    environment: systemVariables({ url, secret: `whsec_${randomBytes(32).toString('base64')}` }),
  })
  bench.atEnd(() => app.stop())
  const connection = await mongoose
    .createConnection(mongodbUri, { autoIndex: false, writeConcern: { w: 1 } })
    .asPromise()
  bench.atEnd(() => connection.close())
  const slack = new WebClient(workspace.botToken, { slackApiUrl: workspace.apiUrl })
  const post = async (channel: { id: string }) => {
    const { ts = '' } = await slack.chat.postMessage({ channel: channel.id, text: 'A message' })
    return { channel: channel.id, ts }
  }
  const posted = await post(access)
  const told = await post(old)
  // Whoever is warned holds it still: what is edited of theirs is not of what ended.
  const toldOfHeld = await post(old)
  await target.ask({
    what: 'hold',
    principals: Object.values(waves).flatMap((wave) => wave.map(({ principal }) => principal)),
  })
  const atMs = Date.now() + writingMs(bench.grants + 3 * fewer) - warmMs
  const write = (ids: keyof typeof waves, endsAtMs: number, more: object = {}) =>
    writeActiveGrants(connection, {
      holders: waves[ids],
      system: benchSystem,
      endsAt: new Date(endsAtMs),
      posted,
      told,
      ids,
      ...more,
    })
  await write('most', atMs)
  await write('later', atMs + laterMs)
  await write('warned', atMs + heldMs / 2, { warnMs: heldMs / 2 - warnedMs, told: toldOfHeld })
  await write('first', atMs + firstMs, { isShown: false })
  await write('warm', atMs + warmMs, { isShown: false })
  if (Date.now() > atMs + warmMs - preparedMs) throw new Error('this machine is too slow to write the grants')

  const heard = whatSlackHears(workspace, { card: posted.ts, dm: told.ts, atMs })
  /** Null of what does not come while it is watched. */
  const watched = (coming: Promise<number>): Promise<number | null> =>
    Promise.race([coming, sleep(Math.max(0, atMs + watchedMs - Date.now()), null)])
  const cards: number[] = []
  const decisions: number[] = []
  const asksAt = async (person: (typeof asking)[number], i: number): Promise<void> => {
    const waitMs = atMs + i * askEveryMs - Date.now()
    if (waitMs > 0) await sleep(waitMs)
    await person.runs(`/request-access service-1 read 2h DRAIN-${i}- is what this is for`)
    await person.modal('What do you need it for', { withinMs: patienceMs })
    const sentAtMs = performance.now()
    await person.submits()
    const postedAtMs = await watched(heard.posted(access.id, `DRAIN-${i}-`))
    if (postedAtMs === null) return
    if (i >= 0) cards.push(postedAtMs - sentAtMs)
    if (i % 4 !== 0) return
    const card = await ada.sees(`DRAIN-${i}-`, access, { withinMs: patienceMs })
    const clickedAtMs = performance.now()
    await ada.clicks('Approve 2 h', card)
    const editedAtMs = await watched(heard.edited(card.ts))
    if (editedAtMs !== null && i >= 0) decisions.push(editedAtMs - clickedAtMs)
  }
  await Promise.all([asksAt(early, earlyAt), ...asking.map((person, i) => asksAt(person, i))])
  await sleep(Math.max(0, atMs + watchedMs - Date.now()))
  const seen = heard.stop()
  const { calls } = callsSchema.parse(await target.ask({ what: 'calls' }))
  const takes = (ids: keyof typeof waves, endsAtMs: number) => {
    const late = new Map<string, number>()
    const theirs = new Set(waves[ids].map(({ principal }) => principal))
    for (const { action, principal, atMs: calledAtMs } of calls)
      if (action === 'take' && theirs.has(principal) && !late.has(principal))
        late.set(principal, calledAtMs - endsAtMs)
    return [...late.values()]
  }
  const late = {
    first: takes('first', atMs + firstMs),
    most: takes('most', atMs),
    later: takes('later', atMs + laterMs),
  }
  const notices = (ids: keyof typeof waves, dueAtMs: number) =>
    waves[ids].flatMap(({ userId }) => {
      const sinceMs = seen.posts.get(userId)
      return sinceMs === undefined ? [] : [sinceMs - (dueAtMs - atMs)]
    })
  const warnings = notices('warned', atMs + warnedMs)
  const ended = [...notices('most', atMs), ...notices('later', atMs + laterMs)]
  const edits = { card: seen.edits.get('card') ?? [], dm: seen.edits.get('dm') ?? [] }
  const said = troubles(app)
  await app.stop()
  const plain = { action: 'take' as const, target, url, how: 'timer' as const, aheadMs: 3_000 }
  const timer = async (grants: number, name: string) =>
    callPlainly({ ...plain, bench: { ...bench, grants }, mongodbUri: databaseOf(mongod.uri, name) })
  const [alone, aloneFewer] = [await timer(bench.grants, 'one'), await timer(fewer, 'other')]
  const row = (name: string, ms: readonly number[]) => ({ name, n: ms.length, ...spread(ms) })
  const toEdit = 2 * (bench.grants + fewer)
  const isDrainingStill = edits.card.length + edits.dm.length < toEdit
  return {
    bench: 'drain',
    what: `${bench.grants} ends at one instant, and what people hear of them at the pace that Slack allows`,
    rows: [
      row(`takes, ${fewer} before, while nothing waits`, late.first),
      row(`takes, ${bench.grants} at the instant`, late.most),
      row(`takes, ${fewer} after ${laterMs / 1_000} s, while it drains`, late.later),
      { name: `calls alone, by a timer, ${fewer}`, ...alone_(aloneFewer) },
      { name: `calls alone, by a timer, ${bench.grants}`, ...alone_(alone) },
      row('warnings, due → posted', warnings),
      row('ended notices, end → posted', ended),
      row('cards of new requests, sent → posted', cards),
      row('an approval, clicked → its card edited', decisions),
      row('cards of what ended, end of most → edited', edits.card),
      row('DMs of what ended, end of most → edited', edits.dm),
    ],
    goals: [
      atMost(
        `takes while it drains, p99 beside 1.5 × those while nothing waits (ms)`,
        1.5 * spread(late.first).p99Ms,
        spread(late.later).p99Ms,
      ),
      atMost(
        `takes of ${bench.grants}, p99 beside 1.5 × the calls alone (ms)`,
        1.5 * alone.p99Ms,
        spread(late.most).p99Ms,
      ),
      atMost('takes that never came', 0, bench.grants + 2 * fewer - Object.values(late).flat().length),
      atMost('a new card, the slowest (ms)', 3_000, spread(cards).maxMs),
      atMost('new cards never posted', 0, askedCount - cards.length),
      atMost('approvals whose card was not edited', 0, askedCount / 4 - decisions.length),
      atMost('warnings never posted', 0, warnedCount - warnings.length),
      atMost('ended notices never posted', 0, bench.grants + fewer - ended.length),
      atMost(
        'order: warnings, p99 beside the ended notices (ms)',
        spread(ended).p99Ms,
        spread(warnings).p99Ms,
      ),
      atMost(
        'order: ended notices, the last, beside the card edit in the middle (ms)',
        isDrainingStill ? toMiddleMs(edits.card, bench.grants + fewer) : spread(edits.card).p50Ms,
        spread(ended).maxMs,
      ),
      atMost('order: DMs of what ended edited while cards of what ended waited', 8, seen.overtaking(edits)),
    ],
    notes: [
      `Slack's limits are on: 50 edits a minute, a message a second in each channel; watched for ${watchedMs / 1_000} s after the instant, in which ${edits.card.length + edits.dm.length} of ${toEdit} edits were made: the others need ${rounded((toEdit - edits.card.length - edits.dm.length) / 50)} minutes more at that pace`,
      `${seen.refused} calls were refused by Slack as too many (${[...seen.refusedBy].map(([method, times]) => `${method} ${times}`).join(', ')})`,
      `${fewer} more end ${-warmMs / 1_000} s before the instant, and one asks and is answered soon after: the process is warm from then on`,
      `${warnedCount} warnings fall due ${warnedMs / 1_000} s after the instant; ${askedCount} people ask, one each ${askEveryMs / 1_000} s from the instant on, and Ada approves each fourth`,
      ...said,
    ],
  }
})

function alone_({ n, p50Ms, p99Ms, maxMs }: { n: number; p50Ms: number; p99Ms: number; maxMs: number }) {
  return { n, p50Ms, p99Ms, maxMs }
}

/** When half of them will have been edited, at 50 a minute. */
function toMiddleMs(edits: readonly number[], all: number): number {
  const sofar = edits.toSorted((one, other) => one - other)[Math.floor(all / 2)]
  return sofar ?? ((all / 2) * 60_000) / 50
}
