import type { Button } from '@slack/types'
import type { PersonRef } from '../../domain/person.ts'
import { isRefusal, type Refusal } from '../../domain/refusal.ts'
import { askToEnrol } from '../../operations/confirm/enrol.ts'
import type { Parts } from '../parts.ts'
import { button } from '../words/blocks.ts'

/** Slack tells of each press of it, and there is nothing to do: the link does it. */
export const enrolLinkId = 'confirm_enrol'

/** A link of their own to the page on which ways are added and removed, called so. */
export async function enrolLink(
  { world, publicUrl }: Pick<Parts, 'world' | 'publicUrl'>,
  by: PersonRef,
  label: string,
): Promise<Button | Refusal> {
  const asked = await askToEnrol(world, by)
  if (isRefusal(asked)) return asked
  return {
    ...button(enrolLinkId, label, 'add', label),
    url: `${publicUrl ?? ''}/confirm/enrol/${asked.ticket}`,
  }
}
