import { MongoServerError, type Collection } from 'mongodb'
import type { Connection } from 'mongoose'
import { z } from 'zod'
import { sealed } from '../../domain/confirming/sealed.ts'
import type { SealedSecrets } from '../../domain/ports/sealed-secrets.ts'
import type { TotpStep, TotpStore } from '../../domain/ports/totp.ts'
import { aboutToWrite } from '../../domain/writes.ts'
import { collectionOf } from '../connection.ts'

const mostTries = 5
const firstLockMs = 15 * 60_000
const longestLockMs = 24 * 3_600_000
/** From here on it is the longest anyway, and the power stays a number. */
const mostDoublings = 7

const stored = z.object({
  _id: z.string(),
  enrolment: z.string(),
  sealed,
  enrolledAt: z.date(),
  lastUsedAt: z.date().nullable(),
})
const read = stored.extend({ readAt: z.date() })
const tried = z.object({
  triedAt: z.date(),
  wasRight: z.boolean(),
  tries: z.number(),
  lockedUntil: z.date().nullable(),
})
const locked = z.object({ enrolment: z.string(), lockedUntil: z.date().nullable() })
const enrolmentOf = z.object({ enrolment: z.string() })
const counted = z.object({ _id: z.string(), count: z.number() })

const collection = (connection: Connection): Collection<{ _id: string }> => collectionOf(connection, 'totp')

/** One document a person. Of what decides about tries and locks each is one write, by the database's clock. */
export function mongoTotp(connection: Connection): TotpStore {
  const totp = collection(connection)
  const isNotLocked = { $expr: { $lte: [{ $ifNull: ['$lockedUntil', new Date(0)] }, '$$NOW'] } }

  const put = (person: string, enrolled: Parameters<TotpStore['enrol']>[1]) =>
    totp.findOneAndUpdate(
      { _id: person },
      [
        {
          $replaceWith: {
            $cond: [
              { $eq: ['$enrolment', enrolled.enrolment] },
              '$$ROOT',
              {
                _id: person,
                enrolment: enrolled.enrolment,
                sealed: { $literal: enrolled.sealed },
                lastStep: enrolled.step,
                enrolledAt: '$$NOW',
                lastUsedAt: null,
                triedAt: null,
                tries: 0,
                locks: 0,
                lockedUntil: null,
              },
            ],
          },
        },
      ],
      { upsert: true, returnDocument: 'before' },
    )

  return {
    of: async (person) => {
      const [found] = await totp
        .aggregate([{ $match: { _id: person } }, { $set: { readAt: '$$NOW' } }])
        .toArray()
      return found === undefined ? null : read.parse(found)
    },
    takeTry: async (person, enrolment, code) => {
      aboutToWrite()
      const found = await totp.findOneAndUpdate(
        { _id: person, enrolment, ...isNotLocked },
        [
          { $set: { triedAt: '$$NOW', wasRight: isUnspent(code) } },
          { $set: { tries: { $cond: ['$wasRight', 0, { $add: ['$tries', 1] }] } } },
          {
            $set: {
              lockedUntil: {
                $cond: [{ $gte: ['$tries', mostTries] }, { $add: ['$$NOW', lockMs] }, null],
              },
              locks: {
                $switch: {
                  branches: [
                    { case: '$wasRight', then: 0 },
                    { case: { $gte: ['$tries', mostTries] }, then: { $add: ['$locks', 1] } },
                  ],
                  default: '$locks',
                },
              },
              lastStep: { $cond: ['$wasRight', code?.step ?? null, '$lastStep'] },
              lastUsedAt: { $cond: ['$wasRight', '$$NOW', '$lastUsedAt'] },
            },
          },
          { $set: { tries: { $mod: ['$tries', mostTries] } } },
        ],
        { returnDocument: 'after' },
      )
      if (found !== null) {
        const { triedAt: at, wasRight: isRight, tries, lockedUntil } = tried.parse(found)
        return { taken: true, at, isRight, left: lockedUntil === null ? mostTries - tries : 0, lockedUntil }
      }
      const now = locked.safeParse(await totp.findOne({ _id: person }))
      // Locked no more: it was a moment ago, and who was late by so little may try again.
      return now.success && now.data.enrolment === enrolment
        ? { taken: false, why: 'locked', until: now.data.lockedUntil ?? new Date() }
        : { taken: false, why: 'gone' }
    },
    enrol: async (person, enrolled) => {
      aboutToWrite()
      const before = await put(person, enrolled).catch((error: unknown) => {
        // Two made the document at once: it is there now.
        if (error instanceof MongoServerError && error.code === 11000) return put(person, enrolled)
        throw error
      })
      if (before === null) return 'enrolled'
      return enrolmentOf.parse(before).enrolment === enrolled.enrolment ? 'again' : 'replaced'
    },
    remove: async (person) => {
      aboutToWrite()
      return (await totp.deleteOne({ _id: person })).deletedCount === 1
    },
  }
}

/** That of a step that counts now, and neither it nor a later one was used. */
const isUnspent = (code: TotpStep | null) =>
  code === null
    ? { $literal: false }
    : {
        $and: [
          { $lt: ['$lastStep', code.step] },
          { $lte: [code.from, '$$NOW'] },
          { $lt: ['$$NOW', code.until] },
        ],
      }

/** 15 minutes, twice as long each time, a day at most. */
const lockMs = {
  $min: [longestLockMs, { $multiply: [firstLockMs, { $pow: [2, { $min: ['$locks', mostDoublings] }] }] }],
}

export function mongoSealedSecrets(connection: Connection): SealedSecrets {
  const totp = collection(connection)
  return {
    sealedByOthers: async (keyId, { after, most }) => {
      const rows = await totp
        .find({ 'sealed.keyId': { $ne: keyId }, ...(after === null ? {} : { _id: { $gt: after } }) })
        .sort({ _id: 1 })
        .limit(most)
        .toArray()
      return rows.map((row) => {
        const { _id: person, sealed: box } = stored.parse(row)
        return { id: person, of: { person, purpose: 'totp' }, sealed: box }
      })
    },
    reseal: async ({ id, sealed: from }, to) => {
      aboutToWrite()
      const { matchedCount } = await totp.updateOne(
        { _id: id, 'sealed.keyId': from.keyId, 'sealed.box': from.box },
        { $set: { sealed: to } },
      )
      return matchedCount === 1
    },
    countByKey: async () => {
      const rows = await totp.aggregate([{ $group: { _id: '$sealed.keyId', count: { $sum: 1 } } }]).toArray()
      return new Map(rows.map((row) => counted.parse(row)).map(({ _id, count }) => [_id, count]))
    },
  }
}
