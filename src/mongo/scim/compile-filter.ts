import type { Document } from 'mongodb'
import type { AttributePath } from '../../domain/scim/attribute-path.ts'
import { badFilter, type Comparison, type Filter } from '../../domain/scim/filter.ts'
import { folded } from '../../domain/scim/matches.ts'
import type { Attribute, ResourceKind } from '../../domain/scim/schema.ts'
import { fieldOf } from './documents.ts'

type Value = string | number | boolean | null
type Compare = Extract<Filter, { kind: 'compare' }>

/** Fields of their own, for what providers look for: in small letters. */
const own: Record<ResourceKind['name'], Readonly<Record<string, string>>> = {
  User: { id: '_id', username: 'userNameKey', externalid: 'externalId', active: 'isActive' },
  Group: { id: '_id', displayname: 'nameKey', externalid: 'externalId' },
}
const instants: Readonly<Record<string, string>> = { created: 'createdAt', lastmodified: 'modifiedAt' }

/** Of the table itself, whatever its prototype has. */
const ownIn = (table: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined

/**
 * A filter as a query. `groupsWith` answers in which groups a User is, as members are not in the groups' documents.
 * Values stay values: nothing that was given becomes a name, an operator or a pattern.
 */
export async function compileFilter(
  kind: ResourceKind,
  filter: Filter,
  groupsWith: (user: string) => Promise<readonly string[]>,
): Promise<Document> {
  const compile = async (one: Filter): Promise<Document> => {
    switch (one.kind) {
      case 'and':
      case 'or': {
        const all = await Promise.all(one.filters.map(compile))
        return one.kind === 'and' ? { $and: all } : { $or: all }
      }
      case 'not':
        return { $nor: [await compile(one.filter)] }
      case 'some':
        if (isMembers(kind, one.path)) return { _id: { $in: await groupsWith(memberIn(one.filter)) } }
        return { [fieldAt(kind, one.path, 'all')]: { $elemMatch: inElement(one.filter) } }
      case 'present':
        if (isMembers(kind, one.path)) throw ofMembers()
        return { [fieldAt(kind, one.path, 'all')]: { $exists: true, $ne: null } }
      case 'compare':
        if (isMembers(kind, one.path)) return { _id: { $in: await groupsWith(memberIn(one)) } }
        return comparison(fieldAt(kind, one.path, 'value'), one)
    }
  }
  return compile(filter)
}

const isMembers = (kind: ResourceKind, path: AttributePath): boolean =>
  kind.name === 'Group' && path.extension === null && path.name === 'members'

function memberIn(filter: Filter): string {
  if (filter.kind !== 'compare' || filter.op !== 'eq' || typeof filter.value !== 'string') throw ofMembers()
  const { name, sub } = filter.path
  const part = (name?.toLowerCase() === 'members' ? (sub ?? 'value') : (name ?? '')).toLowerCase()
  if (part !== 'value') throw ofMembers()
  return filter.value
}

const ofMembers = () => badFilter('Of members only value eq "id" can be asked')

/** Of a list of values with parts: all of it, or the values. */
function fieldAt(
  kind: ResourceKind,
  { extension, name, sub, definition }: AttributePath,
  of: 'all' | 'value',
): string {
  const small = (name ?? '').toLowerCase()
  if (extension !== null)
    return ['find', ...[extension, small, ...(sub === null ? [] : [sub])].map(fieldOf)].join('.')
  if (small === 'groups') throw badFilter('Users cannot be looked for by their groups')
  if (small === 'meta') {
    const instant = ownIn(instants, (sub ?? '').toLowerCase())
    if (instant === 'modifiedAt' && kind.name === 'Group')
      throw badFilter('Groups cannot be looked for by when they changed: their members count too')
    if (instant === undefined) throw badFilter('Of meta only created and lastModified can be asked')
    return instant
  }
  const field = ownIn(own[kind.name], small)
  if (field !== undefined && sub === null) return field
  const hasParts = definition?.multiValued === true && definition.subAttributes !== undefined
  const part = sub ?? (hasParts && of === 'value' ? 'value' : null)
  return ['find', small, ...(part === null ? [] : [part])]
    .map((one, i) => (i === 0 ? one : fieldOf(one)))
    .join('.')
}

/** The query of one element: its fields are within it. */
function inElement(filter: Filter): Document {
  switch (filter.kind) {
    case 'and':
      return { $and: filter.filters.map(inElement) }
    case 'or':
      return { $or: filter.filters.map(inElement) }
    case 'not':
      return { $nor: [inElement(filter.filter)] }
    case 'present':
      return { [fieldOf(filter.path.name ?? '')]: { $exists: true, $ne: null } }
    case 'compare':
      return comparison(fieldOf(filter.path.name ?? ''), filter)
    case 'some':
      throw badFilter('There are brackets within brackets')
  }
}

function comparison(field: string, { path, op, value }: Compare): Document {
  if (field === 'createdAt' || field === 'modifiedAt') return { [field]: { [ordered(op)]: instantOf(value) } }
  const { definition, subDefinition, sub } = path
  // Whether case counts is said by the part that is compared.
  const valueOf = definition?.subAttributes?.find(({ name }) => name === 'value') ?? definition
  const rule = sub === null ? valueOf : subDefinition
  const asked = askedOf(value, rule)
  if (op === 'eq' || op === 'ne') return { [field]: { [`$${op}`]: asked } }
  if (typeof asked === 'boolean' || asked === null) throw badFilter(`${op} compares no ${String(asked)}`)
  if (op === 'co' || op === 'sw' || op === 'ew')
    return { [field]: { $regex: pattern(op, String(asked)), $options: 's' } }
  return { [field]: { [ordered(op)]: asked } }
}

function askedOf(value: Value, definition: Attribute | null): Value {
  const asked = typeof value === 'string' ? folded(value.toWellFormed(), definition) : value
  return definition?.type === 'boolean' && (asked === 'true' || asked === 'false') ? asked === 'true' : asked
}

const orders: Partial<Record<Comparison, string>> = {
  eq: '$eq',
  ne: '$ne',
  gt: '$gt',
  ge: '$gte',
  lt: '$lt',
  le: '$lte',
}

function ordered(op: Comparison): string {
  const order = orders[op]
  if (order === undefined) throw badFilter(`${op} compares texts`)
  return order
}

function instantOf(value: Value): Date {
  const at = typeof value === 'string' ? new Date(value) : new Date(NaN)
  if (Number.isNaN(at.getTime())) throw badFilter('It compares an instant with something else')
  return at
}

/** The text as it is, at the beginning, at the end, or anywhere. */
function pattern(op: 'co' | 'sw' | 'ew', asked: string): string {
  if (asked.includes('\0') || asked.length > 2_000)
    throw badFilter('There is a NUL in it, or it is very long')
  const text = asked.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
  return `${op === 'sw' ? '^' : ''}${text}${op === 'ew' ? '\\z' : ''}`
}
