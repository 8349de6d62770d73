import { methodsAskedFor } from '../../domain/confirming/asked-for.ts'
import { refTo, type PersonRef } from '../../domain/person.ts'
import type { CodeOffer, NoProof, OwnWay } from '../../domain/ports/confirming.ts'
import type { EnrolTicket } from '../../domain/ports/tickets.ts'
import { isRefusal, refuse, type Refusal } from '../../domain/refusal.ts'
import { mayLookAfter } from '../admins.ts'
import { asAct } from '../as-act.ts'
import { personAct } from '../person-act.ts'
import type { World } from '../world.ts'
import { confirmMs, notProven, signedIn } from './confirm.ts'

/*
 * Adding a way of confirming. Slack alone adds none: whoever wants one signs in at the company's identity provider, or types
 * the one-time code that an admin gave them in person. They are told of each.
 */

/** To take a phone out and scan takes longer than a click. */
const addingMs = 15 * 60_000

/** A ticket for the page on which they show who they are first. */
export async function askToEnrol(world: World, by: PersonRef): Promise<{ ticket: string } | Refusal> {
  const who = await asKnown(world, by)
  if (isRefusal(who)) return who
  return { ticket: await world.tickets.make({ act: 'enrol', by: who, isProven: false }, confirmMs) }
}

export interface EnrolmentPage {
  readonly by: PersonRef
  /** What an authenticator app and a browser need, once they showed who they are; null before that. */
  readonly offers: {
    readonly code: CodeOffer | null
    readonly passkey: object | null
    /** What they have, each of which they may remove. */
    readonly own: readonly OwnWay[]
  } | null
  /** They may sign in to show who they are. */
  readonly signsIn: boolean
}

/** Looking changes nothing. */
export async function lookAtEnrolment(world: World, token: string): Promise<EnrolmentPage | Refusal> {
  const found = await ticketOf(world, token)
  if (isRefusal(found)) return found
  const { by, isProven } = found
  const { confirming } = world
  const signsIn = (await confirming.waysOf(by, ['oidc'])).length > 0
  if (!isProven) return { by, offers: null, signsIn }
  const { enrolling } = confirming
  const own = methodsAskedFor(world.catalog()).filter((method) => method !== 'oidc')
  const counts = (method: Way['method']) => own.length === 0 || own.includes(method)
  const offers = {
    code: counts('totp') ? enrolling.codeOffer(by, token) : null,
    passkey: counts('passkey') ? await enrolling.passkeyOffer(by, token) : null,
    own: await enrolling.ownWays(by),
  }
  return { by, offers, signsIn }
}

export type EnrolmentProof =
  | { readonly method: 'one-time-code'; readonly typed: string }
  | { readonly method: 'oidc'; readonly query: string; readonly browser: string }

/** Shows who they are: with the ticket that comes of it a way is added. */
export async function proveToEnrol(
  world: World,
  { token, proof }: { token: string; proof: EnrolmentProof },
): Promise<{ ticket: string } | Refusal> {
  const found = await ticketOf(world, token)
  if (isRefusal(found)) return found
  const by = await asKnown(world, found.by)
  if (isRefusal(by)) return by
  const answer = await prove(world, by, token, proof)
  if ('no' in answer) return notProven(world, token, answer)
  // Closed meanwhile, as somebody removed all that they have: the code of before opens nothing.
  if ((await world.tickets.use(token)) === null) return refuse('bad-ticket')
  world.log.info('somebody may add a way of confirming', { by: by.id, method: proof.method })
  return { ticket: await world.tickets.make({ act: 'enrol', by, isProven: true }, addingMs) }
}

export type Way =
  | { readonly method: 'totp'; readonly typed: string }
  | { readonly method: 'passkey'; readonly body: string; readonly label: string }

/** Adds it; what was added, in words. The ticket is good for another until its time is up. */
export async function addWay(
  world: World,
  { token, way }: { token: string; way: Way },
): Promise<{ added: string } | Refusal> {
  const by = await provenOf(world, token)
  if (isRefusal(by)) return by
  const { enrolling } = world.confirming
  const add = () =>
    way.method === 'totp'
      ? enrolling.addCode(by, token, way.typed)
      : enrolling.addPasskey(by, { ticket: token, body: way.body, label: way.label })
  const act = personAct('way-added', by, { by, details: { method: way.method } })
  const answer = await asAct(world, act, add, (one) => ('no' in one ? 'refused' : 'done'))
  if ('no' in answer) return refuse('not-confirmed', { reasons: [answer.no] })
  world.log.info('a way of confirming was added', { by: by.id, method: way.method })
  return answer
}

/** Removes one of theirs, for who lost it: they showed who they are in another way. */
export async function removeWay(
  world: World,
  { token, way }: { token: string; way: Pick<OwnWay, 'method' | 'id'> },
): Promise<{ isRemoved: boolean } | Refusal> {
  const by = await provenOf(world, token)
  if (isRefusal(by)) return by
  const act = personAct('way-removed', by, { by, details: { method: way.method } })
  const { enrolling } = world.confirming
  const isRemoved = await asAct(
    world,
    act,
    () => enrolling.remove(by, way),
    (isOut) => (isOut ? 'done' : null),
  )
  if (isRemoved) world.log.info('a way of confirming was removed', { by: by.id, method: way.method })
  return { isRemoved }
}

/** Whoever showed who they are on this page, by the facts of now. */
async function provenOf(world: World, token: string): Promise<PersonRef | Refusal> {
  const found = await ticketOf(world, token)
  if (isRefusal(found)) return found
  if (!found.isProven) return refuse('bad-ticket')
  const by = await asKnown(world, found.by)
  if (isRefusal(by)) return by
  // Asking who they are took its time: the page may have been closed to them.
  const still = await ticketOf(world, token)
  return isRefusal(still) ? still : by
}

async function prove(
  world: World,
  by: PersonRef,
  token: string,
  proof: EnrolmentProof,
): Promise<object | NoProof> {
  const { confirming, catalog } = world
  if (proof.method === 'one-time-code') return confirming.enrolling.byCode(by, proof.typed)
  return signedIn(world, by, { token, maxAgeMs: catalog().proof.maxAgeMs, ...proof })
}

/** By the facts of now. Whoever left, or is perhaps not who they are taken for, adds nothing. */
async function asKnown({ directory }: World, by: PersonRef): Promise<PersonRef | Refusal> {
  const facts = await directory.freshFacts(by)
  if (facts === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who you are'] })
  return mayLookAfter(facts) ? refTo(facts.person) : refuse('not-here')
}

async function ticketOf({ tickets }: World, token: string): Promise<EnrolTicket | Refusal> {
  const found = await tickets.look(token)
  return found?.act === 'enrol' ? found : refuse('bad-ticket')
}
