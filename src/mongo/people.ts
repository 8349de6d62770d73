import { boundedMap } from '../bounded-map.ts'
import { randomBytes } from 'node:crypto'
import { Schema, type Connection } from 'mongoose'
import { z } from 'zod'
import { emailKey } from '../domain/email.ts'
import type { Person } from '../domain/person.ts'
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
  /** Who was seen acts next; another process may see that their name or e-mail changed. */
  const lately = boundedMap<Person>(5_000, { ttl: seenForMs })
  return {
    seen: async ({ teamId, userId }, profile) => {
      const isNew = profile.email === undefined ? { email: null } : {}
      const key =
        profile.email === undefined
          ? {}
          : { emailKey: profile.email == null ? null : emailKey(profile.email) }
      const person = await model
        .findOneAndUpdate(
          { 'slack.teamId': teamId, 'slack.userId': userId },
          {
            $set: { ...profile, ...key },
            $setOnInsert: { _id: randomBytes(9).toString('base64url'), ...isNew },
          },
          { upsert: true, returnDocument: 'after' },
        )
        .lean()
      const seen = parse(person)
      lately.set(userId, seen)
      return seen
    },
    bySlackUser: async (userId) => {
      const seen = lately.get(userId)
      if (seen !== undefined) return seen
      const person = await model.findOne({ 'slack.userId': userId }).sort({ $natural: -1 }).lean()
      return person && parse(person)
    },
    called: async (emails) => {
      const found = await model.find({ emailKey: { $in: [...emails] } }).lean()
      return found.map(parse)
    },
    byIds: async (ids) => (await model.find({ _id: { $in: [...ids] } }).lean()).map(parse),
  }
}

function parse(doc: unknown): Person {
  const { _id: id, ...person } = stored.parse(doc)
  return { id, ...person }
}
