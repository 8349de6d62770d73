import { unposted } from '../../../src/domain/ports/surfaces.ts'
import { pictureDevices } from '../../../src/slack/looking-after/devices.ts'
import { read } from '../../catalog/reading.ts'
import { ada, riley } from '../../support/builders.ts'
import { standard } from '../../support/device-sources.ts'
import { aDevice } from '../../support/known-devices.ts'
import { aSlackSide, catalogWith } from '../../support/slack-side.ts'

const byDm = `${catalogWith()}devices:\n  admins: [ada@acme.example, sam@acme.example]\n  sources:\n    ${standard}`

test('twenty devices of an admin’s own, which only another decides on, keep no device of anybody else from being asked about', async () => {
  const onlyAda = byDm.replace(', sam@acme.example', '')
  const { parts, world } = aSlackSide({ catalog: read(onlyAda) })
  const waits = (about: Parameters<typeof aDevice>[0]) =>
    world.devices.change(about?.id ?? '', () => ({
      device: aDevice({ approval: 'pending', ...about }),
      isChanged: true,
    }))
  for (let n = 0; n < 20; n++) await waits({ id: `laptops/ada-${n}`, owner: ada, claimed: ada.email })
  await waits({ id: 'laptops/riley-1', owner: riley })
  const asked = await pictureDevices(parts)
  expect(asked.map(({ key }) => key).join()).toContain('laptops/riley-1')
})

test('a device of which it is in question whose it is is asked about, though twenty new ones stand already', async () => {
  const { parts, world } = aSlackSide({ catalog: read(byDm) })
  const put = (id: string, about: Parameters<typeof aDevice>[0]) =>
    world.devices.change(id, () => ({ device: aDevice({ id, owner: riley, ...about }), isChanged: true }))
  for (let n = 0; n < 21; n++) await put(`laptops/new-${n}`, { approval: 'pending' })
  for (const card of await pictureDevices(parts)) {
    const { leasedBy } = await parts.surfaces.lease(card, 1_000)
    const stands = { ...unposted, channel: card.to.channel, ts: '1.1', shows: 'it', needsLook: true }
    await parts.surfaces.save(card, stands, leasedBy)
  }
  await put('laptops/old', { isInQuestion: true, claimed: 'kim@acme.example' })
  const asked = await pictureDevices(parts)
  const of = (id: string) => asked.filter(({ key }) => key.endsWith(id)).length
  expect([of('laptops/old'), of('laptops/new-19'), of('laptops/new-20')]).toEqual([2, 2, 0])
})
