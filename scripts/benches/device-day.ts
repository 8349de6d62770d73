import { randomBytes } from 'node:crypto'
import { WebClient } from '@slack/web-api'
import mongoose, { type Connection } from 'mongoose'
import { z } from 'zod'
import type { PersonRef } from '../../src/domain/person.ts'
import { freePort } from '../../test/support/free-port.ts'
import { startMongod } from '../../test/support/mongod.ts'
import { startWorkspace } from '../../test/workspace/workspace.ts'
import type { Holder } from './active-grants.ts'
import { systemVariables } from './catalog.ts'
import { deviceCatalog, deviceSource } from './device-catalog.ts'
import { aSender } from './device-sender.ts'
import { writeDevices } from './many-devices.ts'
import { startPart } from './part.ts'
import { databaseOf, startCurfew, type Bench } from './run-bench.ts'

export const deviceCount = 50_000
export const personCount = 20_000
const connections = 64

export type DeviceDay = Awaited<ReturnType<typeof aDeviceDay>>

/** Curfew and the bare handler, each with a database of its own in which all devices are known already. */
export async function aDeviceDay(bench: Bench) {
  const mongod = await startMongod({ replicaSet: true, cacheGB: 1 })
  bench.atEnd(() => mongod.stop())
  const target = startPart('webhook-target.ts')
  bench.atEnd(() => target.stop())
  const url = `http://127.0.0.1:${z.number().parse(await target.ask({ what: 'listen' }))}/`
  const workspace = await startWorkspace({ command: '/request-access', keepCalls: 0 })
  bench.atEnd(() => workspace.close())
  const channel = workspace.addChannel({ name: 'access', app: true })
  workspace.addPerson({ name: 'Ada', email: 'ada@acme.example' })
  const { teamId } = workspace
  const people = Array.from({ length: personCount }, (_, i): PersonRef => {
    const [name, email] = [`person-${i}`, `person-${i}@acme.example`]
    const { id: userId } = workspace.addPerson({ name, email })
    return { id: `p-${i}`, slack: { teamId, userId }, name, email }
  })
  const emailOf = (i: number): string => people[i % personCount]?.email ?? ''

  const mongodbUri = databaseOf(mongod.uri, 'curfew_bench')
  const bareUri = databaseOf(mongod.uri, 'bare_bench')
  const knowAll = async (uri: string): Promise<Connection> => {
    const connection = await mongoose
      .createConnection(uri, { autoIndex: false, writeConcern: { w: 1 } })
      .asPromise()
    bench.atEnd(() => connection.close())
    await writeDevices(connection, { count: deviceCount, owners: people })
    return connection
  }
  const connection = await knowAll(mongodbUri)
  await knowAll(bareUri)

  const aSecret = () => `whsec_${randomBytes(32).toString('base64')}`
  const secret = aSecret()
  const port = await freePort()
  const environment = {
    ...systemVariables({ url, secret: aSecret() }),
    BENCH_DEVICES_SECRET: secret,
    PORT: String(port),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
  }
  const catalog = deviceCatalog(channel)
  const app = await startCurfew({ workspace, mongodbUri, catalog, environment })
  bench.atEnd(() => app.stop())
  const bare = startPart('bare-devices.ts')
  bench.atEnd(() => bare.stop())
  const barePort = z.number().parse(await bare.ask({ mongodbUri: bareUri, secret, source: deviceSource }))
  const lane = (pid: number, at: number) => {
    const sender = aSender(
      { url: `http://127.0.0.1:${at}/devices/${deviceSource}`, secret },
      { connections, emailOf },
    )
    bench.atEnd(() => sender.close())
    return { pid, ...sender }
  }
  const slack = new WebClient(workspace.botToken, { slackApiUrl: workspace.apiUrl })
  const { ts = '' } = await slack.chat.postMessage({ channel: channel.id, text: 'A request' })
  return {
    app,
    target,
    url,
    workspace,
    mongod: mongod.uri,
    mongodbUri,
    connection,
    catalog,
    environment,
    people,
    posted: { channel: channel.id, ts },
    lanes: { curfew: lane(app.pid, port), bare: lane(bare.pid, barePort) },
  }
}

/** Those people as what they hold is written for. */
export const holdersOf = (people: readonly PersonRef[]): Holder[] =>
  people.map(({ id, name, slack }) => ({ ...slack, principal: name, personId: id }))
