import { aDeviceServer } from '../../support/devices-server.ts'

test('what a sender says a moment later, in the same second of its clock, is what is known: a firewall that went off is off', async () => {
  const server = await aDeviceServer()
  try {
    const says = (firewall: boolean) =>
      server.deliver({ sourceId: 'riley-1', at: '2027-01-27T11:59:59Z', attributes: { firewall } })
    expect(await says(true)).toMatchObject({ status: 200, accepted: 1 })
    expect(await says(false)).toMatchObject({ status: 200, accepted: 1 })
    expect((await server.device('laptops/riley-1'))?.said['firewall']?.value).toBe(false)
  } finally {
    await server.close()
  }
})
