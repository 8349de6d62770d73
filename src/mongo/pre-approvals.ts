import { Schema, type Connection } from 'mongoose'
import { z } from 'zod'
import { preApprovalSchema, type PreApproval } from '../domain/pre-approval.ts'
import type { Log } from '../domain/ports/log.ts'
import type { PreApprovalStore } from '../domain/ports/pre-approvals.ts'
import { collectionOf } from './connection.ts'
import { FirstReadable } from './first-readable.ts'
import { aboutToWrite } from '../domain/writes.ts'

const schema = new Schema(
  { _id: String, until: Date },
  { collection: 'preapprovals', strict: false, versionKey: false, minimize: false },
)
schema.index({ 'subject.id': 1, until: 1 })
schema.index({ 'approver.id': 1, until: 1 })
schema.index({ stoppedAt: 1, until: 1 })

export const preApprovalModel = (connection: Connection) => connection.model('PreApproval', schema)

export function mongoPreApprovals(connection: Connection, log?: Log): PreApprovalStore {
  const model = preApprovalModel(connection)
  const collection = collectionOf<{ _id: string }>(connection, 'preapprovals')
  const readable = new FirstReadable(collection, parse, { what: 'pre-approval', log })
  const running = (filter: Record<string, unknown>, now: Date, limit = 500): Promise<PreApproval[]> =>
    readable.first({ ...filter, until: { $gt: now }, stoppedAt: null }, { limit, sort: { madeAt: 1 } }, parse)
  return {
    insert: async ({ id, ...made }) => {
      aboutToWrite()
      await model.updateOne({ _id: id }, { $setOnInsert: made }, { upsert: true })
    },
    get: async (id) => {
      const found = await model.findById(id).lean<unknown>()
      return found === null ? null : parse(found)
    },
    forSubject: (subjectId, now) => running({ 'subject.id': subjectId }, now),
    byApprover: (approverId, now) => running({ 'approver.id': approverId }, now),
    running: (now) => running({}, now, 10_000),
    stop: async (id, by, at) => {
      aboutToWrite()
      await model.updateOne({ _id: id, stoppedAt: null }, { $set: { stoppedAt: at, stoppedBy: by } })
      const found = await model.findById(id).lean<unknown>()
      return found === null ? null : parse(found)
    },
  }
}

const withId = z.looseObject({ _id: z.string() })

function parse(doc: unknown): PreApproval {
  const { _id: id, ...rest } = withId.parse(doc)
  return preApprovalSchema.parse({ id, ...rest })
}
