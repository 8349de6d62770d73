import type { Act } from '../domain/audit/act.ts'
import { isListed } from '../domain/approvers.ts'
import type { Catalog } from '../domain/catalog.ts'
import { refTo, type PersonRef } from '../domain/person.ts'
import type { IdentityQuestion } from '../domain/ports/identities.ts'
import { refuse, type Refusal } from '../domain/refusal.ts'
import { everyAdmin, mayLookAfter } from './admins.ts'
import { asAct } from './as-act.ts'
import { isOutdated, newRules, withOneCatalog, type World } from './world.ts'

/** Who says whether two identities are one person: those whom the catalog names for it, else every admin. */
export const identityAdmins = (catalog: Catalog): readonly string[] =>
  catalog.people.admins.length > 0 ? catalog.people.admins : everyAdmin(catalog)

/**
 * An admin says whether a User of a source is this person. Whose identity it is about does not answer, by no account of
 * theirs: whoever takes an e-mail over would else say yes to themselves.
 */
export async function answerIdentity(
  world: World,
  { by, id, answer }: { by: PersonRef; id: string; answer: 'same' | 'two' },
): Promise<Refusal | IdentityQuestion> {
  const one = withOneCatalog(world)
  const question = await world.identities.question(id)
  if (question === null) return refuse('identity-settled')
  const facts = await world.directory.facts(by)
  if (facts === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who you are'] })
  if (!mayLookAfter(facts) || !isListed(facts.person, identityAdmins(one.catalog())))
    return refuse('not-an-admin')
  const concerned = [question.personId, ...question.untilPersonIds]
  if ([facts.person.id, ...(facts.person.also ?? [])].some((id) => concerned.includes(id)))
    return refuse('own-identity')
  if (isOutdated(world, one)) return newRules(null)
  const act: Act = {
    type: answer === 'same' ? 'identities-joined' : 'identities-set-apart',
    by: refTo(facts.person),
    about: { kind: 'person', id: question.personId, name: question.personId },
    details: { source: question.source, user: question.userId },
  }
  const answered = await asAct(
    world,
    act,
    () => world.identities.answer(id, answer, facts.person),
    (one) => (one === null ? 'refused' : 'done'),
  )
  if (answered === null) return refuse('identity-settled')
  const { source, userId, personId } = answered
  world.log.info('an admin said whether two identities are one', {
    by: facts.person.id,
    answer,
    source,
    user: userId,
    person: personId,
  })
  return answered
}
