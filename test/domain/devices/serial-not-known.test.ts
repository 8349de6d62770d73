import { at } from '../../support/builders.ts'
import { aDevice, condition, heard } from '../../support/known-devices.ts'

const isIt = condition('device.serial != "C02STOLEN"')

test.each(['unknown', 'Unknown', 'n/a'])(
  'a serial number that its source calls "%s" is not known, and a rule that reads it is not passed',
  (serial) => {
    expect(isIt.evaluate(heard(aDevice(), { serial, at: at(5) }, at(5)))).toBe('unknown')
  },
)

test.each([null, ''])(
  'a source that says by %j that it does not know the serial number any more has no rule passed by the one of before',
  (serial) => {
    const known = heard(aDevice(), { serial: 'C02FAKE', at: at(5) }, at(5))
    expect(isIt.evaluate(heard(known, { serial, at: at(10) }, at(10)))).toBe('unknown')
  },
)
