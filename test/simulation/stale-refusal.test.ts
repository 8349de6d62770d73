import { settle } from '../../src/operations/by-itself/settle.ts'
import type { Directory } from '../../src/domain/ports/directory.ts'
import { standingGrant } from '../../src/domain/new-grant.ts'
import { findEntitlement } from '../../src/domain/catalog.ts'
import { aScene } from './a-scene.ts'
import { askers, catalog } from './catalog.ts'

test('what is held by rule is not refused by what was remembered of somebody who matches it now', async () => {
  const { time, db, one, other, until } = aScene()
  const { directory } = other.world
  const rule = findEntitlement(catalog, 'db', 'kept')
  if (rule === null) throw new Error('not as it was meant')
  const ofNow = async (person: (typeof askers)[0]) => {
    const facts = await directory.facts(person)
    if (facts === 'unknown') throw new Error('not as it was meant')
    return { ...facts, groups: new Set(['@keepers']) }
  }
  // Joined the group a moment ago: the one replica gave it to them by that, the other remembers them as they were.
  const remembers: Directory = { ...directory, freshFacts: ofNow }
  time.at(1_500, () => {
    void (async () => {
      const place = { principal: askers[0].id, target: rule.target, canonical: rule.canonical, device: null }
      const now = one.world.clock.now()
      const grant = standingGrant({ id: 'kept', facts: await ofNow(askers[0]), rule, place }, now)
      db.grants.set(grant.id, grant)
      await settle({ ...other.world, directory: remembers }, grant.id)
    })()
  })
  await until(1_900)
  expect([...db.grants.values()].map((grant) => [grant.status, 'cause' in grant && grant.cause])).not.toEqual(
    [['ended', 'failed']],
  )
})
