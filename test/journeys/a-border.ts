import { request, type IncomingHttpHeaders } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { BSON, MongoClient } from 'mongodb'
import type { Stage } from '../support/curfew.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'

/** A request, byte by byte: its headers in their order, each as often as it stands there. */
export interface Sent {
  readonly method: string
  readonly path: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
  /** Its length is not said before. */
  readonly isChunked?: boolean
}

export interface Answered {
  /** 'cut off': before all of it was sent, and without an answer that could be read. */
  readonly status: number | 'cut off'
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly tookMs: number
}

/** Sends it, over a connection of its own. */
export function sendTo({ environment }: Pick<Stage, 'environment'>, sent: Sent): Promise<Answered> {
  const startMs = performance.now()
  const port = Number(environment['PORT'])
  const { method, path, body } = sent
  const length = sent.isChunked ? ['transfer-encoding', 'chunked'] : ['content-length', String(body.length)]
  const headers = [
    ['host', `127.0.0.1:${port}`],
    ...sent.headers,
    ...(method === 'GET' ? [] : [length]),
  ].flat()
  return new Promise((resolve) => {
    const answered = (status: Answered['status'], of: IncomingHttpHeaders, text: string): void =>
      resolve({ status, headers: of, text, tookMs: performance.now() - startMs })
    const asking = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined)
      response.once('close', () => {
        asking.destroy()
        answered(response.statusCode ?? 0, response.headers, Buffer.concat(chunks).toString())
      })
    })
    asking.once('error', () => answered('cut off', {}, ''))
    asking.on('error', () => undefined)
    asking.end(method === 'GET' ? undefined : body)
  })
}

/** What is written by itself, each second or so, whoever asks for what. */
const byItself = /^(jobs|ticks|replicas|restores)$/

export interface Stored {
  /** Every document of every collection, by `collection/id`, once nothing is under way any more. */
  now(): Promise<ReadonlyMap<string, string>>
  readonly db: ReturnType<MongoClient['db']>
}

export async function storedBy({ environment }: Pick<Stage, 'environment'>): Promise<Stored> {
  const client = await new MongoClient(environment['MONGODB_URI'] ?? '').connect()
  afterThis(() => client.close())
  const db = client.db()
  const look = async () => {
    const collections = await db.listCollections().toArray()
    const stored = new Map<string, string>()
    for (const { name } of collections.filter((one) => !byItself.test(one.name)))
      for await (const document of db.collection(name).find())
        stored.set(`${name}/${String(document._id)}`, BSON.EJSON.stringify(document))
    return stored
  }
  return {
    db,
    now: async () => {
      let before = await look()
      for (let quiet = 0; quiet < 2;) {
        await sleep(150)
        const after = await look()
        quiet = changed(before, after).length === 0 ? quiet + 1 : 0
        before = after
      }
      return before
    },
  }
}

type Documents = ReadonlyMap<string, string>

/** Which documents came, went, or are otherwise, in more than these fields. */
export const changed = (before: Documents, after: Documents, besides: readonly string[] = []): string[] =>
  [...new Set([...before.keys(), ...after.keys()])].filter(
    (id) => fieldsOf(before.get(id), besides) !== fieldsOf(after.get(id), besides),
  )

const fieldsOf = (document: string | undefined, besides: readonly string[]): string | undefined =>
  document === undefined || besides.length === 0
    ? document
    : JSON.stringify(JSON.parse(document), (name, value: unknown) =>
        besides.includes(name) ? undefined : value,
      )
