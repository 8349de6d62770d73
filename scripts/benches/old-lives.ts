import type { Collection, Document } from 'mongodb'
import type { Connection } from 'mongoose'
import { z } from 'zod'
import { webhook } from '../../src/connectors/webhook/webhook.ts'
import { holdId } from '../../src/domain/hold.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { mongoPeople } from '../../src/mongo/people.ts'
import type { Person } from '../../test/workspace/people/person.ts'

/** As many as a large company would have in a day: more grants are more days. */
const aDay = 1_000
const apartMs = 86_400_000 / aDay
const youngestMs = 3_600_000
const batch = 2_000

export const oldSpan = (grants: number): string => `${Math.ceil(grants / aDay)} days`

type Documents = Collection<Document & { _id: string }>
type Written = Document & { _id: string }

const lived = z.looseObject({
  _id: z.string(),
  requestId: z.string(),
  system: z.string(),
  status: z.literal('ended'),
  dueAt: z.null(),
  unshown: z.literal(false),
})

const noted = z.looseObject({ _id: z.string(), surfaces: z.array(z.looseObject({ key: z.string() })) })

/**
 * Repeats the one life that was lived in this database, into the past: its grant, its messages and its hold, each as the
 * app left them, for these people in turn and every entitlement of `benchCatalog`.
 */
export async function writeOldLives(
  connection: Connection,
  options: { count: number; people: readonly Person[]; teamId: string; resources: number },
): Promise<void> {
  const { count, people, teamId, resources } = options
  const db = connection.db
  if (!db) throw new Error('the database is not connected')
  const of = (name: string): Documents => db.collection(name)
  const [grants, shown, holds] = [of('grants'), of('shown'), of('holds')]
  const model = lived.parse(await grants.findOne())
  const messages = noted.parse(await shown.findOne({ _id: model.requestId }))
  const hold = await holds.findOne({ dueAt: null, watch: null })
  if (!hold) throw new Error('what was held is still watched')
  const store = mongoPeople(connection)
  const subjects = await Promise.all(
    people.map(({ id, name }, i) =>
      store.seen({ teamId, userId: id }, { name, email: `person-${i}@acme.example` }),
    ),
  )
  // Made anew afterwards, which is faster than row by row.
  for (const collection of [grants, shown]) await collection.dropIndexes()
  const verbs = ['read', 'write', 'deploy', 'debug', 'admin']
  for (let from = 0; from < count; from += batch) {
    const lives = Array.from({ length: Math.min(batch, count - from) }, (_, k) => oldLife(from + k))
    await grants.insertMany(
      lives.map(({ grant }) => grant),
      { ordered: false, writeConcern: { w: 1 } },
    )
    await shown.insertMany(
      lives.map(({ messages }) => messages),
      { ordered: false, writeConcern: { w: 1 } },
    )
    // The newest of each: the same person may have had the same before.
    await holds.bulkWrite(
      lives.map(({ held }) => ({
        replaceOne: { filter: { _id: held._id }, replacement: held, upsert: true },
      })),
      { ordered: false },
    )
  }
  await ensureIndexes(connection)

  function oldLife(i: number): { grant: Written; messages: Written; held: Written } {
    const subject = subjects[i % subjects.length]
    if (!subject) throw new Error('nobody lived')
    const turn = Math.floor(i / subjects.length)
    const verb = verbs[turn % verbs.length] ?? ''
    const service = `service-${(Math.floor(turn / verbs.length) % resources) + 1}`
    const target = { group: `${service}-${verb}` }
    const canonical = webhook.canonical(target)
    const principal = subject.email?.split('@')[0] ?? ''
    const [_id, requestId] = [`old-${i}`, `old-request-${i}`]
    const agoMs = youngestMs + i * apartMs
    const grant = {
      ...earlier(model, agoMs),
      _id,
      requestId,
      canonical,
      subject,
      requester: subject,
      resource: { id: service, name: service },
      entitlement: { id: verb, name: `${verb} on ${service}` },
      place: { principal, target, canonical },
    }
    const ts = `${Math.floor((Date.now() - agoMs) / 1_000)}.${String(i % 1_000_000).padStart(6, '0')}`
    const surfaces = messages.surfaces.map((row) => ({
      ...row,
      key: row.key.replace(model._id, _id).replace(model.requestId, requestId),
      ts,
    }))
    const held = {
      ...earlier(hold ?? {}, agoMs),
      _id: holdId({ system: model.system, principal, canonical }),
      principal,
      canonical,
      target,
    }
    return { grant, messages: { ...messages, _id: requestId, surfaces }, held }
  }
}

/** Every instant in it, so much earlier. */
function earlier<T>(value: T, byMs: number): T {
  return shifted(value, byMs) as T
}

function shifted(value: unknown, byMs: number): unknown {
  if (value instanceof Date) return new Date(value.getTime() - byMs)
  if (Array.isArray(value)) return value.map((one) => shifted(one, byMs))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shifted(one, byMs)]))
}
