import type { Catalog } from '../../../src/domain/catalog.ts'
import { lookAtHeld } from '../../../src/operations/by-itself/while-held.ts'
import type { Grant } from '../../../src/domain/grant.ts'
import type { Person } from '../../../src/domain/person.ts'
import type { World } from '../../../src/operations/world.ts'
import { read } from '../../catalog/reading.ts'
import { anActiveGrant, kim, riley } from '../../support/builders.ts'
import { aSlackSide, catalogWith, type SlackSide } from '../../support/slack-side.ts'

const good = read(catalogWith())

const heldBy = (person: Person): Grant =>
  anActiveGrant({
    id: person.id,
    requestId: person.id,
    subject: person,
    requester: person,
    resource: { ...anActiveGrant().resource, id: 'orders-db' },
    entitlement: { ...anActiveGrant().entitlement, id: 'read' },
  })

/** The mistaken one is in force until the first grant is written, or until right before. */
function putRight(side: SlackSide, mistaken: Catalog, { isBefore = false } = {}): World {
  let inForce = mistaken
  const { change } = side.world.grants
  return {
    ...side.world,
    catalog: () => inForce,
    agrees: () => false,
    grants: {
      ...side.world.grants,
      change: async (...of) => {
        await Promise.resolve()
        if (isBefore) inForce = good
        const changed = await change(...of)
        inForce = good
        return changed
      },
    },
  }
}

// Three hundred lost their access by a catalog that was put right while the first of them did.
test('what a catalog would end goes on once another is in force, though the first of it are being ended', async () => {
  const side = aSlackSide({ catalog: good })
  const ids = Array.from({ length: 300 }, (_, i) => `g${i}`)
  for (const id of ids) await side.writes(heldBy({ ...riley, id }))
  await lookAtHeld(putRight(side, { ...good, resources: new Map(), fingerprint: 'mistaken' }))
  const all = await Promise.all(ids.map((id) => side.world.grants.get(id)))
  // Those that were being written in that very moment may be.
  expect(all.filter((grant) => grant?.status !== 'active').length).toBeLessThanOrEqual(100)
})

test('nor is an admin asked whether many are to lose it', async () => {
  const side = aSlackSide({ catalog: good })
  for (const id of ['a', 'b', 'c']) await side.writes(heldBy({ ...riley, id }))
  await side.writes(heldBy(kim))
  const mistaken = read(catalogWith('        confirmAbove: 1\n').replace('who: "true"', 'who: "false"'))
  const world = putRight(side, mistaken)
  const { directory } = world
  // Whoever has left is written first.
  const asThey =
    (ask: typeof directory.facts): typeof directory.facts =>
    async (person) => {
      const facts = await ask(person)
      const isKim = person.slack.userId === kim.slack.userId
      return facts === 'unknown' || !isKim ? facts : { ...facts, isHere: false as const }
    }
  await lookAtHeld({
    ...world,
    directory: {
      ...directory,
      facts: asThey((person) => directory.facts(person)),
      freshFacts: asThey((person) => directory.freshFacts(person)),
    },
  })
  expect((await side.world.grants.get(kim.id))?.status).not.toBe('active')
  expect(await side.world.losses.all()).toEqual([])
})

test('nor is one of them ended where it was put right while the database did not answer', async () => {
  const side = aSlackSide({ catalog: good })
  for (const id of ['g1', 'g2', 'g3']) await side.writes(heldBy({ ...riley, id }))
  const mistaken = { ...good, resources: new Map(), fingerprint: 'mistaken' }
  await lookAtHeld(putRight(side, mistaken, { isBefore: true }))
  const all = await Promise.all(['g1', 'g2', 'g3'].map((id) => side.world.grants.get(id)))
  expect(all.map((grant) => grant?.status)).toEqual(['active', 'active', 'active'])
})
