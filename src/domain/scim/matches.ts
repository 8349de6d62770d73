import type { Comparison, Filter } from './filter.ts'
import { isComplex, isList, valueIn, type Complex, type Json } from './json.ts'
import type { Attribute } from './schema.ts'

/** Whether one element of a list is what a filter in brackets asks for. */
export function matches(element: Json, filter: Filter): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.filters.every((one) => matches(element, one))
    case 'or':
      return filter.filters.some((one) => matches(element, one))
    case 'not':
      return !matches(element, filter.filter)
    case 'some':
      return false
    case 'present':
      return isThere(valueOf(element, filter.path.name))
    case 'compare':
      return compares(filter.op, valueOf(element, filter.path.name), filter.value, filter.path.definition)
  }
}

/** The values of an element that the filter wants to be so, where it is nothing but `a eq x and b eq y`. */
export function eqPairs(filter: Filter): Complex | null {
  if (filter.kind === 'compare')
    return filter.op === 'eq' && filter.path.name !== null
      ? Object.fromEntries([[filter.path.name, filter.value]])
      : null
  if (filter.kind !== 'and') return null
  const pairs = filter.filters.map(eqPairs)
  return pairs.reduce((all, one) => (all === null || one === null ? null : { ...all, ...one }), {})
}

/** As it is compared: without case, unless the schema says that case counts. */
export const folded = <V>(value: V, definition: Attribute | null): V | string =>
  typeof value === 'string' && definition?.caseExact !== true ? value.toLowerCase() : value

function valueOf(element: Json, name: string | null): Json | undefined {
  if (isComplex(element)) return name === null ? undefined : valueIn(element, name)
  return name?.toLowerCase() === 'value' ? element : undefined
}

const isThere = (value: Json | undefined): boolean =>
  value !== undefined && value !== null && value !== '' && !(isList(value) && value.length === 0)

function compares(
  op: Comparison,
  given: Json | undefined,
  asked: string | number | boolean | null,
  definition: Attribute | null,
): boolean {
  const value = folded(given ?? null, definition)
  const other = folded(asked, definition)
  if (op === 'eq') return value === other
  if (op === 'ne') return value !== other
  if (typeof value === 'string' && typeof other === 'string') return comparesText(op, value, other)
  if (typeof value === 'number' && typeof other === 'number') return comparesOrder(op, value, other)
  return false
}

function comparesText(op: Comparison, value: string, other: string): boolean {
  if (op === 'co') return value.includes(other)
  if (op === 'sw') return value.startsWith(other)
  if (op === 'ew') return value.endsWith(other)
  return comparesOrder(op, value, other)
}

function comparesOrder<V extends string | number>(op: Comparison, value: V, other: V): boolean {
  if (op === 'gt') return value > other
  if (op === 'ge') return value >= other
  if (op === 'lt') return value < other
  return op === 'le' && value <= other
}
