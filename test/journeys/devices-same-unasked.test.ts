import { aDeviceDay } from './a-device.ts'
import { patient } from './acts.ts'

test('where devices count without an admin’s yes, an admin can say all the same that two sources tell of one machine', async () => {
  const day = await aDeviceDay({
    rule: '      maxAge: 1h\n  approval: none\n',
    more: '    fleet: { kind: webhook, secret: "whsec_c2l4dGVlbiBieXRlcyBhbmQgbW9yZQ==" }\n',
  })
  const { kim, orders } = day.stage
  await day.says({ owner: { email: 'riley@contractor.example', isProven: true } })
  await day.says({ source: 'fleet', id: 'f-1', name: 'rileys-twin' })
  const card = await kim.sees(/New device.*rileys-twin/s, orders, patient)
  expect(card.buttons).toContain('It is the same machine')
}, 60_000)
