import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebClient } from '@slack/web-api'
import mongoose from 'mongoose'
import { z } from 'zod'
import { startMongod } from '../../test/support/mongod.ts'
import { startWorkspace } from '../../test/workspace/workspace.ts'
import { writeActiveGrants, type Holder } from './active-grants.ts'
import { benchCatalog, benchSystem, systemVariables } from './catalog.ts'
import { startPart, type Part } from './part.ts'
import { callPlainly, callsTo, lateGoals, patienceMs, writingMs } from './plainly.ts'
import { atMost, rounded, type Report } from './report.ts'
import { cpuMsOf, databaseOf, runBench, startCurfew, troubles, type Bench } from './run-bench.ts'

/** Ends nearer than this are prepared already: everything must have been written by then. */
const preparedMs = 5_000

await runBench(async (bench): Promise<Report> => {
  const mongod = await startMongod({ replicaSet: true })
  bench.atEnd(() => mongod.stop())
  const target = startPart('webhook-target.ts')
  bench.atEnd(() => target.stop())
  const url = `http://127.0.0.1:${z.number().parse(await target.ask({ what: 'listen' }))}/`

  const own = await endGrants(bench, { target, url, mongodbUri: databaseOf(mongod.uri, 'curfew_bench') })
  const plain = {
    bench,
    action: 'take' as const,
    target,
    url,
    mongodbUri: databaseOf(mongod.uri, 'agenda_bench'),
  }
  const jobs = await callPlainly({ ...plain, how: 'agenda', aheadMs: writingMs(bench.grants) })
  const timer = await callPlainly({ ...plain, how: 'timer', aheadMs: 3_000 })
  return {
    bench: 'lateness',
    what: 'the instant at which grants end → the call that takes the access arriving',
    rows: [
      { name: 'curfew', ...own.calls, allRecordedMs: own.recordedMs, cpuMsEach: own.cpuMsEach },
      { name: 'plain Agenda, a job per grant', ...jobs },
      { name: 'calls alone, by a timer', ...timer },
    ],
    goals: [
      ...lateGoals(bench, 1.5, own.calls, timer),
      atMost('curfew calls that came early', 0, own.calls.early),
      atMost('curfew calls that never came', 0, bench.grants - own.calls.n),
      atMost('curfew calls that came twice', 0, own.calls.again),
    ],
    notes: [
      `${bench.grants} grants of as many people, all ending at one instant; one replica; webhook on loopback`,
      'allRecordedMs: until each was read back from the system and is ended in MongoDB; the others neither read back nor record',
      'cpuMsEach: CPU time of the process from when all was written, for each grant; on a busy machine a steadier figure than the times',
      ...own.troubles,
    ],
  }
})

/** Curfew: grants that were given before, found and ended by the running app. */
async function endGrants(
  bench: Bench,
  { target, url, mongodbUri }: { target: Part; url: string; mongodbUri: string },
) {
  const workspace = await startWorkspace({ command: '/request-access', keepCalls: 0 })
  bench.atEnd(() => workspace.close())
  const access = workspace.addChannel({ name: 'access', app: true })
  workspace.addPerson({ name: 'Ada', email: 'ada@acme.example' })
  const holders = Array.from({ length: bench.grants }, (_, i): Holder => {
    const principal = `person-${i}`
    const { id: userId } = workspace.addPerson({ name: principal, email: `${principal}@acme.example` })
    return { principal, userId, teamId: workspace.teamId }
  })
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const app = await startCurfew({
    workspace,
    mongodbUri,
    catalog: benchCatalog(access, { resources: 1 }),
    environment: systemVariables({ url, secret }),
  })
  bench.atEnd(() => app.stop())
  const connection = await mongoose
    .createConnection(mongodbUri, { autoIndex: false, writeConcern: { w: 1 } })
    .asPromise()
  bench.atEnd(() => connection.close())
  const slack = new WebClient(workspace.botToken, { slackApiUrl: workspace.apiUrl })
  const { ts = '' } = await slack.chat.postMessage({ channel: access.id, text: 'A request' })

  await target.ask({ what: 'hold', principals: holders.map(({ principal }) => principal) })
  const endsAt = new Date(Date.now() + writingMs(bench.grants))
  const posted = { channel: access.id, ts }
  await writeActiveGrants(connection, { holders, system: benchSystem, endsAt, posted })
  if (Date.now() > endsAt.getTime() - preparedMs)
    throw new Error('this machine is too slow to write the grants')

  const cpuBeforeMs = await cpuMsOf(app.pid)
  const isDone = async () => (await connection.collection('grants').countDocuments({ isOpen: true })) === 0
  await sleep(endsAt.getTime() - Date.now())
  while (!(await isDone())) {
    if (Date.now() > endsAt.getTime() + patienceMs) throw new Error('the grants do not end')
    await sleep(20)
  }
  const cpuMsEach = rounded(((await cpuMsOf(app.pid)) - cpuBeforeMs) / bench.grants)
  const recordedMs = rounded(Date.now() - endsAt.getTime())
  const ends = await connection.collection('grants').distinct('left')
  if (ends.join() !== 'gone') throw new Error(`not every end was read back: ${ends.join()}`)
  const calls = await callsTo(target, 'take', endsAt.getTime())
  const said = troubles(app)
  await app.stop()
  return { calls, recordedMs, cpuMsEach, troubles: said }
}
