import { z } from 'zod'
import { attributePath, type AttributePath } from './attribute-path.ts'
import { elementFilterOf, type Filter } from './filter.ts'
import { isComplex, jsonOf, type Json } from './json.ts'
import type { ResourceKind } from './schema.ts'
import { ScimError } from './scim-error.ts'

export const mostOperations = 1_000

/** One change of one place. */
export interface Step {
  readonly op: 'add' | 'replace' | 'remove'
  readonly path: AttributePath
  readonly filter: Filter | null
  /** Undefined: none was given. */
  readonly value: Json | undefined
}

const small = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name.toLowerCase(), one]))
    : value

const operation = z.preprocess(
  small,
  z.object({
    op: z
      .string()
      .toLowerCase()
      .pipe(z.enum(['add', 'replace', 'remove'])),
    path: z.string().nullish(),
    value: z.unknown().optional(),
  }),
)
const body = z.preprocess(small, z.object({ operations: z.array(z.unknown()).min(1) }))

/** Of a PATCH request's body. What has no path is a step for each of its keys, which are paths themselves. */
export function stepsOf(kind: ResourceKind, given: unknown): Step[] {
  const parsed = body.safeParse(given)
  if (!parsed.success) throw new ScimError(400, 'invalidSyntax', 'A PATCH has a list of Operations.')
  const { operations } = parsed.data
  if (operations.length > mostOperations)
    throw new ScimError(413, 'tooMany', `A PATCH has at most ${mostOperations} operations.`)
  return operations.flatMap((one) => {
    const known = operation.safeParse(one)
    if (!known.success)
      throw new ScimError(400, 'invalidSyntax', 'An operation has an op: add, replace or remove.')
    const { op, path, value } = known.data
    const json = value === undefined ? undefined : jsonOf(value)
    if (path === undefined || path === null || path.trim() === '' || isCore(kind, path.trim()))
      return keyed(kind, op, json)
    return [{ op, ...placeOf(kind, path.trim()), value: json }]
  })
}

/** What a provider sends beside the attributes, and does not mean to change. */
const notMeant = new Set(['id', 'schemas', 'meta', 'groups'])

function keyed(kind: ResourceKind, op: Step['op'], value: Json | undefined): Step[] {
  if (op === 'remove') throw new ScimError(400, 'noTarget', 'A remove needs a path.')
  if (!isComplex(value))
    throw new ScimError(400, 'invalidValue', 'An operation without a path has an object as value.')
  return Object.entries(value)
    .filter(([key]) => !notMeant.has(key.toLowerCase()))
    .flatMap(([key, one]) =>
      isCore(kind, key) && isComplex(one)
        ? keyed(kind, op, one)
        : [{ op, ...(tryPlaceOf(kind, key) ?? asItIs(key)), value: one }],
    )
}

/** The address of the core schema itself: what stands below it is as without it. */
const isCore = ({ core }: ResourceKind, text: string): boolean => text.toLowerCase() === core.id.toLowerCase()

function placeOf(kind: ResourceKind, text: string): Pick<Step, 'path' | 'filter'> {
  const place = tryPlaceOf(kind, text)
  if (place === null) throw new ScimError(400, 'invalidPath', 'The path of an operation cannot be read.')
  return place
}

const bracketed = /^([^[\]]+)\[(.*)\](?:\.([a-z$][\w$-]*))?$/is

function tryPlaceOf(kind: ResourceKind, text: string): Pick<Step, 'path' | 'filter'> | null {
  const [, head, inside, sub] = bracketed.exec(text) ?? []
  if (head === undefined || inside === undefined) {
    const path = attributePath(kind, text)
    return path === null ? null : { path, filter: null }
  }
  const list = attributePath(kind, head)
  if (list === null || list.name === null || list.sub !== null) return null
  const path = sub === undefined ? list : attributePath(kind, `${head}.${sub}`)
  return path === null ? null : { path, filter: elementFilterOf(list, inside) }
}

/** A key that is no path, such as the address of somebody's schema: an attribute of that name. */
const asItIs = (name: string): Pick<Step, 'path' | 'filter'> => ({
  path: { extension: null, name, sub: null, definition: null, subDefinition: null },
  filter: null,
})
