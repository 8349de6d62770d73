import { fleetSettings } from '../../src/domain/devices/source-kinds.ts'

test('`curfew check` says of certificates that are none, or cut off, that they are, and not each look at Fleet', () => {
  const written = { url: 'https://fleet.acme.example', token: 'a-token' }
  const cutOff = '-----BEGIN CERTIFICATE-----\nMIIB'
  expect(fleetSettings.safeParse({ ...written, ca: cutOff }).success).toBe(false)
})
