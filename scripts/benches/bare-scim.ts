import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MongoClient, type Db } from 'mongodb'
import { z } from 'zod'
import { answerParent } from './part.ts'

/**
 * What Curfew's SCIM server is compared with: node:http and MongoDB's driver, storing the same documents and finding them
 * again. It checks nothing but a token, knows one form of each request and promises nothing.
 */
const question = z.object({ mongodbUri: z.string(), token: z.string() })

const user = z.object({
  userName: z.string(),
  displayName: z.string(),
  externalId: z.string(),
  active: z.boolean(),
  emails: z.array(z.object({ value: z.string() })),
})
const group = z.object({ displayName: z.string(), externalId: z.string() })
const patch = z.object({
  Operations: z.array(z.object({ value: z.array(z.object({ value: z.string() })) })),
})
const anything = z.record(z.string(), z.unknown())
interface Stored {
  _id: string
  resource: string
}

answerParent(question, async ({ mongodbUri, token }) => {
  const client = await MongoClient.connect(mongodbUri, {
    writeConcern: { w: 'majority', journal: true },
    maxPoolSize: 50,
  })
  const db = client.db()
  await db.collection('scim_users').createIndex({ source: 1, userNameLower: 1 }, { unique: true }, {})
  await db.collection('scim_users').createIndex({ source: 1, _id: 1 }, {}, {})
  await db.collection('scim_members').createIndex({ group: 1, user: 1 }, { unique: true }, {})
  const server = createServer((request, response) => {
    if (request.headers.authorization !== `Bearer ${token}`) return response.writeHead(401).end()
    let text = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (text += chunk))
    request.on('end', () => void answer(db, request, text, response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
})

async function answer(db: Db, request: IncomingMessage, text: string, response: ServerResponse) {
  const url = new URL(request.url ?? '/', 'http://bare.example')
  const [, , , kind, id = ''] = url.pathname.split('/')
  if (request.method === 'PATCH') {
    await addMembers(db, id, text)
    response.writeHead(204).end()
    return
  }
  const found =
    request.method === 'GET'
      ? await find(db, url)
      : await insert(db, kind === 'Users' ? 'Users' : 'Groups', text)
  response.writeHead(request.method === 'GET' ? 200 : 201, { 'content-type': 'application/scim+json' })
  response.end(JSON.stringify(found))
}

async function insert(db: Db, kind: 'Users' | 'Groups', text: string): Promise<unknown> {
  const given: unknown = JSON.parse(text)
  const now = new Date()
  const common = {
    _id: randomBytes(12).toString('hex'),
    source: 'bare',
    deletedAt: null,
    resource: text,
    version: 1,
  }
  if (kind === 'Groups') {
    const { displayName, externalId } = group.parse(given)
    await db.collection<Stored>('scim_groups').insertOne({ ...common, displayName, externalId } as Stored)
  } else {
    const { userName, displayName, externalId, active, emails } = user.parse(given)
    await db.collection<Stored>('scim_users').insertOne({
      ...common,
      userName,
      userNameLower: userName.toLowerCase(),
      name: displayName,
      email: emails[0]?.value.toLowerCase() ?? null,
      isActive: active,
      manager: null,
      externalId,
      inactiveSince: null,
      changedAt: now,
    } as Stored)
  }
  return { ...anything.parse(given), id: common._id, meta: { created: now, lastModified: now } }
}

async function addMembers(db: Db, of: string, text: string): Promise<void> {
  const { Operations } = patch.parse(JSON.parse(text))
  const members = Operations.flatMap(({ value }) => value.map((one) => one.value))
  await db.collection('scim_members').bulkWrite(
    members.map((member) => ({
      updateOne: {
        filter: { group: of, user: member },
        update: { $set: { removedAt: null }, $setOnInsert: { source: 'bare', addedAt: new Date() } },
        upsert: true,
      },
    })),
    { ordered: false },
  )
}

async function find(db: Db, url: URL): Promise<unknown> {
  const [, userName] = /^userName eq "(.*)"$/.exec(url.searchParams.get('filter') ?? '') ?? []
  const filter = {
    source: 'bare',
    ...(userName === undefined ? {} : { userNameLower: userName.toLowerCase() }),
  }
  const users = db.collection<Stored>('scim_users')
  const skip = Number(url.searchParams.get('startIndex') ?? 1) - 1
  const limit = Number(url.searchParams.get('count') ?? 100)
  const [page, total] = await Promise.all([
    users
      .find(filter, { projection: { resource: 1 } })
      .sort({ _id: 1 })
      .skip(skip)
      .limit(limit)
      .toArray(),
    userName === undefined ? users.estimatedDocumentCount() : 1,
  ])
  const Resources = page.map((one) => ({ ...anything.parse(JSON.parse(one.resource)), id: one._id }))
  return { totalResults: total, startIndex: skip + 1, itemsPerPage: page.length, Resources }
}
