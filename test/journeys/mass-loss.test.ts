import { lookAtHeld } from '../../src/operations/by-itself/while-held.ts'
import { confirmLoss } from '../../src/operations/confirm-loss.ts'
import type { World } from '../../src/operations/world.ts'
import type { Stage } from '../support/curfew.ts'
import { eventually } from './acts.ts'
import { aGateWith, asked, becomes, by } from './at-the-gate.ts'
import { hearsActs } from '../support/heard-acts.ts'

/** What many would lose at once waits for an admin, whatever goes wrong meanwhile. */

const everybodyAuto = '        auto: [{ because: everyone, when: "true" }]\n'

/** These hold the gate, then the rule names Ada alone, and nothing has looked yet. */
async function theyHold(confirmAbove: number, names: readonly ('riley' | 'kim' | 'sam')[]) {
  const { stage, gate } = await aGateWith(`        confirmAbove: ${confirmAbove}\n${everybodyAuto}`)
  const people = names.map((name) => stage[name])
  stage.contractors.members = people
  await eventually(
    async () => (await stage.app.world.directory.groups(['@contractors']))('@contractors'),
    (members) => members instanceof Set && people.every(({ id }) => members.has(id)),
  )
  for (const person of people) {
    const grant = await asked(stage, { by: by(stage, person) })
    await becomes(stage, grant.id, 'active')
  }
  return { stage, gate, people }
}

const activeOf = async ({ app }: Stage) =>
  (await app.world.grants.held())
    .filter(({ status }) => status === 'active')
    .map(({ subject }) => subject.name)
    .sort()
    .join()

/** The world as it is where the group has no members any more; the app itself does not know of it. */
const emptied = (world: World): World => {
  const facts =
    (ask: World['directory']['facts']): World['directory']['facts'] =>
    async (who) => {
      const found = await ask(who)
      return found === 'unknown' ? found : { ...found, groups: new Set<string>() }
    }
  const { directory } = world
  return {
    ...world,
    directory: {
      ...directory,
      facts: facts((who) => directory.facts(who)),
      freshFacts: facts((who) => directory.freshFacts(who)),
    },
  }
}

test('of three that would lose it at once nobody does without a yes, though Slack does not answer about two of them', async () => {
  const { stage, people } = await theyHold(1, ['riley', 'kim', 'sam'])
  const world = emptied(stage.app.world)
  const [first] = people
  const silentOnOthers: World = {
    ...world,
    directory: {
      ...world.directory,
      facts: (who) =>
        who.slack.userId === first?.id ? world.directory.facts(who) : Promise.resolve('unknown'),
      freshFacts: (who) =>
        who.slack.userId === first?.id ? world.directory.freshFacts(who) : Promise.resolve('unknown'),
    },
  }
  await lookAtHeld(silentOnOthers)
  expect(await activeOf(stage)).toBe('Kim,Riley,Sam')
}, 60_000)

test('a yes to a mass loss stands where its writes failed', async () => {
  const { stage } = await theyHold(1, ['riley', 'kim', 'sam'])
  const world = emptied(stage.app.world)
  await lookAtHeld(world)
  const [loss] = await world.losses.all()
  expect(loss).toMatchObject({ count: 3, isConfirmed: false })
  let failures = 3
  const failing: World = {
    ...world,
    grants: {
      ...world.grants,
      change: (...of) =>
        failures-- > 0 ? Promise.reject(new Error('the database is away')) : world.grants.change(...of),
    },
  }
  const acts = hearsActs(failing)
  await confirmLoss(failing, {
    by: by(stage, stage.ada),
    resource: 'gate',
    entitlement: 'open',
    mark: loss?.mark ?? '',
  })
  expect(await activeOf(stage)).toBe('Kim,Riley,Sam')
  expect(acts).toEqual(['loss-confirmed: done'])
  // The next look, once the database answers again.
  await lookAtHeld(world)
  await eventually(
    () => activeOf(stage),
    (held) => held === '',
    5_000,
  )
}, 60_000)
