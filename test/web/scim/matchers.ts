import { isDeepStrictEqual } from 'node:util'

type Named = Readonly<Record<string, unknown>>

const isNamed = (value: unknown): value is Named => typeof value === 'object' && value !== null
const listed = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const idOf = (one: unknown): unknown => (isNamed(one) ? (one['value'] ?? one['id']) : one)
const fits = (one: unknown, where: unknown): boolean =>
  isNamed(where) &&
  Object.entries(where).every(([key, value]) => isNamed(one) && isDeepStrictEqual(one[key], value))

/** Whether an answer is what a case wants: a plain value is compared deeply, `{ $: … }` says what to look for. */
export function isAsWanted(got: unknown, want: unknown): boolean {
  if (!isNamed(want) || !('$' in want)) return isDeepStrictEqual(got, want)
  switch (want['$']) {
    case 'absent':
      return got === undefined || got === null
    case 'empty':
      return (
        got === undefined || got === null || got === '' || (isNamed(got) && Object.keys(got).length === 0)
      )
    case 'present':
      return got !== undefined && got !== null
    case 'int':
      return Number.isInteger(got)
    case 'ids':
      return isDeepStrictEqual(listed(got).map(idOf).sort(), listed(want['of']).flat().map(idOf).sort())
    case 'len':
      return Array.isArray(got) && got.length === want['n']
    case 'ci':
      return typeof got === 'string' && got.toLowerCase() === String(want['value']).toLowerCase()
    case 'oneOf':
      return listed(want['values']).some((one) => isAsWanted(got, one))
    case 'match':
      return typeof got === 'string' && new RegExp(String(want['re'])).test(got)
    case 'lacks':
      return !new RegExp(String(want['re'])).test(typeof got === 'string' ? got : JSON.stringify(got ?? ''))
    case 'not':
      return !isAsWanted(got, want['value'])
    case 'some':
      return listed(got).some((one) => fits(one, want['where']) && fits(one, want['has']))
    case 'count':
      return listed(got).filter((one) => fits(one, want['where'])).length === want['n']
    default:
      throw new Error(`no matcher ${String(want['$'])}`)
  }
}

/** What a JSON pointer names; undefined where there is nothing. */
export const at = (document: unknown, pointer: string): unknown =>
  pointer === ''
    ? document
    : pointer
        .slice(1)
        .split('/')
        .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
        .reduce<unknown>((of, key) => (isNamed(of) ? of[key] : undefined), document)
