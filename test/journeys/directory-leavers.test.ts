import { aDirectedStage, atOnce, heldBy, whoIs, withPeople, type Directed } from './a-directory.ts'
import { gateCatalog } from './a-gate.ts'

/** Those who have just come, and go again. */

const standing = `      always:
        name: Open the gate any time
        target: { gate: main }
        mode: standing
        who: 'email.startsWith("kim@")'
`
const aCompany = (people: string, change = (text: string): string => text): Promise<Directed> =>
  aDirectedStage((cast) => withPeople(change(gateCatalog(cast, { duration: '10m', more: standing })), people))

// They have it only because a source knows them: deleted minutes later they pass for a trial of the provider's.
test('where SCIM is required, whoever is given something by a rule and deleted minutes later loses it within 5 s', async () => {
  const { stage, gate, okta } = await aCompany('scim: required')
  const there = await okta.hires(whoIs(stage.kim))
  await heldBy(gate, 'kim')
  await okta.deletes(there)
  await heldBy(gate, '', atOnce)
}, 60_000)
