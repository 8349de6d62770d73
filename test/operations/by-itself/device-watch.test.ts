import type { Catalog } from '../../../src/domain/catalog.ts'
import { watchDevices } from '../../../src/operations/by-itself/device-watch.ts'
import type { DeviceChange } from '../../../src/domain/ports/devices.ts'
import type { World } from '../../../src/operations/world.ts'
import { catalog as simulated } from '../../simulation/catalog.ts'
import { riley } from '../../support/builders.ts'
import { aDevice, aRule } from '../../support/known-devices.ts'
import { settled, until } from '../../support/publishing.ts'
import { aSlackSide } from '../../support/slack-side.ts'

/** What is cut goes on by itself once its device is fit again. */
const resuming = ((): Catalog => {
  const resource = simulated.resources.get('db')
  const entitlement = resource?.entitlements.get('one')
  if (!resource || !entitlement) throw new Error('the catalog has no such entitlement')
  const entitlements = new Map([['one', { ...entitlement, device: aRule({ resumes: true }) }]])
  return { ...simulated, resources: new Map([['db', { ...resource, entitlements }]]) }
})()

const changes = (world: World, who: string) =>
  world.devices.change(`mdm/${who}`, () => ({
    device: aDevice({ id: `mdm/${who}`, owner: { ...riley, id: who } }),
    isChanged: true,
  }))

test('a device that ceases to be fit is looked at while those of hundreds of others, that are fit again, still bring back what was cut', async () => {
  const { world } = aSlackSide({ catalog: resuming })
  const happened: string[] = []
  const watch = watchDevices(
    {
      ...world,
      grants: {
        ...world.grants,
        heldOf: async (ids) => {
          happened.push(ids.includes('late') ? 'late is looked at' : 'looked')
          return []
        },
        cut: async (_now, ids) => {
          if (ids !== undefined && ids.length > 1 && !happened.includes('late changes')) {
            happened.push('late changes')
            await changes(world, 'late')
          }
          happened.push('brought back')
          return []
        },
      },
    },
    { changed: () => undefined },
  )
  await Promise.all(Array.from({ length: 900 }, (_, n) => changes(world, `p${n}`)))
  await settled(2_000)
  await watch.stop()
  const since = happened.slice(happened.indexOf('late changes'))
  expect(since.slice(0, 3)).toEqual(['late changes', 'brought back', 'late is looked at'])
  expect(since.filter((one) => one === 'brought back').length).toBeGreaterThan(2)
})

/** 600 people's devices change anew while they are looked at, so many times; somebody's changes once, in the twentieth look. */
test.each([40, 80, 160])(
  'what is given by rule, and what was cut, hear of a device within ten looks, however long those of hundreds of others go on to change (%d times)',
  async (times) => {
    const { world } = aSlackSide({ catalog: resuming })
    let looks = 0
    const after = { told: [] as number[], broughtBack: [] as number[] }
    const watch = watchDevices(
      {
        ...world,
        grants: {
          ...world.grants,
          heldOf: async (ids) => {
            await Promise.resolve()
            if (!ids.includes('p0') || looks >= times) return []
            const look = ++looks
            for (let n = 0; n < 600; n++) await changes(world, `p${n}`)
            if (look === 20) await changes(world, 'late')
            return []
          },
          cut: async (_now, ids) => {
            if (ids?.includes('late')) after.broughtBack.push(looks - 20)
            return []
          },
        },
      },
      {
        changed: (ids) => {
          if (ids.includes('late')) after.told.push(looks - 20)
        },
      },
    )
    for (let n = 0; n < 600; n++) await changes(world, `p${n}`)
    for (let i = 0; i < 500 && after.told.length === 0; i++) await settled(200)
    await watch.stop()
    expect(after.told[0] ?? Infinity).toBeLessThanOrEqual(10)
    expect(after.broughtBack[0] ?? Infinity).toBeLessThanOrEqual(10)
  },
)

test('a device that ceases to be fit is looked at though what was cut of hundreds of others is not brought back yet', async () => {
  const { world } = aSlackSide({ catalog: resuming })
  let lookedAt = (): void => undefined
  const isLookedAt = new Promise<void>((resolve) => (lookedAt = resolve))
  let brought = 0
  const watch = watchDevices(
    {
      ...world,
      grants: {
        ...world.grants,
        heldOf: async (ids) => {
          if (ids.includes('late')) lookedAt()
          return []
        },
        cut: async () => {
          if (brought++ === 0) {
            await changes(world, 'late')
            await isLookedAt
          }
          return []
        },
      },
    },
    { changed: () => undefined },
  )
  await Promise.all(Array.from({ length: 200 }, (_, n) => changes(world, `p${n}`)))
  await isLookedAt
  await watch.stop()
  expect(brought).toBeGreaterThan(0)
})

/** What is followed is looked for each two seconds. */
const inSeconds = (isSo: () => boolean) => until(isSo).catch(() => until(isSo))

test('what this process heard of is looked at once, what another heard of once that is found', async () => {
  const sources = new Map([['mdm', { id: 'mdm' } as never]])
  const { world } = aSlackSide({ catalog: { ...resuming, devices: { ...resuming.devices, sources } } })
  const looked: string[] = []
  const others: DeviceChange[] = []
  const watch = watchDevices(
    {
      ...world,
      devices: {
        ...world.devices,
        newestChange: async () => null,
        changedSince: async (last) =>
          last === null || last.id === '' ? [...(await world.devices.changedSince(null)), ...others] : [],
      },
      grants: {
        ...world.grants,
        heldOf: async (ids) => {
          looked.push(...ids)
          return []
        },
      },
    },
    { changed: () => undefined },
  )
  try {
    await changes(world, 'ours')
    await inSeconds(() => looked.length > 0)
    const [at] = (await world.devices.newestChange())?.split('.') ?? []
    others.push({ id: 'mdm/another', ownerId: 'another', stamp: `${at}.100`, revision: 1 })
    await inSeconds(() => looked.includes('another'))
    expect(looked).toEqual(['ours', 'another'])
    // Another wrote it since.
    others.push({ id: 'mdm/ours', ownerId: 'ours', stamp: `${at}.101`, revision: 2 })
    await inSeconds(() => looked.length > 2)
    expect(looked).toEqual(['ours', 'another', 'ours'])
  } finally {
    await watch.stop()
  }
}, 15_000)
