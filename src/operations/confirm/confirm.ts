import { createHash } from 'node:crypto'
import type { Method } from '../../domain/confirmation.ts'
import type { Grant } from '../../domain/grant.ts'
import { refTo, type PersonFacts, type PersonRef } from '../../domain/person.ts'
import { isProof, type NoProof, type Proof, type ProofAsked } from '../../domain/ports/confirming.ts'
import { wordId } from '../../domain/pre-approval.ts'
import type { Confirmable, ConfirmedAnswer, ConfirmTicket } from '../../domain/ports/tickets.ts'
import { isRefusal, refuse, type Refusal } from '../../domain/refusal.ts'
import { isOutdated, newRules, withOneCatalog, type World } from '../world.ts'
import { mayGoUnconfirmed } from '../break-glass.ts'
import { actOf } from './acts.ts'
import { isLeftToApprove } from './answer-acts.ts'
import { inWords } from './doable.ts'

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
    { act: 'confirm', by: refTo(facts.person), what, terms: act.terms },
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
 * Proves and does it: both, or to be done again. What was proven is noted with what is done, in one write; the call to the
 * system comes after. A wrong answer is counted against the ticket.
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
    const left = proof.isWrong ? await world.tickets.miss(token) : 1
    return left === 0 ? refuse('bad-ticket') : refuse('not-confirmed', { reasons: [proof.no] })
  }
  await world.proofs.note(found.by.id, { ...proof, shown: before.shown, ticket: markOf(token) })
  // Proving took its time: who they are, and what they may have, is asked once more. Of what is given by it that is asked
  // anew right before giving, and waited for: of hundreds at nine Slack does not tell twice in a minute.
  const act = await actFor(one, found, { isFresh: found.what.kind !== 'open-session' })
  if (isRefusal(act)) return act
  // Meanwhile they said, perhaps, that they did not ask for this.
  const still = await ticketOf(world, token)
  if (isRefusal(still)) return still
  if (!(await countsYet(world, found.by, proof)))
    return refuse('not-confirmed', { reasons: ['what you confirmed with was removed just now'] })
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

/** Not where its way was removed since: then it was not noted, or is forgotten. */
async function countsYet({ proofs }: World, { id }: PersonRef, { method, at }: Proof): Promise<boolean> {
  const known = (await proofs.latest([id])).get(id) ?? []
  return known.some((one) => one.method === method && one.at >= at)
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
    case 'oidc': {
      const attempt = await tickets.comeBack(token)
      // A link that was sent on: whoever signed in there did not see what they confirm here.
      const no = 'this sign-in was begun in another browser, or is used'
      // Loaded twice: what the first one came back with is being looked at.
      if (attempt === null) return { no, isWrong: false, isUsed: true }
      if (attempt.browser !== markOf(shown.browser)) return { no, isWrong: true }
      return confirming.bySignIn(by, { query: shown.query, attempt, maxAgeMs })
    }
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

/** What this very ticket did already, whoever asks again; null also where a part of it is left to do. */
async function outcomeOf(world: World, { what, by }: ConfirmTicket, token: string): Promise<Made | null> {
  const { grants } = world
  const mark = markOf(token)
  const isBy = (one: { ticket: string } | null) => one?.ticket === mark
  switch (what.kind) {
    case 'open-session':
      return madeOf(await grants.byRequest(mark))
    case 'break-glass':
      return madeOf(await grants.byRequest(what.requestId))
    case 'ask': {
      const made = await grants.byRequest(what.requestId)
      return made.length < what.wanted.length ? null : madeOf(made)
    }
    case 'renew-session': {
      const grant = await grants.get(what.grantId)
      return grant?.confirmations.some(isBy) ? [grant] : null
    }
    case 'extend': {
      const grant = await grants.get(what.grantId)
      return grant && 'extensions' in grant && grant.extensions.some((one) => isBy(one.confirmation))
        ? [grant]
        : null
    }
    case 'approve': {
      const all = await Promise.all(what.answers.map(({ grantId }) => grants.get(grantId)))
      const isDone = (id: string) => done.some((grant) => grant.id === id)
      const done = all.flatMap((grant) =>
        grant?.reviews.some(({ confirmation }) => isBy(confirmation)) ? grant : [],
      )
      const shown = done[0]?.reviews.find(({ confirmation }) => isBy(confirmation))?.confirmation?.shown ?? ''
      // What the words did not name was not confirmed.
      const isNamed = (id: string) => all.some((grant) => grant?.id === id && shown.includes(inWords(grant)))
      const others = what.answers.filter(({ grantId }) => !isDone(grantId) && isNamed(grantId))
      if (!(await isSaidAhead(world, by, what.answers, mark))) return null
      const isAhead = what.answers.some(({ aheadUntil }) => aheadUntil !== null)
      if (isAhead) return madeOf(all.flatMap((grant) => grant ?? []))
      const isAll = done.length === 0 || others.length === 0 || !(await isLeftToApprove(world, by, others))
      return isAll ? madeOf(done) : null
    }
    case 'more-time': {
      const grant = await grants.get(what.grantId)
      const answers = grant && 'extensions' in grant ? grant.extensions.flatMap((one) => one.approvedBy) : []
      return grant && answers.some(({ confirmation }) => isBy(confirmation)) ? [grant] : null
    }
  }
}

/** What was to be said ahead with the yes is written too. */
async function isSaidAhead(
  { preApprovals }: World,
  by: PersonRef,
  answers: readonly ConfirmedAnswer[],
  mark: string,
): Promise<boolean> {
  const ahead = answers.filter(({ aheadUntil }) => aheadUntil !== null)
  const words = await Promise.all(ahead.map(({ grantId }) => preApprovals.get(wordId(grantId, by, mark))))
  return words.every((word) => word !== null)
}

type Made = readonly [Grant, ...Grant[]]

const madeOf = ([first, ...others]: readonly Grant[]): Made | null =>
  first === undefined ? null : [first, ...others]

/** Giving takes a moment, and whoever waits for it is told what there is. */
async function onceGiven({ grants, clock }: World, made: Made): Promise<Made> {
  const [first, ...others] = made
  let grant = first
  for (let waitMs = 100; grant.status === 'granting' && waitMs <= longestWaitMs; waitMs *= 2) {
    await clock.sleep(waitMs)
    grant = (await grants.get(grant.id)) ?? grant
  }
  return [grant, ...others]
}

/** A second and a half in all, in four looks: of hundreds at nine each waits. */
const longestWaitMs = 800

/** Whoever used it first is about to write what comes of it; null where nothing does. */
async function onceDone(world: World, found: ConfirmTicket, token: string): Promise<Made | null> {
  for (let waitedMs = 0; waitedMs < 2_000; waitedMs += 50) {
    const done = await outcomeOf(world, found, token)
    if (done !== null) return done
    await world.clock.sleep(50)
  }
  return null
}

const askedOf = (token: string, digest: string): ProofAsked => ({ ticket: token, digest })

/** Not the ticket itself: whoever reads the database has no link. */
export const markOf = (token: string): string =>
  createHash('sha256').update(`confirmed ${token}`).digest('base64url')
