import { boundedMap } from '../bounded-map.ts'
import { MongoServerError } from 'mongodb'
import { randomBytes } from 'node:crypto'
import { Schema, type Connection } from 'mongoose'
import { z } from 'zod'
import { emailKey } from '../domain/email.ts'
import type { Person, SlackIdentity } from '../domain/person.ts'
import { collectionOf } from './connection.ts'
import { together } from './together.ts'
import type { PeopleRecords, PeopleStore } from '../domain/ports/people.ts'

const stored = z.object({
  _id: z.string(),
  slack: z.object({ teamId: z.string(), userId: z.string() }),
  name: z.string(),
  email: z.string().nullable(),
})

const schema = new Schema(
  {
    _id: String,
    slack: { teamId: String, userId: String },
    name: String,
    email: String,
    /** In small letters, to be found by. */
    emailKey: String,
  },
  { collection: 'people', versionKey: false },
)
schema.index({ 'slack.teamId': 1, 'slack.userId': 1 }, { unique: true })
schema.index({ 'slack.userId': 1 })
schema.index({ emailKey: 1 })

export const personModel = (connection: Connection) => connection.model('Person', schema)

const seenForMs = 60_000

/** People by our own id; a Slack identity belongs to one person for ever. */
export function mongoPeople(connection: Connection): PeopleStore & PeopleRecords {
  const model = personModel(connection)
  const collection = collectionOf<{ _id: string }>(connection, 'people')
  /** Who was seen acts next; another process may see that their name or e-mail changed. */
  const lately = boundedMap<Person>(5_000, { ttl: seenForMs })
  const write = async (one: SeenAs): Promise<Person> => {
    const { filter, update } = whatIsSaid(one)
    return readPerson(
      await model.findOneAndUpdate(filter, update, { upsert: true, returnDocument: 'after' }).lean(),
    )
  }
  /** Each as they are known, where that is as is said of them. */
  const findAsSaid = async (all: readonly SeenAs[]): Promise<(one: SeenAs) => Person | null> => {
    const userIds = [...new Set(all.map(({ slack }) => slack.userId))]
    const found = await model.find({ 'slack.userId': { $in: userIds } }).lean()
    // One that cannot be read is written anew, and keeps no other.
    const known = new Map(
      found.flatMap((doc) => {
        const [person, said] = [stored.safeParse(doc), storedSaid.safeParse(doc)]
        return person.success && said.success
          ? [[keyOf(person.data.slack), { doc, said: said.data }] as const]
          : []
      }),
    )
    return (one) => {
      const found = known.get(keyOf(one.slack))
      return found && isAsSaid(found.said, one) ? readPerson(found.doc) : null
    }
  }
  const writeAll = async (news: readonly SeenAs[]): Promise<void> => {
    const operations = news.map((one) => ({ updateOne: { ...whatIsSaid(one), upsert: true } }))
    try {
      await collection.bulkWrite(operations, { ordered: false })
    } catch (error) {
      // Somebody else made them in this very moment.
      if (!(error instanceof MongoServerError && error.code === 11000)) throw error
    }
  }
  /** A company is met at one moment: whoever is as they were is not written, and the others by one command. */
  const seen = together(async (all: readonly SeenAs[]) => {
    const before = await findAsSaid(all)
    const news = all.filter((one) => before(one) === null)
    if (news.length > 1) await writeAll(news)
    const now = news.length > 1 ? await findAsSaid(all) : before
    // By itself also who was written by another in this very moment, or is said to be two things at once.
    return Promise.all(all.map(async (one) => now(one) ?? write(one).catch(asError)))
  })
  return {
    seen: async (slack, profile) => {
      const person = await seen({ slack, profile })
      lately.set(slack.userId, person)
      return person
    },
    bySlackUser: async (userId) => {
      const seen = lately.get(userId)
      if (seen !== undefined) return seen
      // Of several workspaces' the one that was met last: an index lists those of one key in that order.
      const found = await model.find({ 'slack.userId': userId }).lean()
      const last = found.at(-1)
      return last === undefined ? null : readPerson(last)
    },
    called: async (emails) => {
      const found = await model.find({ emailKey: { $in: [...emails] } }).lean()
      return found.map(readPerson)
    },
    byIds: async (ids) => (await model.find({ _id: { $in: [...ids] } }).lean()).map(readPerson),
  }
}

interface SeenAs {
  readonly slack: SlackIdentity
  readonly profile: { readonly name: string; readonly email?: string | null }
}

const keyOf = ({ teamId, userId }: SlackIdentity): string => `${teamId}/${userId}`

const storedSaid = z.object({
  name: z.string(),
  email: z.string().nullable(),
  emailKey: z.string().nullish(),
})

const isAsSaid = (known: z.infer<typeof storedSaid>, { profile: { name, email } }: SeenAs): boolean =>
  known.name === name &&
  (email === undefined || (known.email === email && (known.emailKey ?? null) === keyOfEmail(email)))

const keyOfEmail = (email: string | null): string | null => (email === null ? null : emailKey(email))

function whatIsSaid({ slack: { teamId, userId }, profile }: SeenAs) {
  const { name, email } = profile
  const said = email === undefined ? {} : { email, emailKey: keyOfEmail(email) }
  const first = { _id: randomBytes(9).toString('base64url'), ...(email === undefined ? { email: null } : {}) }
  return {
    filter: { 'slack.teamId': teamId, 'slack.userId': userId },
    update: { $set: { name, ...said }, $setOnInsert: first },
  }
}

const asError = (error: unknown): Error =>
  error instanceof Error ? error : new Error('somebody could not be written', { cause: error })

export function readPerson(doc: unknown): Person {
  const { _id: id, ...person } = stored.parse(doc)
  return { id, ...person }
}
