import type { Alert } from '../../../src/slack/publish/picture.ts'
import { Publisher } from '../../../src/slack/publish/publisher.ts'
import { beat, useBeats } from '../../support/beats.ts'
import { aPendingGrant, riley } from '../../support/builders.ts'
import { aGate, anEdit, ended, held } from '../../support/busy-publisher.ts'
import { aPicture, says, settled, until } from '../../support/publishing.ts'
import { aSlackSide, type SlackSide } from '../../support/slack-side.ts'

useBeats()
const running: Publisher[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((publisher) => publisher.stop(100)))
})

const anAlert = (key: string, about: Partial<Alert> = {}): Alert => ({
  key,
  requestId: key,
  row: undefined,
  lane: 'alert',
  isWanted: true,
  needsLook: true,
  to: { channel: 'C2' },
  draw: async () => says(key),
  ...about,
})

/** Taking a message by its key waits for `lease`. */
function alerting(
  side: SlackSide,
  alerts: () => Promise<Alert[]>,
  lease: (key: string) => Promise<unknown> | undefined = () => undefined,
): Publisher {
  const own = side.parts.surfaces
  const surfaces: typeof own = {
    ...own,
    lease: async (row, forMs) => {
      await lease(row.key)
      return own.lease(row, forMs)
    },
  }
  const publisher = new Publisher(
    { ...side.parts, surfaces },
    {
      pictures: {
        of: async (grant) => ({
          pictures: [grant.status === 'ended' ? anEdit(grant) : aPicture(grant, { to: { channel: 'C1' } })],
          isWhole: true,
        }),
        alerts,
      },
      isPaced: false,
    },
  )
  publisher.start()
  running.push(publisher)
  return publisher
}

const isHeldUp = (gate: { opened: Promise<void> }) => (key: string) =>
  key.startsWith('card:held') ? gate.opened : undefined

// While thousands of edits waited, nobody was told that somebody still holds what they should not.
test('an alert is posted though the edit of another waits behind others', async () => {
  const side = aSlackSide()
  const stands = async (key: string, requestId: string) => {
    await side.surfaces.lease({ key, requestId }, 1_000)
    await side.surfaces.save({ key, requestId }, { channel: 'C1', ts: key, shows: 'old', needsLook: true })
  }
  for (const id of held) await stands(`card:${id}`, id)
  await stands('settled', 'settled')
  const rowOf = async (key: string) => (await side.surfaces.of(key)).surfaces[0]
  const alerts = async () => [
    anAlert('settled', { row: await rowOf('settled'), lane: 'cleanUp', isWanted: false, needsLook: false }),
    anAlert('late', { row: await rowOf('late') }),
  ]
  const gate = aGate()
  alerting(side, alerts, isHeldUp(gate))
  for (const id of held) await side.writes(ended(id))
  await settled()
  for (let i = 0; i < 3; i++) {
    side.passes(5_000)
    beat(5_000)
    await settled()
  }
  expect(side.slack.texts).toEqual(['late'])
  gate.open()
  await until(() => side.slack.texts.includes('settled'))
})

test('an alert that nobody needs any more when its turn comes is not posted', async () => {
  const side = aSlackSide()
  const late = { is: true }
  const gate = aGate()
  alerting(side, async () => (late.is ? [anAlert('late', { to: { channel: 'C1' } })] : []), isHeldUp(gate))
  // Both turns in its channel are taken.
  for (const id of held) await side.writes(aPendingGrant({ id, requestId: id, subject: { ...riley, id } }))
  await settled()
  beat(5_000)
  await settled()
  late.is = false
  side.passes(5_000)
  beat(5_000)
  await settled()
  gate.open()
  await settled()
  expect(side.slack.texts.filter((text) => text.includes('late'))).toEqual([])
})

test('an alert that has waited for its turn is posted as it is then', async () => {
  const side = aSlackSide()
  const words = { are: 'three are late' }
  const gate = aGate()
  const alerts = async () => [anAlert('late', { to: { channel: 'C1' }, draw: async () => says(words.are) })]
  alerting(side, alerts, isHeldUp(gate))
  for (const id of held) await side.writes(aPendingGrant({ id, requestId: id, subject: { ...riley, id } }))
  await settled()
  beat(5_000)
  await settled()
  words.are = 'two are late'
  side.passes(1_000)
  gate.open()
  await until(() => side.slack.texts.includes('two are late'))
})

test('an alert that has come to belong elsewhere is posted there', async () => {
  const side = aSlackSide()
  const to = { channel: 'C1' }
  const gate = aGate()
  const rowOf = async () => (await side.surfaces.of('late')).surfaces[0]
  alerting(side, async () => [anAlert('late', { row: await rowOf(), to: { ...to } })], isHeldUp(gate))
  for (const id of held) await side.writes(aPendingGrant({ id, requestId: id, subject: { ...riley, id } }))
  await settled()
  beat(5_000)
  await settled()
  to.channel = 'C9'
  side.passes(1_000)
  gate.open()
  for (let i = 0; i < 3; i++) {
    await settled()
    side.passes(5_000)
    beat(5_000)
  }
  await until(() => side.slack.texts.includes('late'))
  const late = side.slack.calls.filter(({ args }) => args['text'] === 'late')
  expect(late.map(({ args }) => args['channel'])).toEqual(['C9'])
})

test('once it is stopped no alert is begun, and one that is being sent has been', async () => {
  const side = aSlackSide()
  const [reading, sending] = [aGate(), aGate()]
  let asked = 0
  const publisher = alerting(
    side,
    async () => {
      if (asked++ === 0) return [anAlert('first')]
      await reading.opened
      return [anAlert('second')]
    },
    (key) => (key === 'first' ? sending.opened : undefined),
  )
  beat(5_000)
  await settled()
  beat(5_000)
  await settled()
  const stopping = publisher.stop()
  reading.open()
  await settled()
  sending.open()
  await stopping
  expect(side.slack.texts).toEqual(['first'])
  await settled()
  expect(side.slack.texts).toEqual(['first'])
})
