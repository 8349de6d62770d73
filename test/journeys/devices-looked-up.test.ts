import { aDeviceDay } from './a-device.ts'
import { asks, eventually, patient } from './acts.ts'
import { alsoFleet, areIn, kimLooksUp, kimSays, passes } from './devices-at-hand.ts'

/** What an admin does about somebody's devices where they look them up. */

const ofSam = { email: 'sam@acme.example', isProven: true }

test.each([true, false])(
  'a device of which it is in question whose it is does not become another’s there, nor is another named (proven: %s)',
  async (isProven) => {
    const day = await aDeviceDay({ asks: !isProven })
    const { riley, app } = day.stage
    await day.says()
    if (!isProven) await kimSays(day, 'mdm/laptop-1', 'approve')
    await day.says({ owner: { ...ofSam, isProven } })
    const shown = await kimLooksUp(day, riley, /riley-laptop.*an admin is to say first whose it is/s)
    expect(JSON.stringify(shown)).not.toContain(ofSam.email)
    expect(shown.buttons).not.toContain('Approve all the same')
    expect(await app.world.devices.get('mdm/laptop-1')).toMatchObject({
      owner: { email: 'riley@contractor.example' },
    })
  },
  60_000,
)

test('an admin takes back the no to a machine of which two sources tell, whichever knows more of it', async () => {
  const day = await aDeviceDay({ more: alsoFleet })
  const { kim, riley, app } = day.stage
  await day.says()
  expect(await kimSays(day, 'mdm/laptop-1', 'approve')).toMatchObject({ approval: 'approved' })
  await day.says({ source: 'fleet', id: 'f-1', name: 'C02FAKE' })
  await app.world.devices.change('fleet/f-1', (known) =>
    known === null ? null : { device: { ...known, uuid: 'A1B2-C3D4' }, isChanged: true },
  )
  expect(await kimSays(day, 'fleet/f-1', 'join')).toMatchObject({ joinedTo: 'mdm/laptop-1' })
  expect(await kimSays(day, 'mdm/laptop-1', 'revoke')).toMatchObject({ approval: 'revoked' })
  await kimLooksUp(day, riley, /riley-laptop.*an admin revoked it/s)
  await kim.clicks('Approve all the same', 'modal')
  await eventually(
    () => app.world.devices.get('mdm/laptop-1'),
    (device) => device?.approval === 'approved',
    8_000,
  )
  await asks(riley, 'gate open')
  await areIn(day, 'riley')
}, 60_000)

test('an admin who revoked a device there does not read on that it is fit', async () => {
  const day = await aDeviceDay({ asks: false })
  const { riley, kim } = day.stage
  await day.says()
  await asks(riley, 'gate open')
  await areIn(day, 'riley')
  await kimLooksUp(day, riley, /riley-laptop.*Fit for managed-laptop/s)
  await kim.clicks('Revoke', 'modal', { confirm: true })
  await areIn(day, '')
  await kim.modal(/an admin revoked it/, patient)
}, 60_000)

test('what its source says is somebody else’s, and an admin said is nobody’s, does not count for whom it was by a late yes', async () => {
  const day = await aDeviceDay({ asks: false })
  const { riley } = day.stage
  await day.says()
  await asks(riley, 'gate open')
  await areIn(day, 'riley')
  await day.says({ owner: ofSam })
  expect(await kimSays(day, 'mdm/laptop-1', 'reject')).toMatchObject({ approval: 'rejected' })
  expect(await kimSays(day, 'mdm/laptop-1', 'approve')).toMatchObject({ refused: 'device-settled' })
  // Its source says so still, whenever it is asked.
  await day.says({ owner: ofSam })
  await passes(1_000)
  expect(await asks(riley, 'gate open')).toMatchObject({ outcome: 'errors' })
}, 60_000)
