import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import mongoose from 'mongoose'
import { z } from 'zod'
import { startMongod } from '../../test/support/mongod.ts'
import { startWorkspace } from '../../test/workspace/workspace.ts'
import { writeActiveGrants } from './active-grants.ts'
import { benchSystem, systemVariables } from './catalog.ts'
import { startPart } from './part.ts'
import { atMost, rounded, type Report } from './report.ts'
import { cpuMsOf, databaseOf, runBench, startCurfew, troubles } from './run-bench.ts'

const peopleCount = 5_000
const changing = 50
const idleMs = 30_000
/** Of the looks at everybody that come by themselves, one falls into the time that is measured. */
const lookEveryMs = 60_000

await runBench(async (bench): Promise<Report> => {
  const mongod = await startMongod({ replicaSet: true })
  bench.atEnd(() => mongod.stop())
  const target = startPart('webhook-target.ts')
  bench.atEnd(() => target.stop())
  const url = `http://127.0.0.1:${z.number().parse(await target.ask({ what: 'listen' }))}/`
  const mongodbUri = databaseOf(mongod.uri, 'curfew_bench')
  const workspace = await startWorkspace({ command: '/request-access', keepCalls: 0 })
  bench.atEnd(() => workspace.close())
  const access = workspace.addChannel({ name: 'access', app: true })
  workspace.addPerson({ name: 'Ada', email: 'ada@acme.example' })
  const people = Array.from({ length: peopleCount + changing }, (_, i) =>
    workspace.addPerson({ name: `person-${i}`, email: `person-${i}@acme.example` }),
  )
  const first = people.slice(0, peopleCount)
  const group = workspace.addGroup({ handle: 'support', members: first })
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const app = await startCurfew({
    workspace,
    mongodbUri,
    catalog: catalogOf(access.id),
    environment: systemVariables({ url, secret }),
  })
  bench.atEnd(() => app.stop())
  const connection = await mongoose.createConnection(mongodbUri, { autoIndex: false }).asPromise()
  bench.atEnd(() => connection.close())
  const grants = connection.collection('grants')
  const until = async (isDone: () => Promise<boolean>, withinMs: number): Promise<number> => {
    const startMs = performance.now()
    while (!(await isDone())) {
      if (performance.now() - startMs > withinMs) throw new Error(`not done within ${withinMs} ms`)
      await sleep(50)
    }
    return rounded(performance.now() - startMs)
  }
  const active = () => grants.countDocuments({ status: 'active', isStanding: true })
  const givenMs = await until(async () => (await active()) === peopleCount, 150_000)

  await writeActiveGrants(connection, {
    holders: first.map(({ id, name }) => ({ principal: name, teamId: workspace.teamId, userId: id })),
    system: benchSystem,
    endsAt: new Date(Date.now() + 3_600_000),
    posted: { channel: access.id, ts: '1700000000.000100' },
    what: { resource: 'service', entitlement: 'visit', target: { group: 'visit' } },
  })
  const asked = () => grants.countDocuments({ status: 'active', isStanding: false })

  await sleep(3_000)
  const cpuBeforeMs = await cpuMsOf(app.pid)
  await sleep(lookEveryMs)
  const minuteMs = (await cpuMsOf(app.pid)) - cpuBeforeMs
  if ((await asked()) !== peopleCount) throw new Error('what was asked for is not held any more')

  const left = changing / 2
  group.members = people.slice(left, peopleCount + left)
  const changeMs = await until(async () => {
    const [held, gone] = await Promise.all([
      active(),
      grants.countDocuments({ status: 'ended', isStanding: true }),
    ])
    return held === peopleCount && gone === left
  }, 60_000)

  const empty = await startIdle()
  return {
    bench: 'standing',
    what: `${peopleCount} people who hold something by rule, and each something that they asked for`,
    rows: [
      { name: 'given at first', n: peopleCount, allRecordedMs: givenMs },
      { name: 'a minute in which nothing changes: 60 sweeps, a look at everybody', n: 60, cpuMs: minuteMs },
      { name: 'the same minute with nobody to hold anything', n: 60, cpuMs: empty },
      { name: `a group change: ${left} join, ${left} leave`, n: changing, allRecordedMs: changeMs },
    ],
    goals: [
      atMost(
        'CPU of a sweep that changes nothing, the look at everybody shared among them (ms)',
        100,
        minuteMs / 60,
      ),
      atMost('the same minute with nobody to hold anything, times', 2, minuteMs / empty),
      atMost('a group change of 50 people, until all is given, taken and recorded (ms)', 5_000, changeMs),
    ],
    notes: [
      'one replica; the system is a webhook on loopback',
      'cpuMs: CPU time of the curfew process',
      ...troubles(app),
    ],
  }

  /** The baseline: the same process with no standing rule that anybody matches. */
  async function startIdle(): Promise<number> {
    await app.stop()
    const other = await startCurfew({
      workspace,
      mongodbUri: databaseOf(mongod.uri, 'curfew_idle'),
      catalog: catalogOf(access.id).replace('mode: standing', 'mode: approval'),
      environment: systemVariables({ url, secret }),
    })
    bench.atEnd(() => other.stop())
    await sleep(3_000)
    const beforeMs = await cpuMsOf(other.pid)
    await sleep(idleMs)
    return ((await cpuMsOf(other.pid)) - beforeMs) * (lookEveryMs / idleMs)
  }
})

function catalogOf(channel: string): string {
  return `version: 1
defaults:
  channel: ${channel}
  admins: [ada@acme.example]
  approvers: { people: [ada@acme.example] }
systems:
  ${benchSystem}:
    connector: webhook
    url: \${BENCH_WEBHOOK_URL}
    secret: \${BENCH_WEBHOOK_SECRET}
    principal: email.split("@")[0]
resources:
  service:
    name: Service
    system: ${benchSystem}
    entitlements:
      daily:
        name: Read, every day
        target: { group: read }
        mode: standing
        who: '"@support" in groups'
      visit:
        name: Read, for a visit
        target: { group: visit }
        who: '!guest'
        confirmAbove: 0
`
}
