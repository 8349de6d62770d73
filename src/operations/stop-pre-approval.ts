import { plainlyNamed, refTo, type PersonRef } from '../domain/person.ts'
import { isTheirs, type PreApproval } from '../domain/pre-approval.ts'
import { refuse, type Refusal } from '../domain/refusal.ts'
import { transition } from '../domain/transition.ts'
import { isAdminOf } from './admins.ts'
import { asAct } from './as-act.ts'
import { wordAct } from './word-act.ts'
import { isOutdated, newRules, withOneCatalog, type World } from './world.ts'

/** Takes back what was approved ahead: its approver, whom it is for, or an admin. What was given by it runs on. Done twice is done. */
export async function stopPreApproval(
  world: World,
  { id, by: who }: { id: string; by: PersonRef },
): Promise<PreApproval | Refusal> {
  const found = await world.preApprovals.get(id)
  if (found === null) return refuse('not-found')
  const facts = await world.directory.facts(who)
  if (facts === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who you are'] })
  const one = withOneCatalog(world)
  if (!isTheirs(found, facts)) {
    if (!(await isAdminOf(one, facts, found))) return refuse('not-yours')
    if (isOutdated(world, one)) return newRules(null)
  }
  const by = refTo(facts.person)
  const stopped = await asAct(
    world,
    wordAct('approval-ahead-stopped', found, by),
    () => world.preApprovals.stop(id, by, world.clock.now()),
    (one) => (one === null || found.stoppedAt !== null ? null : 'done'),
  )
  if (stopped === null) return refuse('not-found')
  await callOffBy(world, stopped, by)
  return stopped
}

/** What is just about to be given by it: its opening was prepared, and would look no more. */
async function callOffBy(world: World, word: PreApproval, by: PersonRef): Promise<void> {
  const note = `what ${plainlyNamed(word.approver)} approved ahead was stopped`
  for (const { id } of await world.grants.openOf(word.subject.id)) {
    await world.grants.change(id, (grant, now) =>
      grant.status === 'granting' && grant.reviews.some(({ preApprovalId }) => preApprovalId === word.id)
        ? transition(grant, { type: 'end', cause: 'revoked', by, note, takeAt: now }, now)
        : grant,
    )
  }
}
