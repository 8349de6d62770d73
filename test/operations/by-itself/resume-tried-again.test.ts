import type { Catalog } from '../../../src/domain/catalog.ts'
import { UnknownRecord } from '../../../src/domain/unknown-record.ts'
import { watchDevices } from '../../../src/operations/by-itself/device-watch.ts'
import { catalog as simulated } from '../../simulation/catalog.ts'
import { beat, useBeats } from '../../support/beats.ts'
import { aGrantingGrant, at, riley, sam } from '../../support/builders.ts'
import { aDevice, aRule, saidAt } from '../../support/known-devices.ts'
import { anEndedGrant } from '../../support/lives.ts'
import { settled } from '../../support/publishing.ts'
import { aSlackSide } from '../../support/slack-side.ts'

useBeats()

const resuming = ((): Catalog => {
  const resource = simulated.resources.get('db')
  const entitlement = resource?.entitlements.get('one')
  if (!resource || !entitlement) throw new Error('the catalog has no such entitlement')
  const device = aRule({ resumes: true, maxAgeMs: 3_600_000 })
  const entitlements = new Map([['one', { ...entitlement, device }]])
  const sources = new Map([['mdm', {}]]) as unknown as Catalog['devices']['sources']
  return {
    ...simulated,
    devices: { ...simulated.devices, sources },
    resources: new Map([['db', { ...resource, entitlements }]]),
  }
})()

test.each([0, 1, 2])(
  'what was cut goes on within two minutes once its device is fit again (what was cut cannot be read so often just then: %d)',
  async (fails) => {
    const side = aSlackSide({ catalog: resuming })
    const { world } = side
    side.setNow(at(60))
    const asked = { resource: { id: 'db', name: 'db' }, entitlement: { id: 'one', name: 'one' } }
    const cut = anEndedGrant({ cause: 'unfit', note: 'firewall', takeAt: at(30) }, {}, aGrantingGrant(asked))
    await side.writes(cut)
    const becomes = (firewall: boolean, seconds: number) =>
      world.devices.change('mdm/laptop-1', (_known) => ({
        device: aDevice({ said: saidAt(seconds, { firewall }), lastSeenAt: at(seconds) }),
        isChanged: true,
      }))
    await becomes(false, 50)
    const trouble = { left: 0 }
    const made: string[] = []
    const watch = watchDevices(
      {
        ...world,
        grants: {
          ...world.grants,
          cut: async (...of) => {
            if (trouble.left > 0) {
              trouble.left--
              throw new Error('no primary')
            }
            return world.grants.cut(...of)
          },
          insert: async (...of) => {
            made.push(of[0].id)
            return world.grants.insert(...of)
          },
        },
      },
      { changed: () => undefined },
    )
    // Each minute it is found that it is not fit.
    await watch.minute()
    await settled()
    expect(made).toEqual([])
    side.setNow(at(120))
    trouble.left = fails
    await becomes(true, 120)
    await settled()
    for (const minute of [180, 240]) {
      side.setNow(at(minute))
      for (let i = 0; i < 30; i++) {
        beat(2_000)
        await settled(20)
      }
      await watch.minute()
      await settled()
    }
    await watch.stop()
    expect(made).toHaveLength(1)
  },
)

test('what was cut of one goes on, that a source is silent is found out, and nobody asks without end, though only another version can read what was cut of another', async () => {
  const side = aSlackSide({ catalog: resuming })
  const { world } = side
  side.setNow(at(120))
  const what = { resource: { id: 'db', name: 'db' }, entitlement: { id: 'one', name: 'one' } }
  for (const [n, subject] of [riley, sam].entries()) {
    const of = { ...what, subject, requester: subject, id: `g${n}`, requestId: `r${n}` }
    await side.writes(
      anEndedGrant({ cause: 'unfit', note: 'firewall', takeAt: at(30) }, {}, aGrantingGrant(of)),
    )
  }
  const made: string[] = []
  const counts = { cut: 0, changed: 0, silent: 0 }
  const watch = watchDevices(
    {
      ...world,
      grants: {
        ...world.grants,
        get: (id) =>
          id === 'g0' ? Promise.reject(new UnknownRecord('a grant cannot be read')) : world.grants.get(id),
        cut: (...of) => {
          counts.cut++
          return world.grants.cut(...of)
        },
        insert: (grant) => {
          made.push(grant.subject.id)
          return world.grants.insert(grant)
        },
      },
      deviceSources: {
        ...world.deviceSources,
        all: () => {
          counts.silent++
          return world.deviceSources.all()
        },
      },
    },
    { changed: () => counts.changed++ },
  )
  for (const owner of [riley, sam])
    await world.devices.change(`mdm/${owner.id}`, () => ({
      device: aDevice({
        id: `mdm/${owner.id}`,
        owner,
        said: saidAt(120, { firewall: true }),
        lastSeenAt: at(120),
      }),
      isChanged: true,
    }))
  for (let i = 0; i < 20; i++) {
    beat(2_000)
    await settled(20)
  }
  await watch.minute()
  await watch.stop()
  expect(made).toEqual([sam.id])
  expect(counts.silent).toBe(1)
  // Once by each event of the two, and by the minute's look.
  expect(counts.cut).toBeLessThanOrEqual(5)
  expect(counts.changed).toBeLessThanOrEqual(4)
})
