import { Timestamp } from 'mongodb'
import type { Connection } from 'mongoose'
import { deviceId, type Device } from '../../src/domain/devices/device.ts'
import type { PersonRef } from '../../src/domain/person.ts'
import { mongoClock } from '../../src/mongo/clock.ts'
import { mongoDevices } from '../../src/mongo/devices.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { deviceSource } from './device-catalog.ts'

const atOnce = 5_000
const seenAgoMs = 1_800_000
const perSecond = 500

export const sourceIdOf = (i: number): string => `laptop-${i}`

/** What a source says of any of them: all fit. */
export const fitValues = {
  os: 'macos',
  osFamily: 'darwin',
  osVersion: '15.1',
  kernelVersion: '24.1.0',
  diskEncrypted: true,
  firewall: true,
  autoUpdate: true,
  managed: true,
  screenLock: true,
} as const
export const fitPolicies = {
  Compliant: 'pass',
  'EDR is running': 'pass',
  'No known malware': 'pass',
} as const

/** The first through the store, the others as it stored that one: approved, and each somebody's in turn. */
export async function writeDevices(
  connection: Connection,
  { count, owners }: { count: number; owners: readonly PersonRef[] },
): Promise<void> {
  await ensureIndexes(connection)
  const at = new Date(Date.now() - seenAgoMs)
  const model = aDevice(at)
  const store = mongoDevices(connection, mongoClock(connection))
  await store.change(model.id, () => ({ device: model, isChanged: true }))
  const devices = connection.collection<Record<string, unknown> & { _id: string }>('devices')
  const stored = await devices.findOne({ _id: model.id })
  await devices.deleteMany({})
  const seconds = Math.floor(Date.now() / 1_000) - 3_600
  for (let from = 0; from < count; from += atOnce) {
    const some = Array.from({ length: Math.min(atOnce, count - from) }, (_, k) => {
      const i = from + k
      const owner = owners[i % owners.length]
      if (owner === undefined) throw new Error('there is nobody to own devices')
      const sourceId = sourceIdOf(i)
      const own = { name: sourceId, serial: `C02${i}`, uuid: `uuid-${i}`, owner, claimed: owner.email }
      const changedAt = new Timestamp({ t: seconds + Math.floor(i / perSecond), i })
      return { ...stored, ...own, sourceId, _id: deviceId(deviceSource, sourceId), changedAt }
    })
    await devices.insertMany(some, { ordered: false })
  }
}

const aDevice = (at: Date): Device => ({
  id: deviceId(deviceSource, 'first'),
  revision: 0,
  source: deviceSource,
  sourceId: 'first',
  name: 'first',
  serial: null,
  uuid: null,
  owner: null,
  isOwnerProven: true,
  claimed: null,
  claimant: null,
  isInQuestion: false,
  approval: 'approved',
  decided: { by: null, at, because: 'written by the bench', answer: null },
  joinedTo: null,
  firstSeenAt: at,
  lastSeenAt: at,
  said: Object.fromEntries(Object.entries(fitValues).map(([name, value]) => [name, { value, at }])),
  policies: Object.fromEntries(
    Object.entries(fitPolicies).map(([name, result]) => [name, { result, at, remedy: null }]),
  ),
})
