import { mongoDevices } from '../../../src/mongo/devices.ts'
import { ensureIndexes } from '../../../src/mongo/indexes.ts'
import { findClaimants } from '../../../src/operations/devices/claimant.ts'
import { at } from '../../support/builders.ts'
import { aDatabase } from '../../support/database.ts'
import { aDevice } from '../../support/known-devices.ts'
import { aSlackSide } from '../../support/slack-side.ts'

test('the device of somebody who came since is asked about, however many others are of people whom nobody knows', async () => {
  const database = await aDatabase()
  try {
    await ensureIndexes(database.connection)
    const devices = mongoDevices(database.connection, { now: () => at(0) })
    const world = { ...aSlackSide().world, devices }
    const put = (id: string, claimed: string, seconds: number) =>
      devices.change(id, () => ({
        device: aDevice({ id, owner: null, claimed, approval: 'pending', firstSeenAt: at(seconds) }),
        isChanged: true,
      }))
    // Who left, or works elsewhere: their devices are in the company's management still.
    await Promise.all(Array.from({ length: 2_100 }, (_, n) => put(`mdm/${n}`, `left-${n}@acme.example`, n)))
    await put('mdm/sams', 'sam@acme.example', 5_000)
    for (let minute = 0; minute < 3; minute++) await findClaimants(world)
    expect(await devices.get('mdm/sams')).toMatchObject({ claimant: { email: 'sam@acme.example' } })
  } finally {
    await database.drop()
  }
}, 60_000)
