import type { PlainTextElement, PlainTextOption } from '@slack/types'
import { everyEntitlement, perCatalog, type Entitlement } from '../../domain/catalog.ts'
import type { Parts } from '../parts.ts'
import { plain } from '../words/blocks.ts'
import { withKey, type Offers } from './offers.ts'
import { optionFor } from './request-fields.ts'

/** What the form suggests while somebody types. */

/** Slack shows no more. */
export const mostOptions = 100

/** By resource, each with all in which what is typed may occur. */
const searchable = perCatalog((catalog): ReadonlyMap<Entitlement, string> => {
  const { compare } = new Intl.Collator()
  const all = [...everyEntitlement(catalog)].sort((a, b) => compare(a.resource.name, b.resource.name))
  return new Map(
    all.map((entitlement) => {
      const { id, name, resource } = entitlement
      return [entitlement, `${resource.id} ${id} ${name} ${resource.name}`.toLowerCase()]
    }),
  )
})

/** Recent ones first, then by resource; all that was typed must occur. */
export function optionsFor(
  { catalog, includes }: Offers,
  typed: string,
  recent: readonly string[],
):
  | { options: PlainTextOption[] }
  | { option_groups: { label: PlainTextElement; options: PlainTextOption[] }[] } {
  const words = typed
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => /[\p{L}\p{N}]/u.test(word))
  const matching = new Set<Entitlement>()
  for (const [entitlement, text] of searchable(catalog))
    if (words.every((word) => text.includes(word)) && includes(entitlement)) matching.add(entitlement)
  if (matching.size === 0) return { options: [] }
  const lately = recent
    .map((key) => withKey(catalog, key))
    .filter((one): one is Entitlement => one !== null && matching.has(one))
  const sorted = [...new Set([...lately, ...matching])]
  if (sorted.length <= mostOptions) return { options: sorted.map(optionFor) }
  const label = plain(`${mostOptions} of ${sorted.length}, keep typing`, 75)
  return { option_groups: [{ label, options: sorted.slice(0, mostOptions).map(optionFor) }] }
}

/** What they asked for lately, the newest first. */
export async function recentKeys({ world, log }: Parts, personId: string): Promise<string[]> {
  try {
    const latest = await world.grants.latestRowsOf(personId, 10)
    return [...new Set(latest.map(({ resource, entitlement }) => `${resource}/${entitlement}`))]
  } catch (error) {
    log.warn('could not read recent requests', { error })
    return []
  }
}
