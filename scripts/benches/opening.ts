import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebClient } from '@slack/web-api'
import mongoose from 'mongoose'
import { z } from 'zod'
import { startMongod } from '../../test/support/mongod.ts'
import { startWorkspace } from '../../test/workspace/workspace.ts'
import type { Holder } from './active-grants.ts'
import { benchCatalog, benchSystem, systemVariables } from './catalog.ts'
import { startPart, type Part } from './part.ts'
import { callPlainly, callsTo, lateGoals, patienceMs, writingMs } from './plainly.ts'
import { atMost, rounded, type Report } from './report.ts'
import { cpuMsOf, databaseOf, runBench, startCurfew, troubles, type Bench } from './run-bench.ts'
import { writeSeries } from './weekly-series.ts'

/** Long enough before they open for every series to be written. */
const leastAheadMs = (grants: number) => writingMs(grants) + 5_000
const minuteMs = 60_000

await runBench(async (bench): Promise<Report> => {
  const mongod = await startMongod({ replicaSet: true })
  bench.atEnd(() => mongod.stop())
  const target = startPart('webhook-target.ts')
  bench.atEnd(() => target.stop())
  const url = `http://127.0.0.1:${z.number().parse(await target.ask({ what: 'listen' }))}/`

  const own = await openWindows(bench, { target, url, mongodbUri: databaseOf(mongod.uri, 'curfew_bench') })
  const plain = {
    bench,
    target,
    url,
    action: 'give' as const,
    mongodbUri: databaseOf(mongod.uri, 'agenda_bench'),
  }
  const jobs = await callPlainly({ ...plain, how: 'agenda', aheadMs: writingMs(bench.grants) })
  const timer = await callPlainly({ ...plain, how: 'timer', aheadMs: 3_000 })
  return {
    bench: 'opening',
    what: 'the instant at which windows open → the call that gives the access arriving',
    rows: [
      { name: 'curfew', ...own.calls, allRecordedMs: own.recordedMs, cpuMsEach: own.cpuMsEach },
      { name: 'plain Agenda, a job per window', ...jobs },
      { name: 'calls alone, by a timer', ...timer },
    ],
    goals: [
      ...lateGoals(bench, 2, own.calls, timer),
      atMost('curfew calls that came early', 0, own.calls.early),
      atMost('curfew calls that never came', 0, bench.grants - own.calls.n),
      atMost('curfew calls that came twice', 0, own.calls.again),
    ],
    notes: [
      `${bench.grants} series of as many people, whose next windows all open at one instant; one replica; webhook on loopback`,
      'at each opening curfew asks Slack whether the person is still here, and the rules and the approvers of that moment; the others ask nothing',
      'allRecordedMs: until each window is active in MongoDB; cpuMsEach: CPU time of the process from when all was written, for each window',
      ...own.troubles,
    ],
  }
})

async function openWindows(
  bench: Bench,
  { target, url, mongodbUri }: { target: Part; url: string; mongodbUri: string },
) {
  const workspace = await startWorkspace({ command: '/request-access', keepCalls: 0 })
  bench.atEnd(() => workspace.close())
  const access = workspace.addChannel({ name: 'access', app: true })
  const ada = workspace.addPerson({ name: 'Ada', email: 'ada@acme.example' })
  const holders = Array.from({ length: bench.grants }, (_, i): Holder => {
    const principal = `person-${i}`
    const { id: userId } = workspace.addPerson({ name: principal, email: `${principal}@acme.example` })
    return { principal, userId, teamId: workspace.teamId }
  })
  workspace.addGroup({ handle: 'engineering', members: holders.map(({ userId: id }) => ({ id })) })
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const rules = '        windows: { until: 60d }\n'
  const app = await startCurfew({
    workspace,
    mongodbUri,
    catalog: benchCatalog(access, { resources: 1, rules }),
    environment: systemVariables({ url, secret }),
  })
  bench.atEnd(() => app.stop())
  const connection = await mongoose
    .createConnection(mongodbUri, { autoIndex: false, writeConcern: { w: 1 } })
    .asPromise()
  bench.atEnd(() => connection.close())
  const slack = new WebClient(workspace.botToken, { slackApiUrl: workspace.apiUrl })
  const { ts = '' } = await slack.chat.postMessage({ channel: access.id, text: 'A request' })

  await target.ask({ what: 'hold', principals: [] })
  const opensAt = new Date(Math.ceil((Date.now() + leastAheadMs(bench.grants)) / minuteMs) * minuteMs)
  const approver = { userId: ada.id, teamId: workspace.teamId }
  const posted = { channel: access.id, ts }
  await writeSeries(connection, { holders, approver, system: benchSystem, opensAt, posted })
  if (Date.now() > opensAt.getTime() - 10_000) throw new Error('this machine is too slow to write the series')

  const cpuBeforeMs = await cpuMsOf(app.pid)
  await sleep(opensAt.getTime() - Date.now())
  const active = () => connection.collection('grants').countDocuments({ status: 'active' })
  while ((await active()) < bench.grants) {
    if (Date.now() > opensAt.getTime() + patienceMs) break
    await sleep(20)
  }
  const recordedMs = rounded(Date.now() - opensAt.getTime())
  const cpuMsEach = rounded(((await cpuMsOf(app.pid)) - cpuBeforeMs) / bench.grants)
  const calls = await callsTo(target, 'give', opensAt.getTime())
  const said = troubles(app)
  await app.stop()
  return { calls, recordedMs, cpuMsEach, troubles: said }
}
