import { emailKey } from '../domain/email.ts'
import { isListed } from '../domain/approvers.ts'
import type { Catalog } from '../domain/catalog.ts'
import type { PersonRef } from '../domain/person.ts'
import type { IdentityQuestion } from '../domain/ports/identities.ts'
import { refuse, type Refusal } from '../domain/refusal.ts'
import { everyAdmin } from './admins.ts'
import { isOutdated, newRules, withOneCatalog, type World } from './world.ts'

/** Who says whether two identities are one person: those whom the catalog names for it, else every admin. */
export const identityAdmins = (catalog: Catalog): readonly string[] =>
  catalog.people.admins.length > 0 ? catalog.people.admins : everyAdmin(catalog)

/**
 * An admin says whether a User of a source is this person. Whose identity it is about does not answer: whoever takes an
 * e-mail over would else say yes to themselves.
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
  if (!facts.isHere || !isListed(facts.person, identityAdmins(one.catalog()))) return refuse('not-an-admin')
  const concerned = [question.slackUserId, ...question.until]
  if (concerned.includes(facts.person.slack.userId)) return refuse('own-identity')
  if (isOutdated(world, one)) return newRules(null)
  const answered = await world.identities.answer(id, answer, facts.person)
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

/** Drops what nobody needs to answer any more: the e-mails that made it a question are others by now. */
export async function dropIdentityQuestions(world: World): Promise<void> {
  for (const { id, email, personId, slackUserId } of await world.identities.open()) {
    const facts = await world.directory.named(slackUserId)
    if (facts === 'unknown' || !(facts?.isEmailRead ?? true)) continue
    const isTheirs =
      facts?.person.id === personId && facts.person.email !== null && emailKey(facts.person.email) === email
    if (!isTheirs) await world.identities.drop(id)
  }
}
