import { createHash } from 'node:crypto'
import type { Grant } from '../../domain/grant.ts'
import type { PersonRef } from '../../domain/person.ts'
import { wordId } from '../../domain/pre-approval.ts'
import type { ConfirmedAnswer, ConfirmTicket } from '../../domain/ports/tickets.ts'
import type { World } from '../world.ts'
import { isLeftToApprove } from './answer-acts.ts'

/** What came of a ticket: found by its mark in what it did, so that doing it twice is doing it once. */

/** Not the ticket itself: whoever reads the database has no link. */
export const markOf = (token: string): string =>
  createHash('sha256').update(`confirmed ${token}`).digest('base64url')

/** What this very ticket did already, whoever asks again; null also where a part of it is left to do. */
export async function outcomeOf(
  world: World,
  { what, by }: ConfirmTicket,
  token: string,
): Promise<Made | null> {
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
      const others = what.answers.filter(({ grantId }) => !isDone(grantId))
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

/** At least one grant. */
export type Made = readonly [Grant, ...Grant[]]

const madeOf = ([first, ...others]: readonly Grant[]): Made | null =>
  first === undefined ? null : [first, ...others]

/** Giving takes a moment, and whoever waits for it is told what there is. */
export async function onceGiven({ grants, clock }: World, made: Made): Promise<Made> {
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
export async function onceDone(world: World, found: ConfirmTicket, token: string): Promise<Made | null> {
  for (let waitedMs = 0; waitedMs < 2_000; waitedMs += 50) {
    const done = await outcomeOf(world, found, token)
    if (done !== null) return done
    await world.clock.sleep(50)
  }
  return null
}
