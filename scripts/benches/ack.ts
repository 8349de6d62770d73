import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebClient } from '@slack/web-api'
import mongoose from 'mongoose'
import { z } from 'zod'
import { startMongod } from '../../test/support/mongod.ts'
import { commandPayload } from '../../test/workspace/delivery/payloads.ts'
import type { Person } from '../../test/workspace/people/person.ts'
import { startWorkspace, type Workspace } from '../../test/workspace/workspace.ts'
import { writeActiveGrants, type Holder } from './active-grants.ts'
import { benchCatalog, benchSystem, systemVariables } from './catalog.ts'
import { startPart, type Part } from './part.ts'
import { writingMs } from './plainly.ts'
import { atMost, spread, type Report } from './report.ts'
import { databaseOf, runBench, startCurfew, troubles, type Bench } from './run-bench.ts'

const perSecond = 50
const blockSeconds = 2
const endingSeconds = 8
const people = 20
const resources = 20
const patienceMs = 10_000
const command = '/request-access'
const filledIn = 'service-7 read 2h INC-123: orders stuck in paid'

/** One listener on a Slack of its own, and what it is asked. */
interface Lane {
  readonly name: string
  readonly slack: Slack
  readonly text: string
  readonly tookMs: number[]
}

/** A local Slack that knows when a command went out and when its `views.open` came in. */
interface Slack {
  readonly workspace: Workspace
  /** Sends a command; resolves with the time until its `views.open` came in, null if none does within `patienceMs`. */
  ask(text: string): Promise<number | null>
}

await runBench(async (bench): Promise<Report> => {
  const curfew = await aSlack(bench)
  const bare = await aSlack(bench)
  const channel = curfew.workspace.addChannel({ name: 'access', app: true })
  const mongod = await startMongod({ replicaSet: true })
  bench.atEnd(() => mongod.stop())
  const target = startPart('webhook-target.ts')
  bench.atEnd(() => target.stop())
  const url = `http://127.0.0.1:${z.number().parse(await target.ask({ what: 'listen' }))}/`
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const app = await startCurfew({
    workspace: curfew.workspace,
    mongodbUri: databaseOf(mongod.uri, 'curfew_bench'),
    catalog: benchCatalog(channel, { resources }),
    environment: systemVariables({ url, secret }),
  })
  bench.atEnd(() => app.stop())
  const listener = startPart('bare-listener.ts')
  bench.atEnd(() => listener.stop())
  const { botToken, appToken, apiUrl: slackApiUrl } = bare.workspace
  await listener.ask({ botToken, appToken, slackApiUrl })

  const lanes: Lane[] = [
    { name: 'curfew', slack: curfew, text: '', tookMs: [] },
    { name: 'bare Bolt listener', slack: bare, text: '', tookMs: [] },
    { name: 'curfew, filled in', slack: curfew, text: filledIn, tookMs: [] },
  ]
  // Everyone is remembered, one after the other so that nobody's second form comes before their first is filled.
  for (let i = 0; i < people; i++) await curfew.ask('')
  await sleep(1_000)
  // The code is warm.
  for (const lane of lanes) await ask({ ...lane, tookMs: [] }, blockSeconds)
  let missing = 0
  for (let asked = 0, round = 0; asked < bench.seconds; asked += blockSeconds, round++) {
    const order = round % 2 === 0 ? lanes : [...lanes].reverse()
    for (const lane of order) missing += await ask(lane, Math.min(blockSeconds, bench.seconds - asked))
  }
  const busy = await whileGrantsEnd(bench, {
    target,
    channel,
    curfew,
    bare,
    mongodbUri: databaseOf(mongod.uri, 'curfew_bench'),
  })
  missing += busy.missing
  const complaints = [...curfew.workspace.complaints, ...bare.workspace.complaints]
  if (complaints.length > 0) throw new Error(`the local Slack complains: ${JSON.stringify(complaints[0])}`)

  const rows = [...lanes, ...busy.lanes].map(({ name, tookMs }) => ({
    name,
    n: tookMs.length,
    ...spread(tookMs),
  }))
  const [own, plain, , ownBusy, plainBusy] = rows
  if (!own || !plain || !ownBusy || !plainBusy) throw new Error('nothing was measured')
  const limit = ({ p99Ms }: { p99Ms: number }) => Math.max(1.2 * p99Ms, p99Ms + 2)
  return {
    bench: 'ack',
    what: 'a command leaving Slack → its views.open arriving at Slack',
    rows,
    goals: [
      atMost('curfew p99 (ms), beside 1.2 × bare or bare + 2 ms', limit(plain), own.p99Ms),
      atMost(
        'curfew p99 while grants end (ms), beside 1.2 × bare or bare + 2 ms',
        limit(plainBusy),
        ownBusy.p99Ms,
      ),
      atMost('commands without views.open', 0, missing),
    ],
    notes: [
      `${perSecond} commands a second in blocks of ${blockSeconds} s, the listeners in turn; ${people} people, a catalog of ${resources * 5} entitlements`,
      'curfew holds 2 Socket Mode connections, the bare listener 1; "filled in" has no goal',
      `while grants end: ${bench.grants} of as many people end in the middle of ${endingSeconds} s; both listeners are asked then, at half the pace each`,
      ...troubles(app),
    ],
  }
})

/** Asks both while all that was written ends at one instant: the machine is as busy for the one as for the other. */
async function whileGrantsEnd(
  bench: Bench,
  about: {
    target: Part
    channel: { id: string }
    curfew: Slack
    bare: Slack
    mongodbUri: string
  },
): Promise<{ lanes: Lane[]; missing: number }> {
  const { target, channel, curfew, bare, mongodbUri } = about
  const connection = await mongoose
    .createConnection(mongodbUri, { autoIndex: false, writeConcern: { w: 1 } })
    .asPromise()
  bench.atEnd(() => connection.close())
  const { workspace } = curfew
  const holders = Array.from({ length: bench.grants }, (_, i): Holder => {
    const principal = `holder-${i}`
    const { id: userId } = workspace.addPerson({ name: principal, email: `${principal}@acme.example` })
    return { principal, userId, teamId: workspace.teamId }
  })
  await target.ask({ what: 'hold', principals: holders.map(({ principal }) => principal) })
  const slack = new WebClient(workspace.botToken, { slackApiUrl: workspace.apiUrl })
  const { ts = '' } = await slack.chat.postMessage({ channel: channel.id, text: 'A request' })
  const endsAt = new Date(Date.now() + writingMs(bench.grants))
  const posted = { channel: channel.id, ts }
  await writeActiveGrants(connection, { holders, system: benchSystem, endsAt, posted })
  await sleep(endsAt.getTime() - Date.now() - (endingSeconds * 1_000) / 2)
  const lanes: Lane[] = [
    { name: 'curfew, while grants end', slack: curfew, text: '', tookMs: [] },
    { name: 'bare, while grants end', slack: bare, text: '', tookMs: [] },
  ]
  const missing = await Promise.all(lanes.map((lane) => ask(lane, endingSeconds, perSecond / 2)))
  return { lanes, missing: missing.reduce((all, one) => all + one, 0) }
}

async function aSlack(bench: Bench): Promise<Slack> {
  const workspace = await startWorkspace({
    command,
    shortcuts: ['request_access'],
    keepCalls: 1,
    // Slack's 3 s would make a slow answer a missing one.
    triggerMs: patienceMs,
    ackMs: patienceMs,
  })
  bench.atEnd(() => workspace.close())
  const members = Array.from({ length: people }, (_, i) =>
    workspace.addPerson({ name: `Person ${i + 1}`, email: `person-${i + 1}@acme.example` }),
  )
  workspace.addPerson({ name: 'Ada', email: 'ada@acme.example' })
  workspace.addGroup({ handle: 'engineering', members })
  const waiting = new Map<unknown, (arrivedAtMs: number) => void>()
  workspace.changes.on('change', (change) => {
    if (change.what !== 'call' || change.call.method !== 'views.open') return
    waiting.get(change.call.args['trigger_id'])?.(change.call.atMs)
  })
  let turn = 0
  const next = (): Person => members[turn++ % members.length]!

  return {
    workspace,
    ask: async (text) => {
      const { account } = next()
      const channel = workspace.state.dmOf(account.id)
      const payload = commandPayload(workspace.state, { account, channel, command, text })
      const opened = new Promise<number>((resolve) => waiting.set(payload['trigger_id'], resolve))
      const sentAtMs = performance.now()
      const answer = workspace.raw('slash_commands', payload)
      const arrivedAtMs = await Promise.race([opened, sleep(patienceMs, null, { ref: false })])
      waiting.delete(payload['trigger_id'])
      const { outcome } = await answer
      if (outcome !== 'acked') return null
      return arrivedAtMs === null ? null : arrivedAtMs - sentAtMs
    },
  }
}

/** Asks at an even pace, whether or not answers come. Returns how many never did. */
async function ask({ slack, text, tookMs }: Lane, seconds: number, pace = perSecond): Promise<number> {
  const startedAtMs = performance.now()
  const answers: Promise<number | null>[] = []
  for (let i = 0; i < seconds * pace; i++) {
    const waitMs = startedAtMs + (i * 1_000) / pace - performance.now()
    if (waitMs > 0) await sleep(waitMs)
    answers.push(slack.ask(text))
  }
  const took = await Promise.all(answers)
  tookMs.push(...took.filter((ms) => ms !== null))
  return took.filter((ms) => ms === null).length
}
