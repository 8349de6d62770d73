import type { Actor } from '../../domain/audit/act.ts'
import type { PersonRef } from '../../domain/person.ts'
import { accountOf } from '../told.ts'

/** An address by the schema: others have no place there. Source: OCSF 1.6.0, data type `email_t`. */
const address = /^[a-zA-Z0-9!#$%&'*+-/=?^_`{|}~.]+@[a-zA-Z0-9-]+\.[a-zA-Z0-9-.]+$/

/** Of ours, with their id of Slack; a team of Slack is an organization. */
export const userOf = (person: PersonRef) => ({
  type_id: 1,
  type: 'User',
  uid: person.id,
  uid_alt: person.slack.userId,
  name: accountOf(person),
  full_name: person.name,
  org: { uid: person.slack.teamId },
  ...(person.email !== null && address.test(person.email) ? { email_addr: person.email } : {}),
})

/** As somebody is called of whom no more is known. */
export const namedUser = ({ id, name }: { id: string; name: string }) => ({
  type_id: 1,
  type: 'User',
  uid: id,
  name,
})

/** A person, or the program that did it. */
export function actorAs(by: Actor) {
  if ('operator' in by)
    return { app_name: 'command line', user: { type_id: 99, type: 'Operator', name: by.operator } }
  if ('source' in by) return { app_name: by.source }
  return 'curfew' in by ? { app_name: 'Curfew' } : { user: userOf(by) }
}
