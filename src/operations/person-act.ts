import type { Act, ActType } from '../domain/audit/act.ts'
import { plainlyNamed, type PersonRef } from '../domain/person.ts'

/** What is done about somebody, for the record. */
export const personAct = (
  type: ActType,
  person: PersonRef,
  { by, details = {} }: Pick<Act, 'by'> & Partial<Pick<Act, 'details'>>,
): Act => ({ type, by, about: { kind: 'person', id: person.id, name: plainlyNamed(person) }, details })
