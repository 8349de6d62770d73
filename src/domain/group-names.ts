import type { PersonFacts } from './person.ts'

/** Without the second name that every SCIM group has. */
export function shortNames({ provisioned }: PersonFacts): string[] {
  const names = [...(provisioned?.groups ?? [])]
  const sources = (provisioned?.users ?? []).map(({ source }) => source)
  return names.filter((name) => {
    const source = sources.find((one) => name.startsWith(`${one}/`))
    return source === undefined || !names.includes(name.slice(source.length + 1))
  })
}
