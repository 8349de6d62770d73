import { timingSafeEqual } from 'node:crypto'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { MongoClient } from 'mongodb'
import { z } from 'zod'
import { webhookHeaders, webhookSignature } from '../../src/domain/standard-webhooks.ts'
import { answerParent } from './part.ts'

/**
 * What hearing of devices is compared with: Hono and MongoDB's driver. It verifies the same signature and stores the same
 * document by one upsert; a second delivery, an older report and a wrong shape are not thought of.
 */
const question = z.object({ mongodbUri: z.string(), secret: z.string(), source: z.string() })
const reported = z.looseObject({
  sourceId: z.string(),
  at: z.coerce.date(),
  attributes: z.record(z.string(), z.unknown()),
  policies: z.record(z.string(), z.string()),
})

answerParent(question, async ({ mongodbUri, secret, source }) => {
  const client = await MongoClient.connect(mongodbUri, {
    writeConcern: { w: 'majority', journal: true },
    maxPoolSize: 50,
  })
  const devices = client.db().collection<{ _id: string }>('devices')
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const app = new Hono()
  app.post('/devices/:source', async (context) => {
    const body = Buffer.from(await context.req.arrayBuffer())
    const header = (name: string) => context.req.header(name) ?? ''
    const [id, timestamp] = [header(webhookHeaders.id), header(webhookHeaders.timestamp)]
    const good = Buffer.from(webhookSignature(key, { id, timestamp, body }))
    const shown = Buffer.from(header(webhookHeaders.signature))
    if (good.length !== shown.length || !timingSafeEqual(good, shown)) return context.body(null, 401)
    const { sourceId, at, attributes, policies, owner, ...rest } = reported.parse(JSON.parse(body.toString()))
    const said = Object.entries(attributes).map(([name, value]) => ({ name, said: { value, at } }))
    const results = Object.entries(policies).map(([name, result]) => ({
      name,
      said: { result, at, remedy: null },
    }))
    await devices.updateOne(
      { _id: `${source}/${sourceId}` },
      { $set: { ...rest, claimed: owner, sourceId, source, lastSeenAt: at, said, policies: results } },
      { upsert: true },
    )
    return context.json({ accepted: 1, refused: [] })
  })
  return new Promise<number>((resolve) => {
    serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => resolve(port))
  })
})
