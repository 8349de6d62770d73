import { ScimError } from './scim-error.ts'

export type Json = string | number | boolean | null | readonly Json[] | Complex

/** An object of JSON. Any name may be in it, also `__proto__`: it is made by `Object.fromEntries` and spreading alone. */
export interface Complex {
  readonly [name: string]: Json
}

const deepest = 16

/** What `JSON.parse` answered. Throws for what is nested so deeply that no directory means it. */
export function jsonOf(value: unknown, depth = 0): Json {
  if (depth > deepest) throw new ScimError(400, 'invalidSyntax', `More than ${deepest} levels of nesting.`)
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  if (Array.isArray(value)) return value.map((one) => jsonOf(one, depth + 1))
  if (typeof value !== 'object' || value === null) return null
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, jsonOf(one, depth + 1)]))
}

/** How many values are in it, itself included. */
export function sizeOf(value: Json): number {
  if (typeof value !== 'object' || value === null) return 1
  return Object.values(value).reduce((sum: number, one: Json) => sum + sizeOf(one), 1)
}

export const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value)

export const isComplex = (value: Json | undefined): value is Complex =>
  typeof value === 'object' && value !== null && !isList(value)

/** As it is spelled there: names of attributes are compared without case. */
export function nameIn(of: Complex, name: string): string | null {
  if (Object.hasOwn(of, name)) return name
  const small = name.toLowerCase()
  return Object.keys(of).find((one) => one.toLowerCase() === small) ?? null
}

export function valueIn(of: Complex, name: string): Json | undefined {
  const found = nameIn(of, name)
  return found === null ? undefined : of[found]
}

/** With another value, or without it where that is undefined. What was there stays in its place. */
export function withValue(of: Complex, name: string, value: Json | undefined): Complex {
  const found = nameIn(of, name)
  const entries = Object.entries(of)
  if (value === undefined) return Object.fromEntries(entries.filter(([one]) => one !== found))
  if (found === null) return Object.fromEntries([...entries, [name, value]])
  return Object.fromEntries(entries.map(([one, was]) => [one, one === found ? value : was]))
}
