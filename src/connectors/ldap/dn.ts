/*
 * Names of entries, read as RFC 4514 writes them. Two writings of one name are told to be one where the case, the spacing,
 * the escapes, the order within a part or the long name of an attribute differ. Whether somebody is a member is never
 * decided here: that the server compares.
 */

interface Named {
  readonly type: string
  /** Without escapes, folded as `caseIgnoreMatch` compares. */
  readonly value: string
}

/** The parts of a name, the entry's own first; most have one value. */
export type Dn = readonly (readonly Named[])[]

const mostLength = 2_000
const part =
  /\s*([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)\s*=((?:\\[0-9A-Fa-f]{2}|\\[ "#+,;<=>\\]|[^"+,;<>\\\0])*)([,+]|$)/y
const escapes = /((?:\\[0-9A-Fa-f]{2})+)|\\(.)/g
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Other names of the attributes that entries are called by. Source: RFC 4519. */
const otherNames = new Map<string, string>([
  ...['commonname', '2.5.4.3'].map((name) => [name, 'cn'] as const),
  ...['organizationalunitname', '2.5.4.11'].map((name) => [name, 'ou'] as const),
  ...['organizationname', '2.5.4.10'].map((name) => [name, 'o'] as const),
  ...['localityname', '2.5.4.7'].map((name) => [name, 'l'] as const),
  ...['stateorprovincename', '2.5.4.8'].map((name) => [name, 'st'] as const),
  ...['streetaddress', '2.5.4.9'].map((name) => [name, 'street'] as const),
  ...['countryname', '2.5.4.6'].map((name) => [name, 'c'] as const),
  ...['userid', '0.9.2342.19200300.100.1.1'].map((name) => [name, 'uid'] as const),
  ...['domaincomponent', '0.9.2342.19200300.100.1.25'].map((name) => [name, 'dc'] as const),
])

/** The name that a text writes; null where it writes none. Values in hexadecimal (`cn=#04…`) and in quotes are not read. */
export function dnOf(text: string): Dn | null {
  if (text.length > mostLength) return null
  const dn: Named[][] = [[]]
  for (let from = 0; ;) {
    part.lastIndex = from
    const [all, type, written, end] = part.exec(text) ?? []
    if (all === undefined || type === undefined || written === undefined) return null
    const value = valueOf(written.trimStart())
    if (value === null) return null
    dn.at(-1)?.push({ type: typeOf(type), value })
    if (end === '') return dn.map((rdn) => [...rdn].sort((one, other) => (one.type < other.type ? -1 : 1)))
    if (end === ',') dn.push([])
    from += all.length
  }
}

/** One writing for all that mean the same. */
export function writtenDn(dn: Dn): string {
  return dn
    .map((rdn) => rdn.map(({ type, value }) => `${type}=${value.replace(/[",+;<>\\=#]/g, '\\$&')}`).join('+'))
    .join(',')
}

export function isSameDn(one: string, other: string): boolean {
  const [first, second] = [dnOf(one), dnOf(other)]
  return first !== null && second !== null && writtenDn(first) === writtenDn(second)
}

/** Whether an entry lies below another, or is it. */
export function isWithin(dn: Dn, base: Dn): boolean {
  return base.length <= dn.length && writtenDn(dn.slice(dn.length - base.length)) === writtenDn(base)
}

/** Whether the entry itself is called so. */
export function isCalled(dn: Dn, attribute: string, value: string): boolean {
  return (dn[0] ?? []).some((named) => named.type === typeOf(attribute) && named.value === folded(value))
}

function typeOf(type: string): string {
  const small = type.toLowerCase()
  return otherNames.get(small) ?? small
}

function valueOf(written: string): string | null {
  if (written.startsWith('#')) return null
  try {
    const text = written.replace(escapes, (_all, bytes: string | undefined, character: string) =>
      bytes === undefined ? character : utf8.decode(Buffer.from(bytes.replaceAll('\\', ''), 'hex')),
    )
    return folded(text) || null
  } catch {
    return null
  }
}

/** How servers compare what ignores case. Source: RFC 4518. */
function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim()
}
