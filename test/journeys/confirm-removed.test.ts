import { isRefusal } from '../../src/domain/refusal.ts'
import { confirm } from '../../src/operations/confirm/confirm.ts'
import type { World } from '../../src/operations/world.ts'
import { aDoor } from './a-confirmer.ts'
import { grantsOf } from './acts.ts'

test('what was proven a moment before an admin removed all ways gives nothing any more', async () => {
  const { stage, gate, confirmer } = await aDoor()
  const { riley, ada, workspace } = stage
  const { world } = stage.app
  const someone = await confirmer(riley)
  const token = (await someone.link()).split('/').at(-1) ?? ''
  const by = await world.people.bySlackUser(riley.id)
  const admin = await world.people.seen(
    { userId: ada.id, teamId: workspace.teamId },
    { name: ada.name, email: ada.account.email ?? null },
  )
  if (by === null) throw new Error('nobody')
  const slow: World = {
    ...world,
    proofs: {
      ...world.proofs,
      isTheirs: async (personId, proof) => {
        expect(await world.confirming.enrolling.removeAll(by, admin)).toBe(1)
        return world.proofs.isTheirs(personId, proof)
      },
    },
  }
  const done = await confirm(slow, { token, proof: { method: 'totp', typed: someone.code(0) } })
  expect(isRefusal(done) ? 'refused' : done.status).toBe('refused')
  expect(await grantsOf(stage, riley)).toEqual([])
  expect(gate.holders.size).toBe(0)
}, 60_000)
