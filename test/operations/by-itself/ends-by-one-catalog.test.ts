import type { Catalog } from '../../../src/domain/catalog.ts'
import { lookAtHeld } from '../../../src/operations/by-itself/while-held.ts'
import type { World } from '../../../src/operations/world.ts'
import { read } from '../../catalog/reading.ts'
import { anActiveGrant, riley } from '../../support/builders.ts'
import { aSlackSide, catalogWith } from '../../support/slack-side.ts'

const good = read(catalogWith())
const mistaken: Catalog = { ...good, resources: new Map(), fingerprint: 'mistaken' }

// Three hundred lost their access by a catalog that was put right while the first of them did.
test('what a catalog would end goes on once another is in force, though the first of it are being ended', async () => {
  let inForce = mistaken
  const side = aSlackSide({ catalog: good })
  const ids = Array.from({ length: 300 }, (_, i) => `g${i}`)
  for (const id of ids) {
    const person = { ...riley, id }
    await side.writes(
      anActiveGrant({
        id,
        requestId: id,
        subject: person,
        requester: person,
        resource: { ...anActiveGrant().resource, id: 'orders-db' },
        entitlement: { ...anActiveGrant().entitlement, id: 'read' },
      }),
    )
  }
  const { change } = side.world.grants
  const world: World = {
    ...side.world,
    catalog: () => inForce,
    agrees: () => false,
    grants: {
      ...side.world.grants,
      change: async (...of) => {
        const changed = await change(...of)
        inForce = good
        return changed
      },
    },
  }
  await lookAtHeld(world)
  const all = await Promise.all(ids.map((id) => side.world.grants.get(id)))
  // Those that were being written in that very moment may be.
  expect(all.filter((grant) => grant?.status !== 'active').length).toBeLessThanOrEqual(100)
})
