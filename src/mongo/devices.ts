import { Timestamp, type Filter } from 'mongodb'
import { Schema, type Connection } from 'mongoose'
import { z } from 'zod'
import { deviceSchema, type Device } from '../domain/devices/device.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { DeviceChange, DeviceStore } from '../domain/ports/devices.ts'
import type { Log } from '../domain/ports/log.ts'
import { aboutToWrite } from '../domain/writes.ts'
import { collectionOf } from './connection.ts'
import { FirstReadable } from './first-readable.ts'
import { readEach, readOne } from './readable.ts'
import { byId, makeEach, together, updateEach } from './together.ts'

const schema = new Schema(
  {
    _id: String,
    revision: Number,
    source: String,
    serial: String,
    owner: { _id: false, id: String },
    claimed: String,
    claimant: { _id: false, id: String },
    approval: String,
    isInQuestion: Boolean,
    firstSeenAt: Date,
    /** By the cluster's time, which never goes back: when anything but its age became otherwise. */
    changedAt: Schema.Types.Mixed,
  },
  { collection: 'devices', versionKey: false },
)
schema.index({ 'owner.id': 1 })
schema.index({ changedAt: 1, _id: 1 })
schema.index({ serial: 1 }, { partialFilterExpression: { serial: { $type: 'string' } } })
// Few are waited for at any time.
schema.index({ approval: 1, firstSeenAt: 1 }, { partialFilterExpression: { approval: 'pending' } })
schema.index({ isInQuestion: 1 }, { partialFilterExpression: { isInQuestion: true } })

export const deviceModel = (connection: Connection) => connection.model('Device', schema)

interface Stored {
  readonly _id: string
  readonly [field: string]: unknown
}

/** Names may have dots and dollars in them: what is said is a list, not an object. */
const named = <T extends z.ZodType>(value: T) => z.array(z.object({ name: z.string(), said: value }))
const { said, policies } = deviceSchema.shape
const storedDevice = deviceSchema
  .omit({ id: true, said: true, policies: true })
  .extend({ _id: z.string(), said: named(said.valueType), policies: named(policies.valueType) })

const listOf = <T>(all: Readonly<Record<string, T>>) =>
  Object.entries(all).map(([name, one]) => ({ name, said: one }))
const recordOf = <T>(all: readonly { name: string; said: T }[]): Record<string, T> =>
  Object.fromEntries(all.map(({ name, said: one }) => [name, one]))

const read = (row: unknown): Device => {
  const { _id: id, ...device } = storedDevice.parse(row)
  return { ...device, id, said: recordOf(device.said), policies: recordOf(device.policies) }
}
const toStored = ({ id, ...device }: Device): Stored => ({
  ...device,
  _id: id,
  said: listOf(device.said),
  policies: listOf(device.policies),
})

const change = z.object({
  _id: z.string(),
  // Of another version's: it is somebody's, or nobody's, whom nobody here knows.
  owner: z.object({ id: z.string() }).nullish().catch(null),
  changedAt: z.instanceof(Timestamp),
  revision: z.number().catch(Infinity),
})

/** What a write of the device leaves as it is. */
const kept = { changedAt: '$changedAt', marks: '$marks' }

const changeFields = { 'owner.id': 1, changedAt: 1, revision: 1 }

function changeOf(row: unknown): DeviceChange {
  const { _id: id, owner, changedAt, revision } = change.parse(row)
  return { id, ownerId: owner?.id ?? null, stamp: `${changedAt.t}.${changedAt.i}`, revision }
}

const triesEach = 8

export function mongoDevices(connection: Connection, clock: Pick<Clock, 'now'>, log?: Log): DeviceStore {
  const collection = collectionOf<Stored>(connection, 'devices')
  const listeners = new Set<(device: Device) => void>()
  const readable = (rows: readonly unknown[]): Device[] => readEach(rows, read, { what: 'device', log })
  const get = together(async (ids: readonly string[]) => {
    const found = await byId(collection, ids)
    return ids.map((id) => {
      const row = found.get(id)
      return row === undefined ? null : readOne(row, () => read(row))
    })
  })
  const write = together(async (changes: readonly { from: Device; to: Device; isChanged: boolean }[]) => {
    const updates = changes.map(({ from, to, isChanged }) => ({
      filter: { _id: to.id, revision: from.revision },
      pipeline: [
        { $replaceWith: { $mergeObjects: [{ $literal: toStored(to) }, kept] } },
        ...(isChanged ? [{ $set: { changedAt: '$$CLUSTER_TIME' } }] : []),
      ],
    }))
    return updateEach(collection, updates)
  })
  const make = together(async (made: readonly Device[]) => {
    const found = await makeEach(
      collection,
      made.map((device) => ({
        filter: { _id: device.id },
        pipeline: [
          {
            $replaceWith: {
              $cond: [
                { $eq: [{ $type: '$revision' }, 'missing'] },
                { $mergeObjects: [{ $literal: toStored(device) }, { changedAt: '$$CLUSTER_TIME' }] },
                '$$ROOT',
              ],
            },
          },
        ],
      })),
    )
    return found.map((row) => readOne(row, () => read(row)))
  })
  const changed = (device: Device): void => {
    for (const listener of listeners) listener(device)
  }
  const changeOne: DeviceStore['change'] = async (id, next, seen) => {
    let from = seen === undefined ? await get(id) : seen
    let isMade = false
    for (let tried = 0; tried < triesEach; tried++) {
      const wanted = next(from, clock.now())
      if (wanted === null) return from
      aboutToWrite()
      if (from === null) {
        // Of two who make it at once one is first; both go on with what stands there.
        from = await make({ ...wanted.device, revision: 0 })
        isMade = true
        continue
      }
      const to = { ...wanted.device, revision: from.revision + 1 }
      if (await write({ from, to, isChanged: wanted.isChanged })) {
        if (wanted.isChanged || isMade) changed(to)
        return to
      }
      from = await get(id)
    }
    throw new Error(`${id} is written by others all the time`)
  }
  const known = new FirstReadable(collection, read, { what: 'device', log })
  const first = (limit: number, those: Filter<Stored>, sort: Record<string, 1>): Promise<Device[]> =>
    known.first(those, { limit, sort }, read)
  /** By their ids, from the one after. */
  const page = async (those: Filter<Stored>, after: string | null, limit: number): Promise<Device[]> => {
    const filter = after === null ? those : { ...those, _id: { $gt: after } }
    return first(limit, filter, { _id: 1 })
  }
  return {
    get,
    ofPeople: async (personIds, known = new Map()) => {
      const theirs = { 'owner.id': { $in: [...personIds] } }
      if (known.size === 0) return readable(await collection.find(theirs, { batchSize }).toArray())
      const rows = await collection.find(theirs, { projection: { revision: 1 }, batchSize }).toArray()
      const same = rows.flatMap(({ _id: id, revision }) => {
        const device = known.get(id)
        return device !== undefined && device.revision === revision ? device : []
      })
      const isSame = new Set(same.map(({ id }) => id))
      const others = rows.flatMap(({ _id: id }) => (isSame.has(id) ? [] : id))
      if (others.length === 0) return same
      // Somebody else's by now are not asked for any more.
      const changed = { ...theirs, _id: { $in: others } }
      return [...same, ...readable(await collection.find(changed, { batchSize }).toArray())]
    },
    waiting: async (limit, { needsApproval }) => {
      const isOwned = { 'owner.id': { $type: 'string' } }
      const isClaimed = { 'claimant.id': { $type: 'string' } }
      const isSomebodys = needsApproval ? [isClaimed, isOwned] : [{ ...isClaimed, owner: null }]
      const those = [
        { isInQuestion: true },
        { isInQuestion: { $ne: true }, approval: 'pending' as const, $or: isSomebodys },
      ]
      return (await Promise.all(those.map((filter) => first(limit, filter, { firstSeenAt: 1 })))).flat()
    },
    unclaimed: (after, limit) =>
      page({ approval: 'pending', owner: null, claimant: null, claimed: { $type: 'string' } }, after, limit),
    ofSerial: async (serial) => (serial === '' ? [] : first(20, { serial }, { _id: 1 })),
    all: (after, limit) => page({}, after, limit),
    pending: (after, limit) => page({ approval: 'pending' }, after, limit),
    newestChange: async () => {
      const row = await collection.findOne(
        { changedAt: { $type: 'timestamp' } },
        { sort: { changedAt: -1 }, projection: changeFields },
      )
      return row === null ? null : changeOf(row).stamp
    },
    changedSince: async (after, limit = mostChanged) => {
      const isChanged = { changedAt: { $type: 'timestamp' } } as const
      const since = after === null ? null : stampOf(after.stamp)
      const filter =
        after === null || since === null
          ? isChanged
          : { $or: [{ changedAt: { $gt: since } }, { changedAt: since, _id: { $gt: after.id } }] }
      const rows = await collection
        .find(filter, { projection: changeFields })
        .sort({ changedAt: 1, _id: 1 })
        .limit(limit)
        .toArray()
      return rows.map(changeOf)
    },
    change: changeOne,
    onChange: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

const mostChanged = 5_000
/** What hundreds of people have comes in one answer. */
const batchSize = 1_000

function stampOf(written: string): Timestamp {
  const [t = 0, i = 0] = written.split('.').map(Number)
  return new Timestamp({ t, i })
}
