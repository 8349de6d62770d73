import { isComplex, jsonOf, sizeOf, valueIn, withValue, type Complex, type Json } from './json.ts'
import { idsMeant, memberIds, type MemberOperation } from './member-operations.ts'
import { patched } from './patch.ts'
import { definitionOf, extensionOf, groups, topDefinitionOf, users, type ResourceKind } from './schema.ts'
import { invalidValue, ScimError } from './scim-error.ts'
import { mostOperations, stepsOf } from './steps.ts'
import { keptValue, keptValues } from './values.ts'

/** Of a group: what else than its members is to be, and what happens to these. */
export interface GroupChange {
  readonly attributes: (was: Complex) => Complex
  readonly members: readonly MemberOperation[]
}

/**
 * As many values as somebody may have. A change looks at each of them, and lists are compared each with each: many more
 * would keep everybody else of this process waiting.
 */
const mostValues = 1_000
const mostChanged = 2_000

function bounded(attributes: Complex): Complex {
  if (sizeOf(attributes) > mostValues)
    throw new ScimError(413, 'tooMany', `More than ${mostValues} values in one resource.`)
  return attributes
}

/** The body of a POST or PUT: what of it is kept. Throws `ScimError`. */
export function attributesOf(kind: ResourceKind, body: unknown): Complex {
  const given = complexOf(body)
  // Members may be many: they are elsewhere.
  bounded(withValue(given, 'members', undefined))
  return keptOf(kind, given)
}

/** A PUT says what all of it is, save that who is active stays so where nothing is said. */
export function userPut(body: unknown): (was: Complex) => Complex {
  const attributes = attributesOf(users, body)
  return (was) =>
    attributes['active'] === undefined ? withValue(attributes, 'active', was['active']) : attributes
}

export function userPatch(body: unknown): (was: Complex) => Complex {
  const steps = boundedSteps(stepsOf(users, body))
  return (was) => bounded(patched(users, was, steps))
}

/** For POST and PUT: a list that is not there leaves the members as they are, null and `[]` empty the group. */
export function groupPut(body: unknown): GroupChange {
  const given = complexOf(body)
  bounded(withValue(given, 'members', undefined))
  const attributes = keptOf(groups, given)
  const listed = valueIn(given, 'members')
  return {
    attributes: () => attributes,
    members: listed === undefined ? [] : [{ op: 'replace', ids: memberIds(listed) }],
  }
}

export function groupPatch(body: unknown): GroupChange {
  const steps = stepsOf(groups, body)
  const isOfMembers = ({ path }: (typeof steps)[number]) => path.definition?.name === 'members'
  const others = boundedSteps(steps.filter((step) => !isOfMembers(step)))
  return {
    attributes: (was) => bounded(patched(groups, was, others)),
    members: steps.filter(isOfMembers).flatMap(asMemberOperation),
  }
}

function complexOf(body: unknown): Complex {
  const given = jsonOf(body)
  if (!isComplex(given)) throw new ScimError(400, 'invalidSyntax', 'A resource is a JSON object.')
  return given
}

/** What has the address of the core schema before it, or stands below it, is as without it. */
function flat({ core }: ResourceKind, given: Complex): [string, Json][] {
  const id = core.id.toLowerCase()
  return Object.entries(given).flatMap(([name, value]): [string, Json][] => {
    const small = name.toLowerCase()
    if (small === id && isComplex(value)) return Object.entries(value)
    return [[small.startsWith(`${id}:`) ? name.slice(id.length + 1) : name, value]]
  })
}

function keptOf(kind: ResourceKind, given: Complex): Complex {
  const entries = flat(kind, given).flatMap(([name, value]): [string, Json][] => {
    const extension = extensionOf(kind, name)
    if (extension !== null && isComplex(value)) {
      const kept = keptValues(value, (one) => definitionOf(extension.attributes, one))
      return Object.keys(kept).length === 0 ? [] : [[extension.id, kept]]
    }
    const definition = topDefinitionOf(kind, name)
    if (definition?.mutability === 'readOnly' || definition?.mutability === 'writeOnly') return []
    if (definition?.name === 'members') return []
    const kept = keptValue(definition, value)
    return kept === undefined ? [] : [[definition?.name ?? name, kept]]
  })
  return Object.fromEntries(entries)
}

type Steps = ReturnType<typeof stepsOf>

function boundedSteps(steps: Steps): Steps {
  const values = steps.reduce((sum, { value }) => sum + (value === undefined ? 0 : sizeOf(value)), 0)
  if (steps.length > mostOperations || values > mostChanged)
    throw new ScimError(413, 'tooMany', `More than ${mostChanged} values in one PATCH.`)
  return steps
}

function asMemberOperation({ op, path, filter, value }: Steps[number]): MemberOperation[] {
  if (path.sub !== null) {
    // A name of a member, or the like: nothing of it is kept. But nobody is told that a removal was done.
    if (op !== 'remove') return []
    if (path.sub.toLowerCase() !== 'value')
      throw new ScimError(400, 'invalidPath', 'Members are removed as a whole: members[value eq "id"].')
    if (filter === null && (value === undefined || value === null)) throw invalidValue('Which members?')
  }
  if (filter !== null) {
    if (op !== 'remove') throw new ScimError(400, 'invalidPath', 'A filter chooses members to be removed.')
    return [{ op, ids: idsMeant(filter) }]
  }
  if (op === 'remove') return [{ op, ids: value === undefined || value === null ? 'all' : memberIds(value) }]
  if (value === undefined) throw invalidValue('Which members?')
  return [{ op, ids: memberIds(value) }]
}
