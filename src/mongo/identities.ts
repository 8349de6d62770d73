import { MongoServerError, type ClientSession } from 'mongodb'
import { Schema, type Connection } from 'mongoose'
import { z } from 'zod'
import {
  pairId,
  type Doubt,
  type Identity,
  type IdentityQuestion,
  type IdentityStore,
} from '../domain/ports/identities.ts'
import { personRef } from '../domain/person-ref.ts'
import { aboutToWrite } from '../domain/writes.ts'

/** Which User is whose. What ended stays, so that an e-mail that was somebody's is known to have been. */
const linkSchema = new Schema(
  {
    _id: String,
    source: String,
    user: String,
    person: String,
    email: String,
    /** Matched by e-mail; false: by an admin's word. */
    isMatched: Boolean,
    isCurrent: Boolean,
    at: Date,
    /** By the cluster's time, which never goes back: by it a reader knows that nothing changed. */
    changedAt: Schema.Types.Mixed,
  },
  { collection: 'scim_links', versionKey: false },
)
linkSchema.index({ user: 1 })
// What is plain is plain once: these decide between two who try at the same moment.
linkSchema.index(
  { source: 1, person: 1 },
  { unique: true, partialFilterExpression: { isCurrent: true }, name: 'one_user_of_a_source' },
)
linkSchema.index(
  { user: 1, isMatched: 1 },
  { unique: true, partialFilterExpression: { isMatched: true }, name: 'matched_once' },
)
linkSchema.index(
  { source: 1, email: 1 },
  { unique: true, partialFilterExpression: { isMatched: true }, name: 'email_used_once' },
)
linkSchema.index({ person: 1 })
linkSchema.index({ changedAt: 1 })

const stamped = { changedAt: { $type: 'timestamp' } } as const

const questionSchema = new Schema(
  {
    _id: String,
    source: String,
    user: String,
    person: String,
    why: String,
    answer: String,
    by: Schema.Types.Mixed,
    askedAt: Date,
    answeredAt: Date,
  },
  { collection: 'identity_questions', versionKey: false },
)
questionSchema.index({ answer: 1 })
questionSchema.index({ user: 1 })

export const linkModel = (connection: Connection) => connection.model('ScimLink', linkSchema)
export const identityQuestionModel = (connection: Connection) =>
  connection.model('IdentityQuestion', questionSchema)

const question = z.object({
  _id: z.string(),
  source: z.string(),
  user: z.string(),
  person: z.string(),
  why: (z.enum(['of-another-person', 'another-user', 'used-email']) satisfies z.ZodType<Doubt>)
    .nullable()
    .catch(null),
  askedAt: z.date(),
  of: z.array(z.object({ userName: z.string(), email: z.string() })),
  until: z.array(z.string()),
  untilPersonIds: z.array(z.string()),
  instead: z.array(z.string()),
  slack: z.array(z.string()),
})

const saidOf = z.object({ answer: z.enum(['same', 'two']), by: personRef })
const answered = z.object({ _id: z.string(), source: z.string(), user: z.string(), person: z.string() })

/** Which accounts of directories are, or were, of these people: by their ids there. */
export async function usersOf(connection: Connection, personIds: readonly string[]): Promise<string[]> {
  const found = await linkModel(connection)
    .find({ person: { $in: [...personIds] } }, { user: 1 })
    .lean()
  return found.flatMap(({ user }) => user ?? [])
}

export function mongoIdentities(connection: Connection): IdentityStore {
  const links = linkModel(connection)
  const questions = identityQuestionModel(connection)
  const users = connection.collection<{ _id: string }>('scim_users')

  const read = async (
    match: Record<string, unknown>,
    session: ClientSession | null = null,
  ): Promise<IdentityQuestion[]> => {
    const asked = [{ $match: { ...match, answer: null } }, ...withSides]
    const rows = await questions.aggregate<unknown>(asked).session(session)
    return rows.map((row) => asQuestion(question.parse(row)))
  }
  /** Forgets matches with Users that a provider made and deleted at once, to try us; no word of an admin's. */
  const butTrials = async <L extends { user?: unknown; isMatched?: unknown }>(
    known: readonly L[],
  ): Promise<L[]> => {
    if (known.length === 0) return []
    const rows = await users
      .find({ _id: { $in: known.map(({ user }) => String(user)) }, isTrial: true })
      .project({ _id: 1 })
      .toArray()
    const trials = new Set(rows.map(({ _id }) => String(_id)))
    if (trials.size > 0) await links.deleteMany({ user: { $in: [...trials] }, isMatched: true })
    return known.filter(({ user, isMatched }) => isMatched !== true || !trials.has(String(user)))
  }
  /**
   * Whose another User of this source is that ever had this e-mail; but for those of which an admin said that they are not
   * this person: then the address was not theirs.
   */
  const onceCalled = async ({ source, userId, personId }: Identity, email: string) => {
    const those = await users
      .find({ source, emails: email, _id: { $ne: userId } })
      .project({ _id: 1 })
      .toArray()
    if (those.length === 0) return []
    const ids = those.map(({ _id }) => String(_id))
    const apart = await questions
      .find({ user: { $in: ids }, person: personId, answer: 'two' })
      .distinct('user')
    return links.find({ user: { $in: ids, $nin: apart } }).lean()
  }
  const beOne = async (
    { source, userId, personId, email }: Identity & Pick<IdentityQuestion, 'email'>,
    session: ClientSession,
  ): Promise<void> => {
    await links.updateMany(
      { source, person: personId, user: { $ne: userId }, isCurrent: true },
      { $set: { isCurrent: false }, $currentDate: stamped },
      { session },
    )
    await links.updateOne(
      { _id: pairId({ userId, personId }) },
      {
        $set: {
          source,
          user: userId,
          person: personId,
          isCurrent: true,
          email,
        },
        $setOnInsert: { isMatched: false },
        $currentDate: { at: true, ...stamped },
      },
      { upsert: true, session },
    )
  }
  return {
    match: async (one, email) => {
      const { source, userId, personId } = one
      aboutToWrite()
      const _id = pairId(one)
      try {
        // What an admin said once is not matched over.
        const known = await links
          .find({ $or: [{ user: userId }, { source, person: personId }, { source, email }] })
          .lean()
        const before = await butTrials([...known, ...(await onceCalled(one, email))])
        if (before.length > 0) return before.some((link) => link._id === _id && link.isCurrent === true)
        const link = { source, user: userId, person: personId, email, isMatched: true, isCurrent: true }
        await links.updateOne(
          { _id },
          { $setOnInsert: link, $currentDate: { at: true, ...stamped } },
          { upsert: true },
        )
        return true
      } catch (error) {
        if (!(error instanceof MongoServerError) || error.code !== 11000) throw error
        const made = await links.findById(_id).lean()
        return made?.isCurrent === true
      }
    },
    ask: async ({ source, userId, personId }, why, { isAgain = false } = {}) => {
      aboutToWrite()
      const _id = pairId({ userId, personId })
      // They were one, and are not any more: that answer was of before.
      if (isAgain && (await questions.exists({ _id, answer: 'same' })) !== null)
        await connection.transaction(async (session) => {
          if ((await links.exists({ _id, isCurrent: true }).session(session)) !== null) return
          await questions.deleteOne({ _id, answer: 'same' }, { session })
        })
      await questions.findOneAndUpdate(
        { _id },
        [
          {
            $replaceWith: {
              $mergeObjects: [
                { $literal: { source, user: userId, person: personId, why, answer: null, by: null } },
                { askedAt: '$$NOW', answeredAt: null },
                '$$ROOT',
                // Why it is asked is as of now.
                { $cond: [{ $eq: ['$$ROOT.answer', null] }, { why: { $literal: why } }, {}] },
              ],
            },
          },
        ],
        { upsert: true, updatePipeline: true },
      )
    },
    open: () => read({}),
    question: async (id) => (await read({ _id: id }))[0] ?? null,
    answer: async (id, answer, by) => {
      aboutToWrite()
      // Both or neither: of two who answer at once the first counts, and whoever dies in between has not answered.
      return connection.transaction(async (session) => {
        const [asked] = await read({ _id: id }, session)
        if (asked === undefined) return null
        const done = await questions
          .findOneAndUpdate(
            { _id: id, answer: null },
            [{ $set: { answer, by: { $literal: by }, answeredAt: '$$NOW' } }],
            { updatePipeline: true, session },
          )
          .lean()
        if (done === null) return null
        if (answer === 'same') await beOne(asked, session)
        return asked
      })
    },
    said: async (id) => {
      const row = await questions.findOne({ _id: id, answer: { $ne: null } }).lean()
      return row === null ? null : saidOf.parse(row)
    },
    apart: async (userIds) => {
      if (userIds.length === 0) return new Set()
      const rows = await questions.find({ user: { $in: userIds }, answer: 'two' }).lean()
      return new Set(rows.map((row) => answered.parse(row)._id))
    },
  }
}

/** What the User is called now, and whose it is. */
const withSides = [
  { $lookup: { from: 'scim_users', localField: 'user', foreignField: '_id', as: 'of' } },
  {
    $lookup: {
      from: 'scim_links',
      let: { user: '$user', person: '$person' },
      as: 'links',
      pipeline: [
        { $match: { $expr: { $and: [{ $eq: ['$user', '$$user'] }, { $ne: ['$person', '$$person'] }] } } },
        { $match: { isCurrent: true } },
      ],
    },
  },
  { $lookup: { from: 'people', localField: 'links.person', foreignField: '_id', as: 'before' } },
  {
    $lookup: {
      from: 'scim_links',
      let: { user: '$user', person: '$person', source: '$source' },
      as: 'theirs',
      pipeline: [
        {
          $match: {
            $expr: {
              $and: [
                { $eq: ['$person', '$$person'] },
                { $eq: ['$source', '$$source'] },
                { $ne: ['$user', '$$user'] },
              ],
            },
          },
        },
        { $match: { isCurrent: true } },
      ],
    },
  },
  { $lookup: { from: 'scim_users', localField: 'theirs.user', foreignField: '_id', as: 'others' } },
  { $lookup: { from: 'people', localField: 'person', foreignField: '_id', as: 'self' } },
  // What was asked because of an e-mail is asked while that is both theirs, and not after.
  { $match: { 'of.0.deletedAt': null, 'of.0.email': { $type: 'string' } } },
  { $match: { $expr: { $eq: [{ $first: '$of.email' }, { $first: '$self.emailKey' }] } } },
  {
    $set: {
      until: '$before.slack.userId',
      untilPersonIds: '$before._id',
      instead: '$others.userName',
      slack: '$self.slack.userId',
    },
  },
]

function asQuestion(row: z.output<typeof question>): IdentityQuestion {
  const { _id: id, source, user, person, why, askedAt, of, until, untilPersonIds, instead, slack } = row
  const [now] = of
  return {
    id,
    source,
    userId: user,
    personId: person,
    why,
    askedAt,
    until,
    untilPersonIds,
    instead,
    slackUserId: slack[0] ?? '',
    email: now?.email ?? '',
    userName: now?.userName ?? '',
  }
}
