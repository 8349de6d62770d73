import type { SurfaceStore } from '../../../src/domain/ports/surfaces.ts'
import { alertsByKey } from '../../../src/slack/looking-after/alerts-by-key.ts'
import { Publisher } from '../../../src/slack/publish/publisher.ts'
import { beat, useBeats } from '../../support/beats.ts'
import { aGate } from '../../support/busy-publisher.ts'
import { says, settled, until } from '../../support/publishing.ts'
import { aSlackSide } from '../../support/slack-side.ts'

useBeats()
const running: Publisher[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((publisher) => publisher.stop(100)))
})

test('a message that waits for an admin says that it is settled in the end, though the replica that took it for that was stopped before it had drawn it', async () => {
  const side = aSlackSide()
  const [waits, taken] = [{ is: true }, { is: false }]
  const gate = aGate()
  const starts = (surfaces: SurfaceStore): Publisher => {
    const parts = { ...side.parts, surfaces }
    const publisher = new Publisher(parts, {
      pictures: {
        of: async () => ({ pictures: [], isWhole: true }),
        alerts: () =>
          alertsByKey(
            parts,
            'thing:',
            waits.is ? [{ key: 'thing:1', channel: 'C2', draw: async () => says('it waits for you') }] : [],
            async () => says('it is settled'),
          ),
      },
      isPaced: false,
    })
    publisher.start()
    running.push(publisher)
    return publisher
  }
  const beats = async (many: number) => {
    for (let i = 0; i < many; i++) {
      side.passes(5_000)
      beat(5_000)
      await settled(300)
    }
  }
  const own = side.parts.surfaces
  const first = starts({
    ...own,
    lease: async (...asked) => {
      const leased = await own.lease(...asked)
      if (waits.is) return leased
      taken.is = true
      await gate.opened
      return leased
    },
  })
  await beats(2)
  expect(side.slack.texts).toEqual(['it waits for you'])
  waits.is = false
  await beats(1)
  await until(() => taken.is)
  await first.stop(30)
  gate.open()
  await settled()
  starts(side.openSurfaces())
  await beats(20)
  expect(side.slack.texts).toEqual(['it waits for you', 'it is settled'])
})
