import { isComplex, isList, type Complex, type Json } from './json.ts'
import { definitionOf, type Attribute } from './schema.ts'
import { invalidValue } from './scim-error.ts'

/**
 * A value as it is kept: names as the schema spells them, `"True"` as true, without what is null. Undefined: there is
 * none. What no schema knows is kept as it came. Throws `ScimError` for what is of another type.
 */
export function keptValue(definition: Attribute | null, value: Json): Json | undefined {
  if (value === null) return undefined
  if (definition === null) return value
  if (!definition.multiValued) return single(definition, value)
  const list = (isList(value) ? value : [value]).flatMap((one) => {
    const kept = one === null ? undefined : single(definition, one)
    return kept === undefined ? [] : [kept]
  })
  return list.length === 0 ? undefined : onePrimary(list)
}

function single(definition: Attribute, value: Json): Json | undefined {
  if (definition.type === 'complex') return complex(definition, value)
  if (definition.type === 'boolean') return flag(definition.name, value)
  if (typeof value === 'string') return value
  // A number of staff, or of a house, that came as a number.
  if (typeof value === 'number') return String(value)
  throw invalidValue(`${definition.name} is a text.`)
}

function flag(name: string, value: Json): boolean {
  if (typeof value === 'boolean') return value
  const small = typeof value === 'string' ? value.toLowerCase() : ''
  if (small === 'true' || small === 'false') return small === 'true'
  throw invalidValue(`${name} is true or false.`)
}

/** The value alone is taken too: Entra sends `manager` so, others send lists of e-mails so. */
function complex(definition: Attribute, value: Json): Complex | undefined {
  const subs = definition.subAttributes ?? []
  const given = !isComplex(value) && !isList(value) && definitionOf(subs, 'value') ? { value } : value
  if (!isComplex(given))
    throw invalidValue(`${definition.name} has parts, such as ${subs[0]?.name ?? 'value'}.`)
  const kept = keptValues(given, (name) => definitionOf(subs, name))
  const isNobody = definition.name === 'manager' && (kept['value'] ?? '') === ''
  return isNobody || Object.keys(kept).length === 0 ? undefined : kept
}

export function keptValues(given: Complex, find: (name: string) => Attribute | null): Complex {
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => {
      const definition = find(name)
      const kept = keptValue(definition, value)
      return kept === undefined ? [] : [[definition?.name ?? name, kept]]
    }),
  )
}

/** One element at most is primary: of those that say so, the last of the favoured ones, else the last. */
export function onePrimary(list: readonly Json[], isFavoured: (i: number) => boolean = () => false): Json[] {
  const saying = list.flatMap((one, i) => (isComplex(one) && one['primary'] === true ? [i] : []))
  const kept = saying.findLast(isFavoured) ?? saying.at(-1)
  return list.map((one, i) =>
    saying.includes(i) && i !== kept && isComplex(one) ? { ...one, primary: false } : one,
  )
}
