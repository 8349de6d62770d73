import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { startMongod } from '../../test/support/mongod.ts'
import { commandPayload } from '../../test/workspace/delivery/payloads.ts'
import type { Person } from '../../test/workspace/people/person.ts'
import { startWorkspace, type Workspace } from '../../test/workspace/workspace.ts'
import { benchCatalog, systemVariables } from './catalog.ts'
import { startPart } from './part.ts'
import { atMost, spread, type Report } from './report.ts'
import { databaseOf, runBench, startCurfew, troubles, type Bench } from './run-bench.ts'

const perSecond = 50
const blockSeconds = 2
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
  const complaints = [...curfew.workspace.complaints, ...bare.workspace.complaints]
  if (complaints.length > 0) throw new Error(`the local Slack complains: ${JSON.stringify(complaints[0])}`)

  const rows = lanes.map(({ name, tookMs }) => ({ name, n: tookMs.length, ...spread(tookMs) }))
  const [own, plain] = rows
  if (!own || !plain) throw new Error('nothing was measured')
  const limit = Math.max(1.2 * plain.p99Ms, plain.p99Ms + 2)
  return {
    bench: 'ack',
    what: 'a command leaving Slack → its views.open arriving at Slack',
    rows,
    goals: [
      atMost('curfew p99 (ms), beside 1.2 × bare or bare + 2 ms', limit, own.p99Ms),
      atMost('commands without views.open', 0, missing),
    ],
    notes: [
      `${perSecond} commands a second in blocks of ${blockSeconds} s, the listeners in turn; ${people} people, a catalog of ${resources * 5} entitlements`,
      'curfew holds 2 Socket Mode connections, the bare listener 1; "filled in" has no goal',
      ...troubles(app),
    ],
  }
})

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
async function ask({ slack, text, tookMs }: Lane, seconds: number): Promise<number> {
  const startedAtMs = performance.now()
  const answers: Promise<number | null>[] = []
  for (let i = 0; i < seconds * perSecond; i++) {
    const waitMs = startedAtMs + (i * 1_000) / perSecond - performance.now()
    if (waitMs > 0) await sleep(waitMs)
    answers.push(slack.ask(text))
  }
  const took = await Promise.all(answers)
  tookMs.push(...took.filter((ms) => ms !== null))
  return took.filter((ms) => ms === null).length
}
