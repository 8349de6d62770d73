import { isComplex, isList, type Complex, type Json } from './json.ts'

/** Which attributes of a resource a request wants, or does not want: RFC 7644, 3.9. */
export interface Wanted {
  readonly only: readonly string[] | null
  readonly without: readonly string[]
}

/** In small letters, and without the address of the core schema. */
export function wantedOf(core: string, attributes: string | undefined, excluded: string | undefined): Wanted {
  const listed = (given: string) =>
    given
      .toLowerCase()
      .split(',')
      .map((one) => one.trim().replace(`${core.toLowerCase()}:`, ''))
      .filter((one) => one !== '')
  return {
    only: attributes === undefined || attributes === '' ? null : listed(attributes),
    without: listed(excluded ?? ''),
  }
}

const always = new Set(['id', 'schemas'])

/** Whether an attribute is to be in the answer at all: what is not need not be read. */
export function wants({ only, without }: Wanted, name: string): boolean {
  const small = name.toLowerCase()
  if (only !== null) return only.some((one) => one === small || one.startsWith(`${small}.`))
  return !without.includes(small)
}

export function shown(resource: Complex, wanted: Wanted): Complex {
  if (wanted.only === null && wanted.without.length === 0) return resource
  return Object.fromEntries(
    Object.entries(resource).flatMap(([name, value]) => {
      const kept = always.has(name) ? value : part(name.toLowerCase(), value, wanted)
      return kept === undefined ? [] : [[name, kept]]
    }),
  )
}

function part(path: string, value: Json, wanted: Wanted): Json | undefined {
  const { only, without } = wanted
  if (without.includes(path)) return undefined
  const isNamed = only === null || only.some((one) => one === path)
  const isBelow = [...(only ?? []), ...without].some(
    (one) => one.startsWith(`${path}.`) || one.startsWith(`${path}:`),
  )
  if (!isBelow) return isNamed ? value : undefined
  const rest = isNamed ? { only: null, without } : wanted
  if (isList(value)) return value.map((one) => (isComplex(one) ? parts(path, one, rest) : one))
  return isComplex(value) ? parts(path, value, rest) : isNamed ? value : undefined
}

/** What is in an extension is named after a colon, what is in an attribute after a dot. */
function parts(path: string, of: Complex, wanted: Wanted): Complex {
  const between = path.startsWith('urn:') && !path.split(':').at(-1)?.includes('.') ? [':', '.'] : ['.']
  return Object.fromEntries(
    Object.entries(of).flatMap(([name, value]) => {
      const found = between
        .map((sign) => part(`${path}${sign}${name.toLowerCase()}`, value, wanted))
        .find((one) => one !== undefined)
      return found === undefined ? [] : [[name, found]]
    }),
  )
}
