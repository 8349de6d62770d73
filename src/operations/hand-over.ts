import type { Shown } from '../domain/connector.ts'
import type { Active, Grant } from '../domain/grant.ts'
import { isSamePerson, type PersonRef } from '../domain/person.ts'
import { isRefusal, refuse, type Refusal } from '../domain/refusal.ts'
import { handOver } from './by-itself/hold-protocol.ts'
import type { World } from './world.ts'

/*
 * What giving makes for its holder (a password, a certificate, a configuration) is made when they ask to see it, and
 * shown once. Asking again makes another, and ends the one before. It is in no message, log or document.
 */

/** Nobody needs more; each makes a grant's history longer. */
const mostShown = 100

/** How long a link to the page is good. */
export const ticketMs = 5 * 60_000

/** Makes it, for its holder alone. Nothing of it is kept here; the history says that it was shown. */
export async function showSecret(
  world: World,
  {
    grantId,
    by,
    on,
    brought,
  }: { grantId: string; by: PersonRef; on: 'modal' | 'page'; brought: string | null },
): Promise<Refusal | { shown: readonly Shown[] }> {
  const grant = showableTo(await world.grants.get(grantId), by)
  if (isRefusal(grant)) return grant
  const reason = whyNot(world, grant, on)
  if (reason !== null) return refuse('not-made', { grant, reasons: [reason] })
  return handOver(world, grant, { by, on, brought })
}

function whyNot({ catalog }: World, { system, history }: Active, on: 'modal' | 'page'): string | null {
  if (on === 'modal' && catalog().systems.get(system)?.handOver === 'page')
    return 'it is shown on a page now; press the button again'
  const times = history.filter(({ type }) => type === 'shown').length
  return times < mostShown ? null : `it was shown ${times} times already; ask for access anew`
}

/** A ticket for the page that shows it, for its holder alone: what Slack must not see is shown there. */
export async function ticketToShow(
  world: World,
  { grantId, by }: { grantId: string; by: PersonRef },
): Promise<Refusal | { ticket: string }> {
  const grant = showableTo(await world.grants.get(grantId), by)
  if (isRefusal(grant)) return grant
  return { ticket: await world.tickets.make({ act: 'show-secret', grantId, by }, ticketMs) }
}

/** What a ticket would show. Looking uses nothing up. */
export async function lookAtTicket(world: World, ticket: string): Promise<Active | Refusal> {
  const found = await world.tickets.look(ticket)
  if (found?.act !== 'show-secret') return refuse('bad-ticket')
  return showableTo(await world.grants.get(found.grantId), found.by)
}

/** Uses a ticket up, and shows what it is for. Where nothing was made, it is good again. */
export async function showByTicket(
  world: World,
  { ticket, brought }: { ticket: string; brought: string | null },
): Promise<Refusal | { shown: readonly Shown[] }> {
  const seen = await world.tickets.look(ticket)
  const found = seen?.act === 'show-secret' ? await world.tickets.use(ticket) : null
  if (found?.act !== 'show-secret') return refuse('bad-ticket')
  const { grantId, by } = found
  const shown = await showSecret(world, { grantId, by, on: 'page', brought })
  if (isRefusal(shown)) await world.tickets.giveBack(ticket)
  return shown
}

function showableTo(grant: Grant | null, by: PersonRef): Active | Refusal {
  if (grant === null) return refuse('not-found')
  if (!isSamePerson(grant.subject, by)) return refuse('not-yours', { grant })
  if (grant.status !== 'active') return refuse('not-held', { grant })
  return grant.secret === null ? refuse('nothing-to-show', { grant }) : grant
}
