import { aDeviceDay } from './a-device.ts'
import { eventually, patient } from './acts.ts'

test('a new machine that calls itself otherwise each time it reports is asked about in one card, not in one each time', async () => {
  const day = await aDeviceDay()
  const { kim, orders, workspace } = day.stage
  for (const serial of ['C02ONE', 'C02TWO', 'C02THREE', 'C02FOUR', 'C02FIVE']) {
    await day.says({ serial })
    await eventually(
      () => kim.sees(new RegExp(`serial ${serial}`), orders, patient),
      () => true,
    )
  }
  const posted = workspace.calls.filter(
    ({ method, args, status }) =>
      method === 'chat.postMessage' && status === 200 && JSON.stringify(args).includes('riley-laptop'),
  )
  expect(posted).toHaveLength(1)
}, 90_000)
