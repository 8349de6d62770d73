import type { Grant } from '../../domain/grant.ts'
import { isRefusal, refuse, type Refusal } from '../../domain/refusal.ts'
import type { World } from '../world.ts'
import { actFor, confirm } from './confirm.ts'
import { proveToEnrol } from './enrol.ts'
import { markOf } from './outcome.ts'

/*
 * Confirming by a sign-in at the company's identity provider: the browser that pressed goes there and comes back. A link
 * that was sent on confirms nothing, as another browser did not press.
 */

/** Where to send the browser, of which `browser` is a secret that it keeps. */
export async function signIn(
  world: World,
  { token, browser }: { token: string; browser: string },
): Promise<{ url: string } | Refusal> {
  const found = await world.tickets.look(token)
  if (found === null || found.act === 'show-secret') return refuse('bad-ticket')
  const rules = found.act === 'confirm' ? await actFor(world, found) : { proof: world.catalog().proof }
  if (isRefusal(rules)) return rules
  if (found.act === 'confirm' && !rules.proof.methods.includes('oidc'))
    return refuse('not-confirmed', { reasons: ['this way does not count here'] })
  const begun = await world.confirming.signIn(found.by, rules.proof.maxAgeMs)
  if ('no' in begun) return refuse('cannot-confirm', { reasons: [begun.no] })
  await world.tickets.leave(token, { ...begun.attempt, browser: markOf(browser) })
  return { url: begun.url }
}

/** They are back, with this query: what they confirmed is done, or they may add a way of confirming by this ticket. */
export async function comeBack(
  world: World,
  came: { token: string; browser: string; query: string },
): Promise<{ done: Grant } | { enrolBy: string } | Refusal> {
  const { token, ...back } = came
  const found = await world.tickets.look(token)
  const proof = { method: 'oidc' as const, ...back }
  if (found?.act === 'enrol') {
    const proven = await proveToEnrol(world, { token, proof })
    return isRefusal(proven) ? proven : { enrolBy: proven.ticket }
  }
  const done = await confirm(world, { token, proof })
  return isRefusal(done) ? done : { done }
}
