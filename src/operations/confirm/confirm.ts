import type { Method } from '../../domain/confirmation.ts'
import type { Grant } from '../../domain/grant.ts'
import { refTo, type PersonFacts, type PersonRef } from '../../domain/person.ts'
import { isProof, type NoProof, type Proof, type ProofAsked } from '../../domain/ports/confirming.ts'
import type { Confirmable, ConfirmTicket } from '../../domain/ports/tickets.ts'
import { isRefusal, refuse, type Refusal } from '../../domain/refusal.ts'
import { allDone } from '../../domain/writes.ts'
import { isOutdated, newRules, withOneCatalog, type World } from '../world.ts'
import { mayGoUnconfirmed } from '../break-glass.ts'
import { actOf } from './acts.ts'
import { markOf, onceDone, onceGiven, outcomeOf, type Made } from './outcome.ts'

/*
 * Confirming who one is, for one thing: a ticket names it in full, whoever holds the link opens the page, and what they
 * prove there does it. Looking changes nothing. Confirmed twice, by a second click or another replica, it is done once.
 */

/** How long a link to the page is good. */
export const confirmMs = 5 * 60_000

export interface ToConfirm {
  readonly ticket: string
  /** The act, in full. */
  readonly shown: string
  /** By which of the ways that count this person can confirm; empty: they have none yet. */
  readonly ways: readonly Method[]
  /** Nothing that they could confirm with answers, and the catalog lets them go on all the same. */
  readonly mayGoWithout: boolean
}

/** A ticket to confirm this. Nothing is given or promised by it. */
export async function askToConfirm(
  world: World,
  { by, what }: { by: PersonRef; what: Confirmable },
): Promise<ToConfirm | Refusal> {
  const one = withOneCatalog(world)
  const facts = await world.directory.facts(by)
  if (facts === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who you are'] })
  const act = await actOf(one, facts, what)
  if (isRefusal(act)) return act
  const ways = await world.confirming.waysOf(facts.person, act.proof.methods)
  // As they are known now: by whose e-mail an account elsewhere is theirs is not to be of before.
  const ticket = await world.tickets.make(
    { act: 'confirm', by: refTo(facts.person), what: act.what, terms: act.terms },
    confirmMs,
  )
  const mayGoWithout = what.kind === 'break-glass' && (await mayGoUnconfirmed(one, refTo(facts.person), what))
  return { ticket, shown: act.shown, ways, mayGoWithout }
}

export interface OnPage {
  readonly shown: string
  readonly by: PersonRef
  readonly ways: readonly Method[]
  /** For a passkey's browser; null where that is no way for them. */
  readonly passkey: object | null
}

/** What came of it, of which kind. */
export interface Done {
  readonly done: Made
  readonly by: PersonRef
  readonly what: Confirmable
}

/** What stands on the page: the act and the ways; or what came of it already. */
export async function lookAtConfirmation(world: World, token: string): Promise<OnPage | Done | Refusal> {
  const found = await ticketOf(world, token)
  if (isRefusal(found)) return found
  const done = await outcomeOf(world, found, token)
  if (done !== null) return { done: await onceGiven(world, done), by: found.by, what: found.what }
  const act = await actFor(world, found)
  if (isRefusal(act)) return act
  const ways = await world.confirming.waysOf(found.by, act.proof.methods)
  const asked = askedOf(token, found.terms)
  const passkey = ways.includes('passkey') ? await world.confirming.passkeyOptions(found.by, asked) : null
  return { shown: act.shown, by: found.by, ways, passkey }
}

/** What is shown as proof: what the page sent, or with what the browser came back from elsewhere. */
export type Shown =
  | { readonly method: 'totp'; readonly typed: string }
  | { readonly method: 'passkey'; readonly body: string }
  | { readonly method: 'oidc'; readonly query: string; readonly browser: string }

/**
 * Proves and does it: both, or to be done again. What was proven is noted by itself meanwhile, as it counts for a while, and
 * once more with what is done, in one write; the call to the system comes after. A wrong answer is counted against the ticket.
 */
export async function confirm(
  world: World,
  { token, proof: shown }: { token: string; proof: Shown },
): Promise<Grant | Refusal> {
  const found = await ticketOf(world, token)
  if (isRefusal(found)) return found
  const one = withOneCatalog(world)
  const [done, before] = await Promise.all([outcomeOf(world, found, token), actFor(one, found)])
  if (done !== null) return done[0]
  if (isRefusal(before)) return before
  if (!before.proof.methods.includes(shown.method))
    return refuse('not-confirmed', { reasons: ['this way does not count here'] })
  const proof = await prove(world, found, { token, shown, maxAgeMs: before.proof.maxAgeMs })
  if (!isProof(proof)) {
    const meanwhile = proof.isUsed ? await onceDone(world, found, token) : null
    if (meanwhile !== null) return meanwhile[0]
    return notProven(world, token, proof)
  }
  const noting = world.proofs.note(found.by.id, { ...proof, shown: before.shown, ticket: markOf(token) })
  const [made] = await allDone([perform(world, one, { found, token, proof, noting }), noting])
  return made
}

/** What was proven does it, by the rules and facts of now. */
async function perform(
  world: World,
  one: World,
  {
    found,
    token,
    proof,
    noting,
  }: { found: ConfirmTicket; token: string; proof: Proof; noting: Promise<void> },
): Promise<Grant | Refusal> {
  // Proving took its time: who they are, and what they may have, is asked once more. Of what is given by it that is asked
  // anew right before giving, and waited for: of hundreds at nine Slack does not tell twice in a minute.
  const [act, still, counts] = await Promise.all([
    actFor(one, found, { isFresh: found.what.kind !== 'open-session' }),
    // Meanwhile they said, perhaps, that they did not ask for this, or a way of theirs was removed.
    ticketOf(world, token),
    world.proofs.isTheirs(found.by.id, proof),
    // A rule that asks when they confirmed finds this one too.
    one.catalog().asksWhenConfirmed ? noting : null,
  ])
  // Another replica, or a second press, did it meanwhile: then it is done, and not refused.
  if (isRefusal(act)) return (await outcomeOf(world, found, token))?.[0] ?? act
  if (isRefusal(still)) return still
  if (!counts) return refuse('not-confirmed', { reasons: ['what you confirmed with was removed just now'] })
  // Last of all, with nothing waited for before it is done.
  if (isOutdated(world, one)) return newRules(null)
  const made = await act.perform(world, { ...proof, shown: act.shown, ticket: markOf(token) })
  // By another replica, or a second press, it was done in this very moment.
  if (isRefusal(made)) return (await outcomeOf(world, found, token))?.[0] ?? made
  world.log.info('somebody confirmed who they are', {
    by: found.by.id,
    method: proof.method,
    what: found.what.kind,
    grantId: made.id,
  })
  return made
}

/** Whoever opened it did not ask for it: the link is good no more, and the admins hear of it; false where it was not good. */
export async function notMe(world: World, token: string): Promise<boolean> {
  const found = await world.tickets.use(token)
  if (found?.act !== 'confirm') return false
  world.log.warn('somebody says that they did not ask to confirm this', {
    by: found.by.id,
    what: found.what.kind,
  })
  world.confirming.notMe(found.by, found.what.kind)
  return true
}

/** A wrong answer is counted against the ticket. */
export async function notProven(
  { tickets }: Pick<World, 'tickets'>,
  token: string,
  { no, isWrong, isOurs, isNobodys }: NoProof,
): Promise<Refusal> {
  if (isNobodys) return refuse('not-signed-in', { reasons: [no] })
  if (isOurs) return refuse('cannot-confirm', { reasons: [no] })
  const left = isWrong ? await tickets.miss(token) : 1
  return left === 0 ? refuse('bad-ticket') : refuse('not-confirmed', { reasons: [no] })
}

/** By the browser that pressed, once: whoever followed a link that was sent on did not see what they confirm here. */
export async function signedIn(
  { confirming, tickets }: Pick<World, 'confirming' | 'tickets'>,
  by: PersonRef,
  { token, browser, query, maxAgeMs }: { token: string; browser: string; query: string; maxAgeMs: number },
): Promise<Proof | NoProof> {
  const attempt = await tickets.comeBack(token)
  const no = 'this sign-in was begun in another browser, or is used'
  // Loaded twice: what the first one came back with is being looked at.
  if (attempt === null) return { no, isWrong: false, isUsed: true }
  if (attempt.browser !== markOf(browser)) return { no, isWrong: true }
  return confirming.bySignIn(by, { query, attempt, maxAgeMs })
}

async function prove(
  { confirming, tickets }: World,
  { by, terms }: ConfirmTicket,
  { token, shown, maxAgeMs }: { token: string; shown: Shown; maxAgeMs: number },
): Promise<Proof | NoProof> {
  switch (shown.method) {
    case 'totp':
      return confirming.byCode(by, shown.typed)
    case 'passkey':
      return confirming.byPasskey(by, askedOf(token, terms), shown.body)
    case 'oidc':
      return signedIn({ confirming, tickets }, by, { token, maxAgeMs, ...shown })
  }
}

export async function ticketOf({ tickets }: World, token: string): Promise<ConfirmTicket | Refusal> {
  const found = await tickets.look(token)
  return found?.act === 'confirm' ? found : refuse('bad-ticket')
}

/** By the rules and facts of now, and only as it was shown. */
export async function actFor(world: World, { by, what, terms }: ConfirmTicket, { isFresh = false } = {}) {
  const { directory } = world
  const facts: PersonFacts | 'unknown' = await (isFresh ? directory.freshFacts(by) : directory.facts(by))
  if (facts === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who you are'] })
  const act = await actOf(world, facts, what)
  if (isRefusal(act)) return act
  return act.terms === terms ? act : refuse('terms-changed')
}

const askedOf = (token: string, digest: string): ProofAsked => ({ ticket: token, digest })
