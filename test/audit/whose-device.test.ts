import type { Act } from '../../src/domain/audit/act.ts'
import type { Device } from '../../src/domain/devices/device.ts'
import type { ActStore } from '../../src/domain/ports/acts.ts'
import { mongoDevices } from '../../src/mongo/devices.ts'
import { answerDevice, deviceTerms } from '../../src/operations/devices/answer-device.ts'
import { changeByItself } from '../../src/operations/devices/recorded-change.ts'
import { read } from '../catalog/reading.ts'
import { ada, at, riley, sam } from '../support/builders.ts'
import { standard } from '../support/device-sources.ts'
import { aDevice } from '../support/known-devices.ts'
import { noLog } from '../support/no-log.ts'
import { aSlackSide, catalogWith } from '../support/slack-side.ts'
import { aRecord } from './a-record.ts'

test('the record names whose the device is that a rule approved, though it was given to another in that moment', async () => {
  const { connection, acts, records, chain } = await aRecord()
  const devices = mongoDevices(connection, { now: () => at(0) })
  const give = (about: Partial<Device>) =>
    devices.change('mdm/laptop-1', (known) => ({
      device: { ...(known ?? aDevice({ approval: 'pending' })), ...about },
      isChanged: true,
    }))
  await give({})
  /** Another replica gives it to Sam between what is foreseen and what is written. */
  const meanwhile: ActStore = {
    begin: async (act) => {
      await give({ owner: sam })
      return acts.begin(act)
    },
  }
  const device = await changeByItself({ devices, acts: meanwhile, log: noLog }, 'mdm/laptop-1', {
    by: { curfew: true },
    next: (known) => known && { device: { ...known, approval: 'approved' }, isChanged: true },
  })
  expect(device).toMatchObject({ approval: 'approved', owner: { id: sam.id } })
  await records()
  const texts = (await chain.after(0, 10)).map((link) => ('text' in link ? link.text : ''))
  const [approved] = texts.filter((text) => text.includes('"device-approved"'))
  expect(approved).toContain(`"owner":"${sam.id}"`)
  expect(riley.id).not.toBe(sam.id)
})

test.each(['revoke', 'approve'] as const)(
  'of a machine that two sources tell of, the record says of each half that an admin answered: %s',
  async (answer) => {
    const { world } = aSlackSide({
      catalog: read(`${catalogWith()}devices:\n  admins: [ada@acme.example]\n  sources:\n    ${standard}`),
    })
    const begun: Act[] = []
    const acts: ActStore = {
      begin: async (act) => {
        begun.push(act)
        return { ended: async () => undefined, dropped: async () => undefined }
      },
    }
    const approval = answer === 'revoke' ? 'approved' : 'pending'
    const put = (about: Partial<Device>) => {
      const device = aDevice({ serial: 'C02FAKE', approval, ...about })
      return world.devices.change(device.id, () => ({ device, isChanged: true }))
    }
    const one = await put({ id: 'mdm/1' })
    await put({ id: 'agents/d-1', source: 'agents', sourceId: 'd-1', joinedTo: 'mdm/1' })
    const terms = one === null ? '' : deviceTerms(one, null)
    const done = await answerDevice({ ...world, acts }, { by: ada, id: 'mdm/1', answer, terms })
    expect(done).not.toHaveProperty('refused')
    const became = answer === 'revoke' ? 'revoked' : 'approved'
    expect(await world.devices.get('agents/d-1')).toMatchObject({ approval: became })
    expect(JSON.stringify(begun)).toContain('agents/d-1')
  },
)
