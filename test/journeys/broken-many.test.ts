import { findDifferences } from '../../src/operations/by-itself/find-differences.ts'
import { aStage } from '../support/curfew.ts'
import { aGate, gateCatalog } from './a-gate.ts'
import { listenToLog } from './acts.ts'

test('22: however much one resource differs, what differs on the others is found and said', async () => {
  const gate = await aGate()
  // As on the first day at a large company: a resource with many groups, and a thousand and more in each.
  const many = Array.from(
    { length: 230 },
    (_, i) => `      more${i}:
        name: More ${i}
        target: { gate: g${i} }
        who: '"@contractors" in groups'
`,
  ).join('')
  const stage = await aStage({
    catalog: (cast) =>
      `${gateCatalog(cast, { duration: '10m', timeout: '10s', more: many })}
  small:
    name: The small one
    system: gate
    channel: ${cast.orders.id}
    entitlements:
      open:
        name: Open the small one
        target: { gate: small }
        who: '"@contractors" in groups'
`,
    env: gate.env,
  })
  const lines = listenToLog(stage.app.world.log)
  for (let i = 0; i < 1_000; i++)
    gate.holders.add(`firstname.lastname.of.somebody.number.${i}@subsidiary.of.a.large.company.example`)
  const { world } = stage.app
  const outcome = await findDifferences(world).then(
    (found) => found,
    (error: unknown) => String(error),
  )
  const said = (await world.differences.all()).map(({ resource }) => resource.id)
  console.log(outcome, said, lines.slice(0, 3).map((line) => String(JSON.stringify(line)).slice(0, 300)))
  expect(said).toContain('small')
}, 120_000)
