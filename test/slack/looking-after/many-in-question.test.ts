import { mongoDevices } from '../../../src/mongo/devices.ts'
import { ensureIndexes } from '../../../src/mongo/indexes.ts'
import { pictureDevices } from '../../../src/slack/looking-after/devices.ts'
import { unposted } from '../../../src/domain/ports/surfaces.ts'
import { read } from '../../catalog/reading.ts'
import { at, riley } from '../../support/builders.ts'
import { aDatabase } from '../../support/database.ts'
import { standard } from '../../support/device-sources.ts'
import { aDevice } from '../../support/known-devices.ts'
import { aSlackSide, catalogWith } from '../../support/slack-side.ts'

test('a card of a device that still waits is not said to be over as a whole company’s are in question', async () => {
  const database = await aDatabase()
  try {
    await ensureIndexes(database.connection)
    const devices = mongoDevices(database.connection, { now: () => at(0) })
    const { parts, world } = aSlackSide({
      catalog: read(`${catalogWith()}devices:\n  channel: C0123DEVICES\n  sources:\n    ${standard}`),
    })
    const all = { ...parts, world: { ...world, devices } }
    const put = (id: string, about: Parameters<typeof aDevice>[0]) =>
      devices.change(id, () => ({ device: aDevice({ id, ...about }), isChanged: true }))
    await put('mdm/new', { approval: 'pending', owner: riley, firstSeenAt: at(5_000) })
    const [card] = await pictureDevices(all)
    if (card === undefined) throw new Error('nobody is asked')
    const { leasedBy } = await parts.surfaces.lease(card, 1_000)
    const stands = { ...unposted, channel: 'C0123DEVICES', ts: '1.1', shows: 'it', needsLook: true }
    await parts.surfaces.save(card, stands, leasedBy)
    // Their management names everybody otherwise from one hour to the next.
    await Promise.all(
      Array.from({ length: 501 }, (_, n) =>
        put(`mdm/old-${n}`, { isInQuestion: true, claimed: 'sam@acme.example', firstSeenAt: at(n) }),
      ),
    )
    const now = (await pictureDevices(all)).find(({ key }) => key === card.key)
    expect(await devices.get('mdm/new')).toMatchObject({ approval: 'pending', isInQuestion: false })
    expect(JSON.stringify((await now?.draw()) ?? null)).not.toContain('changed since this was asked')
  } finally {
    await database.drop()
  }
}, 60_000)
