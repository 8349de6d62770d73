import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from 'mongoose'
import { z } from 'zod'
import { boundedMap } from '../../bounded-map.ts'
import type { Log } from '../../domain/ports/log.ts'
import type { ScimToken, ScimTokenDesk, ScimTokens } from '../../domain/ports/scim.ts'
import { elapsedMs } from '../../elapsed.ts'
import { collectionOf } from '../connection.ts'
import { inTransaction } from './transaction.ts'
import { orAway } from './outage.ts'

const believedForMs = 1_000
const notedEachMs = 60_000
const mostTokens = 2
const mostRemembered = 1_000
const expectedEachMs = 2 * 3_600_000

const row = z.object({
  _id: z.string(),
  source: z.string(),
  createdAt: z.date(),
  by: z.string(),
  lastUsedAt: z.date().nullable(),
})

const asToken = (found: unknown): ScimToken => {
  const { _id: id, ...rest } = row.parse(found)
  return { id, ...rest }
}

/** Of the token only its hash is kept: who reads the database cannot come in. */
export function mongoScimTokens(connection: Connection, log: Log): ScimTokens {
  const tokens = collectionOf<{ _id: string }>(connection, 'scim_tokens')
  const sources = collectionOf<{ _id: string }>(connection, 'scim_sources')
  const known = boundedMap<{ token: ScimToken | null; atMs: number }>(mostRemembered)
  const notedAtMs = new Map<string, number>()

  const look = async (hash: string): Promise<ScimToken | null> => {
    const remembered = known.get(hash)
    if (remembered !== undefined && elapsedMs() - remembered.atMs < believedForMs) return remembered.token
    // Its age counts from before it was asked.
    const atMs = elapsedMs()
    const found = await tokens.findOne({ hash, revokedAt: null })
    const token = found === null ? null : asToken(found)
    known.set(hash, { token, atMs })
    return token
  }
  /** Of several replicas one writes it each minute. */
  const note = async ({ id, source }: ScimToken): Promise<void> => {
    const notLately = (field: string) => ({
      $expr: { $lt: [{ $ifNull: [field, new Date(0)] }, { $subtract: ['$$NOW', notedEachMs / 2] }] },
    })
    await tokens.updateOne({ _id: id, ...notLately('$lastUsedAt') }, { $currentDate: { lastUsedAt: true } })
    await sources.updateOne(
      { _id: source, ...notLately('$lastRequestAt') },
      { $currentDate: { lastRequestAt: true } },
    )
  }
  return {
    sourceOf: async (text) => {
      const token = await orAway(() => look(hashOf(text)))
      if (token === null) return null
      if (elapsedMs() - (notedAtMs.get(token.id) ?? -Infinity) > notedEachMs) {
        notedAtMs.set(token.id, elapsedMs())
        note(token).catch((error: unknown) => {
          notedAtMs.delete(token.id)
          log.warn('could not note that a SCIM source asked', { source: token.source, error })
        })
      }
      return token.source
    },
  }
}

export function mongoScimTokenDesk(connection: Connection): ScimTokenDesk {
  const tokens = collectionOf<{ _id: string }>(connection, 'scim_tokens')
  const sources = collectionOf<{ _id: string }>(connection, 'scim_sources')

  return {
    create: async (source, by, silentAfterMs) => {
      const token = randomBytes(32).toString('base64url')
      const fresh = { source, hash: hashOf(token), by, lastUsedAt: null, revokedAt: null }
      return inTransaction(connection, async (session) => {
        const watched = /entra|azure|microsoft/.test(source) ? expectedEachMs : null
        const given = silentAfterMs === undefined ? {} : { silentAfterMs }
        // Written by each who makes one: of two at once the second sees what the first made.
        await sources.updateOne(
          { _id: source },
          [
            {
              $set: {
                createdAt: { $ifNull: ['$createdAt', '$$NOW'] },
                silentAfterMs: { $ifNull: ['$silentAfterMs', watched] },
                lastRequestAt: { $ifNull: ['$lastRequestAt', null] },
                tokens: { $add: [{ $ifNull: ['$tokens', 0] }, 1] },
              },
            },
            { $set: given },
          ],
          { upsert: true, session },
        )
        const living = await tokens
          .find({ source, revokedAt: null }, { session })
          .sort({ createdAt: 1 })
          .toArray()
        if (living.length >= mostTokens) return { living: living.map(asToken) }
        await tokens.updateOne(
          { _id: randomBytes(4).toString('hex') },
          { $set: fresh, $currentDate: { createdAt: true } },
          { upsert: true, session },
        )
        return { token }
      })
    },
    list: async () =>
      (await tokens.find({ revokedAt: null }).sort({ source: 1, createdAt: 1 }).toArray()).map(asToken),
    revoke: async (id) => {
      const found = await tokens.findOneAndUpdate(
        { _id: id, revokedAt: null },
        { $currentDate: { revokedAt: true } },
      )
      if (found === null) return null
      // Until then a running server may believe what it was told last.
      await sleep(believedForMs)
      return asToken(found)
    },
  }
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url')
