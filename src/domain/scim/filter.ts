import { parse, type Filter as Parsed } from 'scim2-parse-filter'
import { attributePath, pathInElement, type AttributePath } from './attribute-path.ts'
import { plainFilter } from './plain-filter.ts'
import type { ResourceKind } from './schema.ts'
import { ScimError } from './scim-error.ts'

export type Comparison = 'eq' | 'ne' | 'co' | 'sw' | 'ew' | 'gt' | 'ge' | 'lt' | 'le'

/** What a filter asks, with its paths found out. The paths within `some` are those of one element. */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly filters: readonly Filter[] }
  | { readonly kind: 'not'; readonly filter: Filter }
  | { readonly kind: 'some'; readonly path: AttributePath; readonly filter: Filter }
  | { readonly kind: 'present'; readonly path: AttributePath }
  | {
      readonly kind: 'compare'
      readonly path: AttributePath
      readonly op: Comparison
      readonly value: string | number | boolean | null
    }

type Resolve = (text: string) => AttributePath | null

/** Throws `ScimError` (`invalidFilter`) for what is none, and for what is longer or deeper than any provider sends. */
export const filterOf = (kind: ResourceKind, text: string): Filter =>
  read(text, (path) => attributePath(kind, path))

/** What stands in the brackets of a path. */
export const elementFilterOf = (of: AttributePath, text: string): Filter =>
  read(text, (path) => pathInElement(of.definition, path))

function read(text: string, resolve: Resolve): Filter {
  const { plain, strings } = plainFilter(text)
  return asFilter(parsed(plain), strings, resolve)
}

function parsed(text: string): Parsed {
  try {
    return parse(text)
  } catch {
    throw badFilter('It cannot be read')
  }
}

export const badFilter = (why: string): ScimError =>
  new ScimError(400, 'invalidFilter', `${why}: a filter is, for example, userName eq "riley@example.com".`)

function asFilter(given: Parsed, strings: readonly string[], resolve: Resolve): Filter {
  switch (given.op) {
    case 'and':
    case 'or':
      return { kind: given.op, filters: given.filters.map((one) => asFilter(one, strings, resolve)) }
    case 'not':
      return { kind: 'not', filter: asFilter(given.filter, strings, resolve) }
    case '[]': {
      const path = found(resolve(given.attrPath))
      const inElement: Resolve = (text) => pathInElement(path.definition, text)
      return { kind: 'some', path, filter: asFilter(given.valFilter, strings, inElement) }
    }
    case 'pr':
      return { kind: 'present', path: found(resolve(given.attrPath)) }
    default: {
      const { attrPath, op, compValue } = given
      // In place of each string its number was parsed: see `plainFilter`.
      const value = typeof compValue === 'string' ? strings[Number(compValue)] : compValue
      return { kind: 'compare', path: found(resolve(attrPath)), op, value: value ?? null }
    }
  }
}

function found(path: AttributePath | null): AttributePath {
  if (path === null || path.name === null) throw badFilter('It names something that is no attribute')
  return path
}
