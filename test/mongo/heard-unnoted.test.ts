import { Collection } from 'mongodb'
import { stoodBeforeMs } from '../../src/domain/devices/standing-still.ts'
import { mongoDeviceSources } from '../../src/mongo/device-sources.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'

const minuteMs = 60_000
const silentAfterMs = 30 * minuteMs

let database: TestDatabase
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.drop())

/** It is looked at each ten minutes; then it is silent for an hour. */
test.each([true, false])(
  'time stands still since the last good look at a source, though a note of one was lost right before: %p',
  async (isLost) => {
    const id = `fleet ${isLost}`
    const raw = database.connection.collection<{ _id: string; heardAt: Date }>('device_sources')
    const ago = (minutes: number) => new Date(Date.now() - minutes * minuteMs)
    await mongoDeviceSources(database.connection).heard(id, silentAfterMs)
    await raw.updateOne({ _id: id }, { $set: { heardAt: ago(10) } })
    const store = mongoDeviceSources(database.connection)
    if (isLost) {
      const { updateOne } = Collection.prototype
      Collection.prototype.updateOne = () => Promise.reject(new Error('not primary'))
      try {
        await expect(store.heard(id, silentAfterMs)).rejects.toThrow('not primary')
      } finally {
        Collection.prototype.updateOne = updateOne
      }
    }
    await store.heard(id, silentAfterMs)
    const { heardAt } = (await raw.findOne({ _id: id })) ?? {}
    if (!heardAt) throw new Error('it is not noted')
    await raw.updateOne({ _id: id }, { $set: { heardAt: new Date(heardAt.getTime() - 60 * minuteMs) } })
    await mongoDeviceSources(database.connection).heard(id, silentAfterMs)
    const source = (await mongoDeviceSources(database.connection).all()).find((one) => one.source === id)
    if (!source) throw new Error('it is not there')
    const stoodMs = stoodBeforeMs(source, { at: ago(60), lastAt: ago(60) })
    expect(Math.round(stoodMs / minuteMs)).toBe(60)
  },
)
