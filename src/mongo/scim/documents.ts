import { randomBytes } from 'node:crypto'
import type { Document } from 'mongodb'
import { z } from 'zod'
import type { Meta, StoredUser } from '../../domain/ports/scim.ts'
import { isComplex, isList, jsonOf, type Complex, type Json } from '../../domain/scim/json.ts'
import { folded } from '../../domain/scim/matches.ts'
import {
  definitionOf,
  extensionOf,
  topDefinitionOf,
  users,
  groups,
  type Attribute,
  type ResourceKind,
} from '../../domain/scim/schema.ts'
import { groupOf, userOf, type Group, type User } from '../../domain/scim/user.ts'

/** Nobody guesses the next; those made later sort later, so that a walk by pages meets each once while more come. */
export const newId = (): string => Date.now().toString(16).padStart(12, '0') + randomBytes(15).toString('hex')

/** `changedAt` is the database's own order of writes. */
export const stamped = { modifiedAt: true, changedAt: { $type: 'timestamp' } } as const

/** Whom SCIM still knows: those deleted stay for the directory. */
export const here = { isHere: true } as const

export function userDocument(user: User): Document {
  return {
    userName: user.userName.toWellFormed(),
    userNameKey: keyOf(user.userName),
    name: user.name.toWellFormed(),
    email: user.email?.toWellFormed() ?? null,
    isActive: user.isActive,
    manager: user.manager?.toWellFormed() ?? null,
    externalId: user.externalId?.toWellFormed() ?? null,
    find: findable(users, user.attributes),
    body: JSON.stringify(user.attributes),
  }
}

export function groupDocument(group: Group): Document {
  return {
    displayName: group.displayName.toWellFormed(),
    nameKey: keyOf(group.displayName),
    externalId: group.externalId?.toWellFormed() ?? null,
    find: findable(groups, group.attributes),
    body: JSON.stringify(group.attributes),
  }
}

/** By which it is told whether two are the same name. */
export const keyOf = (name: string): string => name.toWellFormed().toLowerCase()

const row = z.object({
  _id: z.string(),
  body: z.string(),
  createdAt: z.date(),
  modifiedAt: z.date(),
  version: z.number(),
})

export const rowFields = { body: 1, createdAt: 1, modifiedAt: 1, version: 1 } as const

export function storedUser(found: unknown): StoredUser {
  const { meta, attributes } = read(found)
  return { ...userOf(attributes), ...meta }
}

/** The version of what is in its own document: its members are elsewhere. */
export function storedGroup(found: unknown): Group & Meta {
  const { meta, attributes } = read(found)
  return { ...groupOf(attributes), ...meta }
}

function read(found: unknown): { meta: Meta; attributes: Complex } {
  const { _id: id, body, createdAt, modifiedAt, version } = row.parse(found)
  const attributes = jsonOf(JSON.parse(body))
  if (!isComplex(attributes)) throw new Error(`what is kept of ${id} is no resource`)
  return { meta: { id, createdAt, modifiedAt, version: String(version) }, attributes }
}

/** Each has a field of its own. */
const elsewhere = new Set(['userName', 'externalId', 'active'])

/**
 * What filters look at: names in small letters and written so that no name means anything to MongoDB, text as it is
 * compared. Where something is kept deeper than SCIM has names for, it is not looked for.
 */
function findable(kind: ResourceKind, attributes: Complex): Document {
  return entriesOf(attributes, (name) => {
    if (elsewhere.has(name)) return null
    const extension = extensionOf(kind, name)
    if (extension !== null || name.toLowerCase().startsWith('urn:'))
      return (value) =>
        isComplex(value)
          ? entriesOf(value, (one) => byDefinition(definitionOf(extension?.attributes ?? [], one)))
          : undefined
    return byDefinition(topDefinitionOf(kind, name))
  })
}

type Find = (value: Json) => unknown

const byDefinition = (definition: Attribute | null): Find => {
  const element: Find = (value) =>
    isComplex(value)
      ? entriesOf(value, (name) => plain(definitionOf(definition?.subAttributes ?? [], name)))
      : plain(definition)(value)
  return (value) => (isList(value) ? value.map(element).filter((one) => one !== undefined) : element(value))
}

const plain =
  (definition: Attribute | null): Find =>
  (value) => {
    if (value === null || typeof value === 'object' || value === '') return undefined
    return typeof value === 'string' ? folded(value.toWellFormed(), definition) : value
  }

const entriesOf = (of: Complex, find: (name: string) => Find | null): Document =>
  Object.fromEntries(
    Object.entries(of).flatMap(([name, value]) => {
      const found = find(name)?.(value)
      return found === undefined ? [] : [[fieldOf(name), found]]
    }),
  )

/** A name as a field: no dots, no dollars, nothing that JavaScript or MongoDB gives a meaning. */
export const fieldOf = (name: string): string =>
  name
    .toWellFormed()
    .toLowerCase()
    .replace(/[^a-z0-9:-]/gu, (one) => `%${Buffer.from(one).toString('hex')}`)
