import { setTimeout as pause } from 'node:timers/promises'
import { answerDevice, deviceTerms } from '../../src/operations/devices/answer-device.ts'
import { foreseeOutages } from '../../src/operations/by-itself/outage.ts'
import { aDeviceDay } from './a-device.ts'
import { as, asks, eventually, patient } from './acts.ts'

test('nobody is said to lose by a silent source what stands on a device of another, as theirs of the silent one was rejected', async () => {
  const other = '    fleet: { kind: webhook, secret: "whsec_c2l4dGVlbiBieXRlcyBhbmQgbW9yZQ==" }\n'
  const day = await aDeviceDay({ rule: '      maxAge: 20s\n', more: other })
  const { riley, kim, app } = day.stage
  const { world } = app
  const by = as(day.stage, kim)
  const owner = { email: 'riley@contractor.example', isProven: true }
  for (const [source, answer] of [
    ['fleet', 'reject'],
    ['mdm', 'approve'],
  ] as const) {
    const heard = await day.says({ source, id: source, serial: source, owner })
    if (heard.is !== 'heard') throw new Error(heard.words)
    const { id } = heard.device
    expect(await answerDevice(world, { by, id, answer, terms: deviceTerms(heard.device) })).toMatchObject({
      id,
    })
  }
  await asks(riley, 'gate open')
  await eventually(
    async () => [...day.gate.holders].join(),
    (now) => now === 'riley',
    patient.withinMs,
  )
  await pause(11_000)
  await day.says({ id: 'mdm', serial: 'mdm', owner })
  await foreseeOutages(world)
  const fleet = (await world.deviceSources.all()).find(({ source }) => source === 'fleet')
  expect(fleet?.losses).toEqual([])
}, 60_000)
