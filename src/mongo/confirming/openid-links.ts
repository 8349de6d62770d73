import { MongoServerError } from 'mongodb'
import { Schema, type Connection } from 'mongoose'
import { z } from 'zod'
import type { KnownLinks, NewLink, OpenIdLinks } from '../../domain/ports/openid-links.ts'
import { aboutToWrite } from '../../domain/writes.ts'

const schema = new Schema(
  {
    _id: String,
    person: String,
    issuer: String,
    subject: String,
    by: String,
    at: Date,
  },
  { collection: 'openid_links', versionKey: false },
)
// That a person has one account of a provider is said by `_id`; that an account is one person's, by this.
schema.index({ issuer: 1, subject: 1 }, { unique: true, name: 'one_person_of_an_account' })
schema.index({ person: 1 })

export const openIdLinkModel = (connection: Connection) => connection.model('OpenIdLink', schema)

const row = z
  .object({
    person: z.string(),
    issuer: z.string(),
    subject: z.string(),
    by: z.enum(['email', 'externalId']),
    at: z.date(),
  })
  .transform(({ person, ...link }) => ({ personId: person, ...link }))

/** Ids of people have no blank in them. */
const idOf = ({ personId, issuer }: Pick<NewLink, 'personId' | 'issuer'>): string => `${personId} ${issuer}`

export function mongoOpenIdLinks(connection: Connection): OpenIdLinks {
  const model = openIdLinkModel(connection)
  const read = (found: unknown) => (found === null ? null : row.parse(found))

  const known = async (one: Omit<NewLink, 'by'>): Promise<KnownLinks> => {
    const [ofPerson, ofSubject] = await Promise.all([
      model.findById(idOf(one)).lean(),
      model.findOne({ issuer: one.issuer, subject: one.subject }).lean(),
    ])
    return {
      subjectOfPerson: read(ofPerson)?.subject ?? null,
      personOfSubject: read(ofSubject)?.personId ?? null,
    }
  }
  const write = async ({ personId, issuer, subject, by }: NewLink): Promise<void> => {
    const first = { $literal: { person: personId, issuer, subject, by } }
    aboutToWrite()
    // What stands there stays as it is.
    await model.findOneAndUpdate(
      { _id: idOf({ personId, issuer }) },
      [{ $replaceWith: { $mergeObjects: [first, { at: '$$NOW' }, '$$ROOT'] } }],
      { upsert: true, updatePipeline: true },
    )
  }
  return {
    known,
    link: async (link) => {
      try {
        await write(link)
      } catch (error) {
        if (!(error instanceof MongoServerError) || error.code !== 11000) throw error
      }
      const { subjectOfPerson, personOfSubject } = await known(link)
      if (personOfSubject !== null && personOfSubject !== link.personId) return 'another-person'
      if (subjectOfPerson !== link.subject) return 'link-differs'
      return 'linked'
    },
    linksOf: async (personId) =>
      (await model.find({ person: personId }).sort({ issuer: 1 }).lean()).map((one) => row.parse(one)),
    unlink: async (personId, issuer) => {
      aboutToWrite()
      return (await model.deleteOne({ _id: idOf({ personId, issuer }) })).deletedCount === 1
    },
  }
}
