import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { secret } from '../../support/device-sources.ts'
import { aDeviceServer } from '../../support/devices-server.ts'
import { condition } from '../../support/known-devices.ts'

test('a Mac that Kolide tells of by the mapping of the page is "macos" to a rule, as the page of rules calls it', async () => {
  const docs = readFileSync('docs/devices/webhook.md', 'utf8')
  const [example = ''] = /(?<=```yaml\n)[^]*?(?=```)/.exec(docs.slice(docs.indexOf('\n### Kolide\n'))) ?? []
  const sources = example
    .replace(/^devices:\n {2}sources:\n/, '')
    .replace(/^ {4}/gm, '')
    .replaceAll(/\$\{CURFEW_\w+\}/g, secret)
  const server = await aDeviceServer(sources)
  try {
    server.setNow(new Date('2027-01-27T12:00:00Z'))
    const text = JSON.stringify({
      event: 'devices.created',
      id: '01HDVY6MBEYST77971',
      timestamp: '2027-01-27T11:59:30Z',
      data: { id: 1152637, name: 'Rileys-MacBook-Pro', device_type: 'Mac', registered_owner: null },
    })
    const authorization = createHmac('sha256', secret).update(text).digest('hex')
    expect(await server.send('kolide', text, { authorization })).toMatchObject({ status: 200, accepted: 1 })
    const device = await server.device('kolide/1152637')
    if (device === null) throw new Error('it is not known')
    expect(condition('device.os in ["macos", "windows"]').evaluate(device)).toBe('yes')
  } finally {
    await server.close()
  }
})
