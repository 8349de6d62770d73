import { alertsByKey } from '../../../src/slack/looking-after/alerts-by-key.ts'
import { unposted } from '../../../src/domain/ports/surfaces.ts'
import { aSlackSide } from '../../support/slack-side.ts'

test('what one of twelve admins answered is answered on the card of each of them, while others wait', async () => {
  const { parts } = aSlackSide()
  const waiting = Array.from({ length: 12 }, (_, admin) =>
    Array.from({ length: 20 }, (_, device) => ({
      key: `device:D${admin}:terms:mdm/${device}`,
      channel: `D${admin}`,
      draw: async () => ({ text: 'asked', blocks: [] }),
    })),
  ).flat()
  const over = async () => ({ text: 'answered', blocks: [] })
  for (const card of await alertsByKey(parts, 'device:', waiting, over, { most: 20 })) {
    const { leasedBy } = await parts.surfaces.lease(card, 1_000)
    const stands = { ...unposted, channel: card.to.channel, ts: '1.1', shows: 'it', needsLook: true }
    await parts.surfaces.save(card, stands, leasedBy)
  }
  const others = waiting.filter(({ key }) => !key.endsWith('mdm/7'))
  const pictured = await alertsByKey(parts, 'device:', others, over, { most: 20 })
  const redrawn = pictured.filter(({ isWanted, key }) => !isWanted && key.endsWith('mdm/7'))
  expect(redrawn).toHaveLength(12)
})
