import type { PlainTextElement, PlainTextOption } from '@slack/types'
import type { Entitlement } from '../../domain/catalog.ts'
import type { Parts } from '../parts.ts'
import { plain } from '../words/blocks.ts'
import { offerKey } from './offers.ts'
import { optionFor } from './request-fields.ts'

/** What the form suggests while somebody types. */

/** Slack shows no more. */
export const mostOptions = 100

/** Recent ones first, then by resource; all that was typed must occur. */
export function optionsFor(
  offers: readonly Entitlement[],
  typed: string,
  recent: readonly string[],
):
  | { options: PlainTextOption[] }
  | { option_groups: { label: PlainTextElement; options: PlainTextOption[] }[] } {
  const words = typed
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => /[\p{L}\p{N}]/u.test(word))
  const matching = offers.filter(({ id, name, resource }) => {
    const text = `${resource.id} ${id} ${name} ${resource.name}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
  if (matching.length === 0) return { options: [] }
  const rank = (entitlement: Entitlement) => {
    const at = recent.indexOf(offerKey(entitlement))
    return at === -1 ? recent.length : at
  }
  const sorted = matching.sort((a, b) => rank(a) - rank(b) || a.resource.name.localeCompare(b.resource.name))
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
