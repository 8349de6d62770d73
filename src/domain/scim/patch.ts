import { isDeepStrictEqual } from 'node:util'
import { isComplex, isList, valueIn, withValue, type Complex, type Json } from './json.ts'
import { eqPairs, matches } from './matches.ts'
import { definitionOf, extensionOf, type ResourceKind } from './schema.ts'
import { invalidValue, ScimError } from './scim-error.ts'
import type { Step } from './steps.ts'
import { keptValue, keptValues, onePrimary } from './values.ts'

/** All steps, in their order, on attributes. Throws `ScimError` where one cannot be: then none was done. */
export const patched = (kind: ResourceKind, attributes: Complex, steps: readonly Step[]): Complex =>
  steps.reduce((now, step) => afterStep(kind, now, step), attributes)

function afterStep(kind: ResourceKind, of: Complex, step: Step): Complex {
  const { extension, name } = step.path
  if (extension === null) return changed(of, step)
  const was = valueIn(of, extension)
  const within = isComplex(was) ? was : {}
  const now = name === null ? wholeExtension(kind, extension, within, step) : changed(within, step)
  return withValue(of, extension, Object.keys(now).length === 0 ? undefined : now)
}

function wholeExtension(kind: ResourceKind, urn: string, within: Complex, { op, value }: Step): Complex {
  if (op === 'remove' || value === null || value === undefined) return {}
  if (!isComplex(value)) throw invalidValue('An extension has attributes.')
  const known = extensionOf(kind, urn)?.attributes ?? []
  return Object.entries(value).reduce<Complex>((now, [key, one]) => {
    const definition = definitionOf(known, key)
    return withValue(now, definition?.name ?? key, keptValue(definition, one))
  }, within)
}

function changed(of: Complex, step: Step): Complex {
  const { name, sub, definition } = step.path
  if (name === null) return of
  if (definition?.mutability === 'readOnly')
    throw new ScimError(400, 'mutability', `${name} is given by the server.`)
  if (definition?.mutability === 'writeOnly') return of
  const was = valueIn(of, name)
  if (step.filter !== null) return withValue(of, name, chosen(was, step, step.filter))
  if (sub !== null) return withValue(of, name, withSub(was, step, sub))
  return withValue(of, name, step.op === 'remove' ? without(was, step) : put(was, step))
}

/** The whole attribute. */
function put(was: Json | undefined, { op, path, value: given = null }: Step): Json | undefined {
  const { definition } = path
  const value = onlyOf(definition, given)
  // Who is active is said, never left out.
  if (definition?.name === 'active' && value === null) return was
  // Of another manager nothing of the one before is true.
  if (isComplex(was) && isComplex(value) && definition?.name !== 'manager') {
    const merged = Object.entries(value).reduce<Complex>((now, [key, one]) => {
      const sub = definitionOf(definition?.subAttributes ?? [], key)
      return withValue(now, sub?.name ?? key, keptValue(sub, one))
    }, was)
    return keptValue(definition, merged)
  }
  const kept = keptValue(definition, value)
  if (op === 'replace') return kept
  if (kept === undefined) return was
  return isList(was) ? added(was, isList(kept) ? kept : [kept]) : kept
}

/** One value with parts, sent as a list of one. */
function onlyOf(definition: Step['path']['definition'], given: Json): Json {
  if (definition?.type !== 'complex' || definition.multiValued || !isList(given)) return given
  const [only = given, ...others] = given
  return others.length === 0 ? only : given
}

/** What is there already, by its value and type, is changed and not doubled. */
function added(was: readonly Json[], more: readonly Json[]): Json[] {
  const list = [...was]
  const favoured = new Set<number>()
  for (const one of more) {
    const at = list.findIndex((other) => isSame(other, one))
    const before = list[at]
    if (before === undefined) favoured.add(list.push(one) - 1)
    else {
      list[at] = isComplex(before) && isComplex(one) ? { ...before, ...one } : one
      favoured.add(at)
    }
  }
  return onePrimary(list, (i) => favoured.has(i))
}

function isSame(one: Json, other: Json): boolean {
  if (!isComplex(one) || !isComplex(other)) return isDeepStrictEqual(one, other)
  if (one['value'] === undefined) return isDeepStrictEqual(one, other)
  return one['value'] === other['value'] && one['type'] === other['type']
}

/** Without a value: all of it. With a list: those, and no others. */
function without(was: Json | undefined, { path, value }: Step): Json | undefined {
  if (path.definition?.name === 'active') throw invalidValue('active is not removed: send true or false.')
  if (!isList(was) || value === undefined || value === null) return undefined
  const gone = isList(value) ? value : [value]
  const rest = was.filter((one) => !gone.some((other) => isMeant(one, other)))
  return rest.length === 0 ? undefined : rest
}

function isMeant(one: Json, other: Json): boolean {
  if (!isComplex(one)) return one === (isComplex(other) ? valueIn(other, 'value') : other)
  if (!isComplex(other)) return one['value'] === other
  return Object.entries(other).every(
    ([key, value]) => value === null || isDeepStrictEqual(valueIn(one, key), value),
  )
}

function withSub(was: Json | undefined, step: Step, sub: string): Json | undefined {
  const { definition, subDefinition } = step.path
  if (definition !== null && definition.type !== 'complex')
    throw new ScimError(400, 'invalidPath', `${definition.name} has no parts.`)
  const value = step.op === 'remove' ? undefined : keptValue(subDefinition, step.value ?? null)
  const isMany = definition?.multiValued === true || isList(was)
  if (!isMany) return emptied(withValue(isComplex(was) ? was : {}, sub, value))
  const list = isList(was) ? was : []
  const elements = list.length === 0 && value !== undefined ? [{}] : list
  return eachOf(
    elements,
    () => true,
    (one) => withValue(isComplex(one) ? one : { value: one }, sub, value),
  )
}

/** The elements that the filter means; where it means none, one is made of what it says. */
function chosen(was: Json | undefined, step: Step, filter: NonNullable<Step['filter']>): Json | undefined {
  const { definition, sub } = step.path
  if (definition?.multiValued === false)
    throw new ScimError(400, 'invalidPath', `${definition.name} is one value: nothing in it can be chosen.`)
  const list = isList(was) ? was : []
  if (step.op === 'remove' && sub === null) return emptied(list.filter((one) => !matches(one, filter)))
  if (step.op === 'remove')
    return eachOf(
      list,
      (one) => matches(one, filter),
      (one) => (isComplex(one) ? withValue(one, sub ?? '', undefined) : one),
    )
  const isFound = list.some((one) => matches(one, filter))
  const fresh = isFound ? null : eqPairs(filter)
  if (!isFound && fresh === null)
    throw new ScimError(400, 'noTarget', `Nothing in ${step.path.name ?? 'it'} is as the filter says.`)
  const elements =
    fresh === null
      ? list
      : [...list, keptValues(fresh, (name) => definitionOf(definition?.subAttributes ?? [], name))]
  const isMade = (i: number): boolean => i === list.length
  return eachOf(
    elements,
    (one, i) => isMade(i) || matches(one, filter),
    (one, i) => {
      const before = isComplex(one) ? one : { value: one }
      if (sub !== null) return withValue(before, sub, keptValue(step.path.subDefinition, step.value ?? null))
      const [kept] = elementsOf(keptValue(definition, step.value ?? null))
      if (!isComplex(kept)) return kept ?? before
      return step.op === 'add' || isMade(i) ? { ...before, ...kept } : kept
    },
  )
}

const elementsOf = (value: Json | undefined): readonly Json[] =>
  value === undefined ? [] : isList(value) ? value : [value]

function eachOf(
  list: readonly Json[],
  isChosen: (one: Json, i: number) => boolean,
  change: (one: Json, i: number) => Json,
): Json | undefined {
  const indexes = new Set(list.flatMap((one, i) => (isChosen(one, i) ? [i] : [])))
  const changedList = list.map((one, i) => (indexes.has(i) ? change(one, i) : one))
  return emptied(
    onePrimary(changedList, (i) => indexes.has(i)).filter(
      (one) => !isComplex(one) || Object.keys(one).length > 0,
    ),
  )
}

const emptied = <V extends Complex | readonly Json[]>(value: V): V | undefined =>
  Object.keys(value).length === 0 ? undefined : value
