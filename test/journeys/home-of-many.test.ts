import { isRefusal } from '../../src/domain/refusal.ts'
import { termsOf, type Grant } from '../../src/domain/grant.ts'
import { wouldReview } from '../../src/operations/review.ts'
import { waitingFor } from '../../src/operations/waiting-for.ts'
import type { World } from '../../src/operations/world.ts'
import type { Stage } from '../support/curfew.ts'
import type { Person } from '../workspace/people/person.ts'
import { aGateWith, asked, by, yes } from './at-the-gate.ts'
import { eventually } from './acts.ts'

/** What waits for somebody, of however many requests, is what their click on each card would answer. */

async function waitingIn(world: World, stage: Stage, person: Person): Promise<string[]> {
  const facts = await world.directory.facts(by(stage, person))
  if (facts === 'unknown') throw new Error('the directory does not say who that is')
  return (await waitingFor(world, facts)).map(({ id }) => id)
}

async function wouldCount(stage: Stage, request: Grant, person: Person): Promise<boolean> {
  const { world } = stage.app
  const now = await world.grants.get(request.id)
  if (now === null) throw new Error('it is not written')
  const answer = { grantId: now.id, by: by(stage, person), terms: termsOf(now), verdict: 'approve' as const }
  return !isRefusal(await wouldReview(world, { ...answer, note: null, durationMs: null, aheadUntil: null }))
}

/** By name, of everybody: for whom it waits, which must be whose click would count. */
async function whoseTurn(stage: Stage, request: Grant): Promise<string[]> {
  const { ada, sam, kim, riley, mallory, app } = stage
  const found: string[] = []
  for (const person of [ada, sam, kim, riley, mallory]) {
    const isTheirs = (await waitingIn(app.world, stage, person)).includes(request.id)
    expect(`${person.name} ${isTheirs}`).toBe(`${person.name} ${await wouldCount(stage, request, person)}`)
    if (isTheirs) found.push(person.name)
  }
  return found
}

const inTurn = `        onBehalf: 'true'
        review:
          stages:
            - { approvers: { people: [sam@acme.example, riley@contractor.example] }, otherwise: { people: [kim@acme.example] } }
            - { approvers: { people: [kim@acme.example] }, otherwise: { people: [mallory@elsewhere.example] } }
`

test('a request waits on the Home tab of whoever is asked now: each stage in its turn, stand-ins, and nobody else', async () => {
  const { stage } = await aGateWith(inTurn)
  const request = await asked(stage)
  expect(await whoseTurn(stage, request)).toEqual(['Sam'])
  await yes(stage, request, { who: stage.sam })
  expect(await whoseTurn(stage, request)).toEqual(['Kim'])

  // Sam's yes counts no longer: who stands in for Sam is asked.
  stage.workspace.deactivate(stage.sam)
  await eventually(
    () => stage.app.world.directory.facts(by(stage, stage.sam)),
    (facts) => facts !== 'unknown' && !facts.isHere,
  )
  expect(await whoseTurn(stage, request)).toEqual(['Kim'])
}, 60_000)

test('however many wait, it is found out once who each approver is', async () => {
  const { stage } = await aGateWith(inTurn)
  const asking = [stage.riley, stage.kim, stage.sam]
  stage.contractors.members = asking
  await stage.app.world.directory.freshGroups()
  for (const person of asking) await asked(stage, { by: by(stage, person) })
  const names: string[] = []
  const { world } = stage.app
  const named = (name: string) => {
    names.push(name)
    return world.directory.named(name)
  }
  const noted = { ...world, directory: { ...world.directory, named } }
  // Ada is an admin: whether she stands in hangs on who of the others is here.
  await waitingIn(noted, stage, stage.ada)
  expect(names.toSorted()).toEqual([...new Set(names)].toSorted())
  expect(names).toContain('sam@acme.example')
}, 60_000)
