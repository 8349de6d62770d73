import type { PersonFacts } from '../../domain/person.ts'
import type { Confirmable } from '../../domain/ports/tickets.ts'
import type { Refusal } from '../../domain/refusal.ts'
import type { World } from '../world.ts'
import { approve, giveMoreTime } from './answer-acts.ts'
import { askFor, askForMore, takeInEmergency } from './ask-acts.ts'
import type { Doable } from './doable.ts'
import { openSession, renewSession } from './session-acts.ts'

/**
 * What people confirm who they are for: what it would do, in full, and doing it. Asked before the link is made, when the
 * page is opened, and once more when they have confirmed: each time by the rules of that moment, of one catalog,
 * `world`'s.
 */
export async function actOf(world: World, facts: PersonFacts, what: Confirmable): Promise<Doable | Refusal> {
  switch (what.kind) {
    case 'open-session':
      return openSession(world, facts, what)
    case 'renew-session':
      return renewSession(world, facts, what)
    case 'approve':
      return approve(world, facts, what)
    case 'more-time':
      return giveMoreTime(world, facts, what)
    case 'extend':
      return askForMore(world, facts, what)
    case 'ask':
      return askFor(world, facts, what)
    case 'break-glass':
      return takeInEmergency(world, facts, what)
  }
}
