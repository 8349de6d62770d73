import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { MongoClient } from 'mongodb'
import { z } from 'zod'
import { freePort } from '../../test/support/free-port.ts'
import { startMongod } from '../../test/support/mongod.ts'
import { startWorkspace, type Workspace } from '../../test/workspace/workspace.ts'
import { buildApp } from '../build-app.ts'
import { benchCatalog, systemVariables } from './catalog.ts'
import { leave } from './leavers.ts'
import { moreUsers, type Stored } from './more-users.ts'
import { startPart } from './part.ts'
import { aProvider, membershipsOf, outsiderOf, userNameOf, writesOf, type Amounts } from './provider.ts'
import { atMost, rounded, spread, type Report } from './report.ts'
import { connectedTo, cpuMsOf, databaseOf, runBench, startCurfew, troubles, type Bench } from './run-bench.ts'

const atOnce = 50
const amounts: Amounts = { users: 10_000, groups: 200, singly: 50, batches: 9, inBatch: 50 }
const directorySize = 100_000
const pageSize = 100
const lookUps = 2_000
const perSecond = 400
const pacedSeconds = 10

/** One server that speaks SCIM, and the database behind it. */
interface Lane {
  readonly name: string
  readonly pid: number
  readonly database: string
  readonly server: { url: string; token: string }
}

await runBench(
  async (bench): Promise<Report> => {
    const mongod = await startMongod({ replicaSet: true, cacheGB: 1 })
    bench.atEnd(() => mongod.stop())
    const target = startPart('webhook-target.ts')
    bench.atEnd(() => target.stop())
    const webhook = `http://127.0.0.1:${z.number().parse(await target.ask({ what: 'listen' }))}/`
    const workspace = await startWorkspace({ command: '/request-access', keepCalls: 0 })
    bench.atEnd(() => workspace.close())

    const bare = await measure(bench, mongod.uri, await aBareServer(bench, mongod.uri))
    await bare.end()
    const { lane, app, channel, people } = await aCurfew(bench, { mongodb: mongod.uri, webhook, workspace })
    const own = await measure(bench, mongod.uri, lane)
    const left = await leave(bench, {
      server: lane.server,
      people,
      users: own.users,
      database: databaseOf(mongod.uri, lane.database),
      target,
      workspace,
      channel,
    })
    const writing = `${writesOf(amounts)} writes: ${amounts.users} users, ${amounts.groups} groups, ${membershipsOf(amounts)} memberships`
    return {
      bench: 'scim',
      what: 'requests of an identity provider, from being sent to being answered; and a deactivation until the take',
      rows: [
        ...own.rows,
        ...bare.rows,
        { name: 'curfew: deactivated → its take arrives', n: left.tookMs.length, ...spread(left.tookMs) },
      ],
      goals: [
        { ...atMost('curfew, writes a second: at least', 400, own.aSecond), met: own.aSecond >= 400 },
        atMost(`curfew, p99 of writes at ${perSecond} a second (ms)`, 50, own.paced.p99Ms),
        atMost('curfew, CPU of writing beside 3 × the bare handler (ms)', 3 * bare.cpuMs, own.cpuMs),
        atMost(`curfew, p99 of a page of ${pageSize} (ms)`, 20, own.page.p99Ms),
        atMost('curfew, p99 of a deactivation until the take arrives (ms)', 1_000, spread(left.tookMs).p99Ms),
        atMost('deactivations without a take', 0, left.missing),
      ],
      notes: [
        `${writing}, ${atOnce} at once: of each group ${amounts.batches * amounts.inBatch} members by ${amounts.inBatch} in a request, ${amounts.singly} one by one`,
        `pages: all of ${directorySize} people, ${pageSize} each, one after the other; look-ups by userName, ${atOnce} at once`,
        'cpuMs: CPU time of the process; of curfew with all else that it does meanwhile',
        'bare handler: node:http and the driver, the same documents and write concern; it checks a token and nothing else',
        ...troubles(app),
      ],
    }
  },
  { grants: 1_000, longestMs: 900_000 },
)

/** Writes a directory, reads it again when it has grown, and tells what that took. */
async function measure(bench: Bench, mongodb: string, { name, pid, database, server }: Lane) {
  const provider = aProvider(server, atOnce)
  const cpuBeforeMs = await cpuMsOf(pid)
  const { users, groups, tookMs, seconds } = await provider.write(amounts)
  const cpuMs = (await cpuMsOf(pid)) - cpuBeforeMs
  const client = await MongoClient.connect(databaseOf(mongodb, database))
  try {
    const stored = await client.db().collection('scim_members').countDocuments({ removedAt: null })
    if (stored !== membershipsOf(amounts)) throw new Error(`${name} keeps ${stored} memberships`)
    await moreUsers(client.db().collection<Stored>('scim_users'), { from: amounts.users, to: directorySize })
  } finally {
    await client.close()
  }
  const pages = await provider.walk(directorySize, pageSize)
  const found = await provider.lookUp(Array.from({ length: lookUps }, (_, i) => (i * 7) % amounts.users))
  const pacedMs = await pacedWrites(provider, groups, users)
  const aSecond = rounded(tookMs.length / seconds)
  const row = (what: string, took: readonly number[]) => ({
    name: `${name}: ${what}`,
    n: took.length,
    ...spread(took),
  })
  return {
    users,
    aSecond,
    cpuMs,
    page: spread(pages),
    paced: spread(pacedMs),
    rows: [
      { ...row(`writes, ${atOnce} at once`, tookMs), aSecond, cpuMs },
      row(`writes at ${perSecond} a second`, pacedMs),
      row(`pages of ${pageSize}`, pages),
      row('look-ups', found),
    ],
    end: () => provider.close(),
  }
}

/** In turn somebody is made, and somebody who was there is put into a group in which they were not. */
async function pacedWrites(
  provider: ReturnType<typeof aProvider>,
  groups: readonly string[],
  users: readonly string[],
): Promise<number[]> {
  const tookMs: number[] = []
  const writes = Array.from({ length: perSecond * pacedSeconds }, (_, i) => i)
  await provider.paced(writes, perSecond, async (i) => {
    const startMs = performance.now()
    if (i % 2 === 0) await provider.make(directorySize + i)
    else await provider.add(groups[i % groups.length] ?? '', [users[outsiderOf(amounts, i)] ?? ''])
    tookMs.push(performance.now() - startMs)
  })
  return tookMs
}

async function aBareServer(bench: Bench, mongodb: string): Promise<Lane> {
  const part = startPart('bare-scim.ts')
  bench.atEnd(() => part.stop())
  const database = 'bare_bench'
  const token = randomBytes(32).toString('base64url')
  const port = z.number().parse(await part.ask({ mongodbUri: databaseOf(mongodb, database), token }))
  return { name: 'bare', pid: part.pid, database, server: { url: `http://127.0.0.1:${port}/scim/v2`, token } }
}

/** Whole, as in production, with as many people in Slack as will hold something. */
async function aCurfew(bench: Bench, about: { mongodb: string; webhook: string; workspace: Workspace }) {
  const { mongodb, webhook, workspace } = about
  const database = 'curfew_bench'
  const channel = workspace.addChannel({ name: 'access', app: true })
  workspace.addPerson({ name: 'Ada', email: 'ada@acme.example' })
  const people = Array.from({ length: bench.grants }, (_, i) =>
    workspace.addPerson({ name: `Person ${i}`, email: userNameOf(i) }),
  )
  workspace.addGroup({ handle: 'engineering', members: people })
  const port = await freePort()
  const environment = {
    ...systemVariables({ url: webhook, secret: `whsec_${randomBytes(32).toString('base64')}` }),
    PORT: String(port),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
  }
  const mongodbUri = databaseOf(mongodb, database)
  const catalog = benchCatalog(channel, { resources: 1 })
  const app = await startCurfew({ workspace, mongodbUri, catalog, environment })
  bench.atEnd(() => app.stop())
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [await buildApp(), 'scim', 'token', 'create', 'bench'],
    { env: { PATH: process.env['PATH'], ...connectedTo(workspace, mongodbUri), ...environment } },
  )
  const lane: Lane = { name: 'curfew', pid: app.pid, database, server: said(stdout) }
  return { lane, app, channel, people }
}

/** The address and the token, as `curfew scim token create` prints them. */
function said(text: string): { url: string; token: string } {
  const [url] = /https?:\S+\/scim\/v2/.exec(text) ?? []
  const [, token] = /^Token.*: (\S+)$/m.exec(text) ?? []
  if (url === undefined || token === undefined) throw new Error('no address or no token was printed')
  return { url, token }
}
