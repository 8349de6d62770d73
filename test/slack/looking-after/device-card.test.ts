import { askedMessage } from '../../../src/slack/looking-after/devices.ts'
import { asNeutral, ownReport } from '../../../src/domain/devices/own-report.ts'
import { at } from '../../support/builders.ts'
import { heard } from '../../support/known-devices.ts'

/** As `curfew-report` would send it, by whoever holds the key of a device. */
const saying = (attributes: object) =>
  heard(
    null,
    asNeutral({ body: ownReport.parse({ hostname: 'laptop', attributes }), at: at(0) }, 'd-1'),
    at(0),
  )

test('what a device says of its system mentions nobody and links nowhere on the card that asks an admin about it', () => {
  const device = saying({
    os: '<!channel> <https://evil.example|approve here>',
    osVersion: '15.1 <!here> *approved by Kim*',
  })
  const words = JSON.stringify(askedMessage({ ...device, claimed: 'riley@acme.example' }, null).blocks)
  expect(words).not.toContain('<!channel>')
  expect(words).not.toContain('<!here>')
  expect(words).not.toContain('<https://evil.example')
})

test('a device whose system is called as something of JavaScript’s is said by that name on its card', () => {
  const words = JSON.stringify(askedMessage(saying({ os: 'constructor', osVersion: '1.0' }), null).blocks)
  expect(words).toContain('constructor 1.0')
})
