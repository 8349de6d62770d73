import type { Catalog, Entitlement } from '../../src/domain/catalog.ts'
import { termsOf, type Grant } from '../../src/domain/grant.ts'
import type { PersonRef } from '../../src/domain/person.ts'
import { isRefusal } from '../../src/domain/refusal.ts'
import { askedOf, mentionedOf } from '../../src/operations/asked-of.ts'
import { requestAccess, type Ask } from '../../src/operations/request.ts'
import { reviewGrant } from '../../src/operations/review.ts'
import type { World } from '../../src/operations/world.ts'
import { aScene, heldThere } from './a-scene.ts'
import { aDevice, heard } from '../support/known-devices.ts'
import { admins, askers, catalog, onDevice } from './catalog.ts'

/** What is decided while another catalog comes into force is decided by the one or by the other, never by half of each. */

/** The catalog of all scenes, where one entitlement is another. */
function where(
  fingerprint: string,
  change: (entitlement: Entitlement) => Partial<Entitlement>,
  which = 'one',
): Catalog {
  const [id, resource] = [...catalog.resources][0] ?? []
  const one = resource?.entitlements.get(which)
  if (id === undefined || resource === undefined || one === undefined) throw new Error('it holds nothing')
  const entitlements = new Map(resource.entitlements).set(which, { ...one, ...change(one) })
  return { ...catalog, resources: new Map([[id, { ...resource, entitlements }]]), fingerprint }
}

/** The first asker asks for ten seconds, of `one` unless said otherwise. */
async function asked(world: World, about: Pick<Ask, 'requestId'> & Partial<Ask>): Promise<Grant> {
  const grant = await requestAccess(world, {
    by: askers[0],
    resource: 'db',
    entitlement: 'one',
    durationMs: 10_000,
    reason: 'a good reason',
    startsAt: null,
    recurrence: null,
    ...about,
  })
  if (isRefusal(grant)) throw new Error(grant.reasons.join())
  return grant
}

const approved = (world: World, grant: Grant) =>
  reviewGrant(world, {
    grantId: grant.id,
    by: admins[0],
    verdict: 'approve',
    terms: termsOf(grant),
    durationMs: null,
    note: '',
  })

const nobody: Entitlement['who'] = { source: 'false', groups: [], mentions: [], evaluate: () => 'no' }

/** Who asked may still have it, but whoever approved it may not approve it any more. */
const nobodysYesCounts = where('nobody’s yes counts', ({ review }) => {
  const approvers = { people: ['USAM'], groups: [], manager: false, who: null }
  return { review: { ...review, stages: [{ ...review.stages[0], approvers }] } }
})
/** Whoever approved it may still, but who asked may not have it any more. */
const nobodyMay = where('nobody may', () => ({ who: nobody }))

test('a window is not given by half of two catalogs, neither of which would give it', async () => {
  let now = catalog
  const { time, db, system, one, other, until } = aScene({ current: () => now })
  const series = () =>
    [...db.grants.values()].find(({ requestId, window }) => requestId === 'weekly' && !window)
  time.at(1_100, () => {
    const onThatDay = {
      weekdays: [4],
      everyWeeks: 1,
      from: '1970-01-01',
      until: '1970-01-01',
      start: '00:01',
      zone: 'UTC',
    }
    void asked(one.world, { requestId: 'weekly', recurrence: onThatDay }).then((grant) =>
      approved(one.world, grant),
    )
  })
  time.at(30_000, () => (now = nobodysYesCounts))
  other.die()
  // Right after the person was judged, when it is looked up what its window is of.
  const { grants, directory } = one.world
  const { get } = grants
  const { freshFacts } = directory
  let isJudged = false
  let changedAtMs: number | null = null
  Object.assign(directory, {
    freshFacts: (person: PersonRef) => {
      isJudged = time.nowMs > 50_000
      return freshFacts(person)
    },
  })
  Object.assign(grants, {
    get: async (id: string) => {
      const grant = await get(id)
      if (id === series()?.id && isJudged && changedAtMs === null) {
        changedAtMs = time.nowMs
        now = nobodyMay
      }
      return grant
    },
  })
  const held: number[] = []
  for (let at = 55_000; at < 80_000; at += 100) time.at(at, () => system.isHeld(heldThere) && held.push(at))
  await until(80_000)
  expect(changedAtMs).not.toBeNull()
  expect(held).toEqual([])
})

test('a card asks the manager of the catalog whose stages it asks by', async () => {
  const byManager = (fingerprint: string, manager: string): Catalog => ({
    ...where(fingerprint, ({ review }) => {
      const approvers = { people: [], groups: [], manager: true, who: null }
      return { review: { ...review, stages: [{ ...review.stages[0], approvers }] } }
    }),
    managers: new Map([['URILEY', manager]]),
  })
  let now = byManager('before', 'UADA')
  const { time, db, one, until, ask } = aScene({ current: () => now })
  time.at(1_100, () => void ask(one.world, 'one'))
  await until(5_000)
  const [grant] = [...db.grants.values()]
  if (grant === undefined) throw new Error('nothing was asked for')
  const { directory } = one.world
  const groups: typeof directory.groups = async (handles) => {
    now = byManager('after', 'USAM')
    return directory.groups(handles)
  }
  const whom = await askedOf({ ...one.world, directory: { ...directory, groups } }, grant)
  expect(now.fingerprint).toBe('after')
  expect(whom && mentionedOf(whom).people).toEqual(['UADA'])
})

test('what the catalog in force gives is not ended by a device rule of the one before', async () => {
  let now = catalog
  const { time, db, one, other, until } = aScene({ current: () => now })
  other.die()
  const { devices, directory } = one.world
  const id = `mdm/${askers[0].id}`
  const attributes = { firewall: { value: true } }
  const report = () =>
    devices.change(id, (before, at) => {
      const was =
        before ?? aDevice({ id, sourceId: askers[0].id, owner: askers[0], lastSeenAt: at, firstSeenAt: at })
      return { device: heard(was, { sourceId: askers[0].id, attributes, at }, at), isChanged: true }
    })
  time.at(500, () => void report())
  const { freshFacts } = directory
  let isApproved = false
  Object.assign(directory, {
    freshFacts: async (person: PersonRef) => {
      const facts = await freshFacts(person)
      if (isApproved && now === catalog) {
        // From this moment on devices are asked for no more, and counted no more.
        now = where('without devices', () => ({ device: null }), onDevice)
        await devices.change(
          id,
          (before) => before && { device: { ...before, approval: 'revoked' }, isChanged: true },
        )
      }
      return facts
    },
  })
  time.at(1_100, () => {
    void asked(one.world, { requestId: 'fit', entitlement: onDevice }).then((grant) => {
      isApproved = true
      return approved(one.world, grant)
    })
  })
  await until(8_000)
  expect(now).not.toBe(catalog)
  const [grant] = [...db.grants.values()]
  expect(grant).toMatchObject({ status: 'active' })
})
