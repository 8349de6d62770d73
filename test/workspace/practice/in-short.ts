import { z } from 'zod'

const patch = z.object({
  Operations: z.array(
    z.object({ op: z.string(), path: z.string().optional(), value: z.unknown().optional() }),
  ),
})
const named = z.union([
  z.object({ userName: z.string() }).transform(({ userName }) => userName),
  z.object({ displayName: z.string() }).transform(({ displayName }) => displayName),
])
const attributes = z.record(z.string(), z.union([z.string(), z.boolean(), z.number()]))
const members = z.array(z.object({ display: z.string() }))

/** What a SCIM request says, in a few words: whom or what it names, or what it changes. */
export function inShort(body: unknown): string {
  const changes = patch.safeParse(body)
  if (changes.success)
    return changes.data.Operations.map(({ op, path = '', value }) => {
      const words = valueInShort(value)
      return op === 'replace' && path === ''
        ? words
        : [op, path, words].filter((word) => word !== '').join(' ')
    }).join(', ')
  return named.safeParse(body).data ?? ''
}

function valueInShort(value: unknown): string {
  const listed = members.safeParse(value)
  if (listed.success) return listed.data.map(({ display }) => display).join(', ')
  const set = attributes.safeParse(value)
  return set.success
    ? Object.entries(set.data)
        .map(([key, one]) => `${key}: ${String(one)}`)
        .join(', ')
    : ''
}
