import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../test/support/free-port.ts'
import type { KeptServer } from '../../test/support/kept-server.ts'
import { startMongodIn } from '../../test/support/mongod.ts'
import type { Diary } from './diary.ts'

/** Curfew's database: a replica set of three, each of which can be killed, frozen and started again. */
export interface Database {
  readonly uri: string
  readonly client: MongoClient
  /** The process of the member that is primary now; null: there is none. */
  primary(): Promise<Member | null>
  readonly members: readonly Member[]
  stepDown(): Promise<void>
  stop(): Promise<void>
}

export interface Member {
  readonly name: string
  pid(): number | null
  kill(): void
  /** After it was killed. */
  start(): Promise<void>
}

const beatMs = 100
const longestBeatMs = 400

export async function startDatabase(folder: string, diary: Diary): Promise<Database> {
  const members = await Promise.all(
    [0, 1, 2].map(async (n) => {
      const [port, data] = [await freePort(), join(folder, `member-${n}`)]
      await mkdir(data)
      return { port, member: await startMember(`database-${n}`, data, port) }
    }),
  )
  const hosts = members.map(({ port }) => `127.0.0.1:${port}`)
  const first = new MongoClient(`mongodb://${hosts[0]}/?directConnection=true`)
  await first.db('admin').command({
    replSetInitiate: {
      _id: 'curfew',
      members: hosts.map((host, _id) => ({ _id, host })),
      settings: { electionTimeoutMillis: 3_000 },
    },
  })
  await first.close()
  const uri = `mongodb://${hosts.join(',')}/?replicaSet=curfew`
  const client = await new MongoClient(uri, { serverSelectionTimeoutMS: 30_000 }).connect()
  await client.db('observed').collection('beats').insertOne({ beat: 0 })
  const beats = beating(uri, diary)
  return {
    uri,
    client,
    members: members.map(({ member }) => member),
    primary: async () => {
      for (const { port, member } of members) {
        const one = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
          serverSelectionTimeoutMS: 500,
          socketTimeoutMS: 500,
        })
        const hello = await one
          .db('admin')
          .command({ hello: 1 })
          .catch(() => null)
        await one.close().catch(() => undefined)
        if (hello?.['isWritablePrimary']) return member
      }
      return null
    },
    stepDown: async () => {
      await client
        .db('admin')
        .command({ replSetStepDown: 5, secondaryCatchUpPeriodSecs: 2 })
        // It drops the connection that asked.
        .catch(() => undefined)
    },
    stop: async () => {
      await beats.stop()
      await client.close().catch(() => undefined)
      for (const { member } of members) member.kill()
    },
  }
}

async function startMember(name: string, data: string, port: number): Promise<Member> {
  const launch = () => startMongodIn(data, port, { joins: true, cacheGB: 0.25 })
  let server: KeptServer | null = await launch()
  return {
    name,
    pid: () => server?.pid ?? null,
    kill: () => {
      if (server !== null) process.kill(server.pid, 'SIGKILL')
      server = null
    },
    start: async () => {
      // Its lock file is let go of when the kernel has cleaned up.
      for (let tries = 0; server === null; tries += 1) {
        server = await launch().catch(async (error: unknown) => {
          if (tries === 5) throw error
          await sleep(500)
          return null
        })
      }
    },
  }
}

/** Writes as Curfew does, to the majority: where that takes long, nobody can work with the database. */
function beating(uri: string, diary: Diary): { stop(): Promise<void> } {
  const until = { isOver: false }
  const running = (async () => {
    const client = new MongoClient(uri, {
      serverSelectionTimeoutMS: 1_000,
      socketTimeoutMS: 1_000,
      heartbeatFrequencyMS: 500,
    })
    const beats = client.db('observed').collection('beats')
    let end: (() => void) | null = null
    while (!until.isOver) {
      const late = setTimeout(() => (end ??= diary.trouble('database', 'no primary')), longestBeatMs)
      const isWritten = await beats
        .updateOne({}, { $inc: { beat: 1 } }, { writeConcern: { w: 'majority', wtimeoutMS: 1_000 } })
        .then(
          () => true,
          () => false,
        )
      clearTimeout(late)
      if (isWritten) {
        end?.()
        end = null
      } else end ??= diary.trouble('database', 'no primary')
      await sleep(beatMs)
    }
    await client.close().catch(() => undefined)
  })()
  return {
    stop: async () => {
      until.isOver = true
      await running
    },
  }
}
