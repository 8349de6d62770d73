import { ada, at, riley } from '../../support/builders.ts'
import { together } from '../../../src/domain/devices/together.ts'
import { fitness } from '../../../src/domain/devices/fitness.ts'
import { aDevice, aRule, condition, heard, saidAt } from '../../support/known-devices.ts'

test('of a sender whose clock is a minute ahead, what it said before never takes the place of what it said after, in whatever order they come', () => {
  // Both come within one second of ours, at noon; the sender calls it a minute past.
  const passed = { at: at(60), attributes: { firewall: { value: true } } }
  const failed = { at: at(70), attributes: { firewall: { value: false } } }
  const inOrder = heard(heard(aDevice(), passed, at(0)), failed, at(1))
  const outOfOrder = heard(heard(aDevice(), failed, at(0)), passed, at(1))
  expect(inOrder.said['firewall']?.value).toBe(false)
  expect(outOfOrder.said['firewall']?.value).toBe(false)
})

test('whoever cannot sign chooses no words that the owner of a device reads from Curfew', () => {
  const known = aDevice({ policies: { Disk: { result: 'fail', at: at(0), remedy: 'Turn on FileVault' } } })
  const words = 'Call 555-0100 and read them your password'
  const device = heard(
    known,
    {
      at: at(5),
      isTrusted: false,
      policies: { Disk: { result: 'fail', remedy: words }, New: { result: 'fail', remedy: words } },
    },
    at(5),
  )
  expect(JSON.stringify(device)).not.toContain(words)
  expect(device.policies['Disk']).toMatchObject({ result: 'fail', remedy: 'Turn on FileVault' })
})

test('a machine that an admin gave to somebody else counts for nobody before, by whichever source it is told of', () => {
  const fleet = aDevice({ id: 'fleet/7', source: 'fleet', owner: ada, said: saidAt(0, { firewall: true }) })
  const same = aDevice({
    id: 'mdm/laptop-1',
    owner: riley,
    joinedTo: 'fleet/7',
    said: saidAt(0, { firewall: true }),
  })
  // Riley's own are looked at, as the store gives them by owner.
  const rileys = together([fleet, same].filter(({ owner }) => owner?.id === riley.id))
  expect(fitness(aRule(), rileys, { now: at(1), onDevice: null }).isFit).toBe(false)
})

test('a rule that reads a serial number, or a uuid, is not met by a device of which nobody says it, even where the rest would decide', () => {
  const device = aDevice({ serial: null, said: saidAt(0, { firewall: true }) })
  expect(condition('device.serial == "C02FAKE" || device.firewall').evaluate(device)).toBe('unknown')
})
