import { z } from 'zod'
import { check } from '../blocks/check.ts'
import type { Option } from '../blocks/composition.ts'
import { option, optionGroup } from '../blocks/composition.ts'
import type { Control } from '../blocks/controls.ts'
import { type Place, suggestionPayload } from '../delivery/payloads.ts'
import type { Account } from '../state/directory.ts'
import { findControl, heard, placeOf, type Stage, type Where } from './stage.ts'

/** What an app may answer to block_suggestion: at most 100 options, or groups of them, not both. */
const ungrouped = z.strictObject({ options: z.array(option).max(100) })
const grouped = z.strictObject({ option_groups: z.array(optionGroup).max(100) })

/** What a person reads in an external menu after typing. */
export interface Offers {
  outcome: 'offered' | 'operation_timeout' | 'dispatch_failed' | 'refused' | 'too_short'
  options: string[]
  groups: { label: string; options: string[] }[]
}

/** Types into an external menu and reads what it offers. Less than `min_query_length` (3) is not sent. */
export async function searches(
  stage: Stage,
  account: Account,
  label: string,
  query: string,
  where: Where = 'modal',
): Promise<Offers> {
  const place = placeOf(stage, account, where)
  return searchesIn(stage, account, place, findControl(place, label, isExternal), query)
}

/** The same, of a control that is known already. */
export async function searchesIn(
  stage: Stage,
  account: Account,
  place: Place,
  control: Control,
  query: string,
): Promise<Offers> {
  const { element } = control
  const least = 'min_query_length' in element ? (element.min_query_length ?? 3) : 3
  const nothing = { options: [], groups: [] }
  if (query.length < least) return { outcome: 'too_short', ...nothing }
  const answer = await stage.delivery.deliver(
    'interactive',
    suggestionPayload(stage.state, { account, place, control, query }),
  )
  if (answer.outcome !== 'acked') {
    heard(stage, account, answer)
    return { outcome: answer.outcome, ...nothing }
  }
  const { payload } = answer
  const isGrouped = typeof payload === 'object' && payload !== null && 'option_groups' in payload
  const checked = isGrouped ? check(grouped, payload, '') : check(ungrouped, payload, '')
  if (!checked.ok) {
    stage.state.complain({ about: 'block_suggestion', what: 'invalid_options', messages: checked.messages })
    return { outcome: 'refused', ...nothing }
  }
  const groups = 'option_groups' in checked.value ? checked.value.option_groups : []
  const options = 'options' in checked.value ? checked.value.options : groups.flatMap((g) => g.options)
  stage.offered.set(offerKey(account, place, control), options)
  return {
    outcome: 'offered',
    options: options.map((one) => one.text.text),
    groups: groups.map((g) => ({ label: g.label.text, options: g.options.map((one) => one.text.text) })),
  }
}

/** What the menu last offered this person here. */
export function offeredTo(stage: Stage, account: Account, place: Place, control: Control): readonly Option[] {
  return stage.offered.get(offerKey(account, place, control)) ?? []
}

const isExternal = ({ element }: Control) =>
  element.type === 'external_select' || element.type === 'multi_external_select'

const offerKey = (account: Account, place: Place, { blockId, element }: Control) =>
  `${account.id} ${'view' in place ? place.view.id : place.message.ts} ${blockId} ${element.action_id}`
