import { aDeviceDay } from './a-device.ts'
import { asks, changeCatalog, eventually, patient } from './acts.ts'

test('once a source has another name in the catalog, as after a new installation, nobody is refused for what the one of before told of', async () => {
  const day = await aDeviceDay({ asks: false, rule: '      maxAge: 12s\n' })
  const { riley } = day.stage
  await day.says()
  const end = performance.now() + 13_000
  await changeCatalog(day.stage, (text) => text.replace('    mdm: {', '    mdm-2: {'))
  await eventually(
    async () => performance.now(),
    (now) => now > end,
    20_000,
  )
  await day.says({ source: 'mdm-2', id: '1' })
  expect(await asks(riley, 'gate open')).toMatchObject({ outcome: 'cleared' })
  await eventually(
    async () => [...day.gate.holders].join(),
    (now) => now === 'riley',
    patient.withinMs,
  )
}, 60_000)

test('what only a source tells of that the catalog does not name any more lets nobody in', async () => {
  const day = await aDeviceDay({ asks: false })
  const { riley } = day.stage
  await day.says()
  await changeCatalog(day.stage, (text) => text.replace('    mdm: {', '    mdm-2: {'))
  expect(await asks(riley, 'gate open')).toMatchObject({ outcome: 'errors' })
}, 60_000)
