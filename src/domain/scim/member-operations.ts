import type { Filter } from './filter.ts'
import { isComplex, isList, valueIn, type Json } from './json.ts'
import { matches } from './matches.ts'
import { invalidValue, ScimError } from './scim-error.ts'

/** What one operation does to the members of a group. */
export type MemberOperation =
  | { readonly op: 'add' | 'replace'; readonly ids: readonly string[] }
  | { readonly op: 'remove'; readonly ids: readonly string[] | 'all' }

/** What a request does to them in all: whether all leave first, then who leaves and who comes. */
export interface MemberChange {
  readonly isEmptied: boolean
  readonly remove: ReadonlySet<string>
  readonly add: ReadonlySet<string>
}

/** The ids of a list of members. Throws where one has none, or says that it is a group. */
export function memberIds(value: Json): string[] {
  if (value === null) return []
  return (isList(value) ? value : [value]).map((one) => {
    const id = isComplex(one) ? valueIn(one, 'value') : one
    if (typeof id !== 'string' || id === '') throw invalidValue('Each member has a value: the id of a user.')
    const type = isComplex(one) ? valueIn(one, 'type') : null
    if (typeof type === 'string' && type.toLowerCase() === 'group') throw noGroups()
    return id
  })
}

export const noGroups = (): ScimError =>
  invalidValue('Members are users: a group in a group is not supported. Nothing was changed.')

/**
 * Who is meant by a filter in `members[…]`. Only what `value eq` names can be: members are not searched. Throws for a
 * filter that may mean others too, or asks of them what is not kept.
 */
export function idsMeant(filter: Filter): string[] {
  const named = candidates(filter)
  if (named === null) throw new ScimError(400, 'invalidFilter', 'Members are chosen by value eq "id" alone.')
  const meant = [...new Set(named)].filter((value) => matches({ value, type: 'User' }, filter))
  if (named.length > 0 && meant.length === 0)
    throw new ScimError(
      400,
      'invalidFilter',
      'Of members only value and type are kept: nobody is as it says.',
    )
  return meant
}

function candidates(filter: Filter): string[] | null {
  if (filter.kind === 'compare')
    return filter.op === 'eq' && filter.path.name === 'value' && typeof filter.value === 'string'
      ? [filter.value]
      : null
  if (filter.kind !== 'and' && filter.kind !== 'or') return null
  const sides = filter.filters.map(candidates)
  const bounded = sides.filter((side) => side !== null)
  if (filter.kind === 'or') return bounded.length === sides.length ? bounded.flat() : null
  return bounded[0] ?? null
}

/** Every id that somebody is to be made a member by: whether they exist is to be found out. */
export const idsToKnow = (operations: readonly MemberOperation[]): string[] => [
  ...new Set(operations.flatMap((one) => (one.op === 'remove' ? [] : one.ids))),
]

/**
 * One after the other. Ids that nobody has are left out. Throws where a list that is to be all the members, or where
 * everything that is to be added, names nobody who exists: that is a mistake, and would empty the group.
 */
export function memberChange(
  operations: readonly MemberOperation[],
  isKnown: (id: string) => boolean,
): MemberChange {
  const asked = idsToKnow(operations)
  // Whoever is taken out leaves, whoever else is named.
  const isRemoving = operations.some(({ op, ids }) => op === 'remove' && ids.length > 0)
  if (asked.length > 0 && !asked.some(isKnown) && !isRemoving) throw nobody()
  const change = { isEmptied: false, remove: new Set<string>(), add: new Set<string>() }
  for (const operation of operations) {
    if (operation.op === 'remove' && operation.ids !== 'all') {
      for (const id of operation.ids) {
        change.add.delete(id)
        change.remove.add(id)
      }
      continue
    }
    const ids = operation.op === 'remove' ? [] : operation.ids
    const known = ids.filter(isKnown)
    if (operation.op !== 'add') {
      if (ids.length > 0 && known.length === 0) throw nobody()
      change.isEmptied = true
      change.add.clear()
      change.remove.clear()
    }
    for (const id of known) {
      change.remove.delete(id)
      change.add.add(id)
    }
  }
  return change
}

const nobody = (): ScimError =>
  invalidValue('None of these members is a user of this source. Nothing was changed.')
