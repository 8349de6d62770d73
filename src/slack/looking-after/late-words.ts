import { triesWords } from '../../domain/debt.ts'
import type { Grant } from '../../domain/grant.ts'
import { markOf } from '../publish/messages.ts'
import { section, type Message } from '../words/blocks.ts'
import { clockTime, plainWords, wholeLines } from '../words/mrkdwn.ts'
import { mayAppear } from '../words/status.ts'
import { named } from '../words/who.ts'

/** So many are named; the others are counted. */
export const mostListed = 15

/** What is late at one place. */
export interface Late {
  readonly resource: string
  readonly count: number
  /** Those that are named. */
  readonly grants: readonly Grant[]
  /** Of those that are not named, how many cannot be read. */
  readonly unreadable: number
}

export function lateMessage({ resource, count, grants, unreadable }: Late): Message {
  const title = `:warning: *${plainWords(resource, 60)}*: ${count} late`
  const last = unreadable === 0 ? '' : `\n• ${unreadable} that this version of Curfew cannot read`
  const words = wholeLines(title, grants.map(lateLine), {
    most: 3_000 - last.length,
    of: count - unreadable,
  })
  return { text: `${resource}: ${count} late`, blocks: [section(words + last)] }
}

function lateLine(grant: Grant): string {
  const what = `${named(grant.subject)}, ${plainWords(grant.entitlement.name, 60)}`
  const error = 'lastError' in grant ? grant.lastError : null
  const last = error === null ? '' : `; last: ${plainWords(error, 150)}`
  if (grant.status !== 'revoking') return `• not given yet: ${what}${last}`
  const due = `due ${clockTime(grant.takeAt)}`
  return grant.mayAppearUntil === null
    ? `• *STILL HELD* ${what}: ${due}, ${triesWords(grant.tries)}${last}`
    : `• *not certain yet* ${what}: ${due}. ${mayAppear(grant.mayAppearUntil)}`
}

export const settledMessage: Message = {
  text: 'Settled: nothing is late here any more',
  blocks: [section('Settled: nothing is late here any more. Each card says how it ended.')],
}

export const settledMark = markOf(settledMessage)

export const saidAgain: Message = {
  text: 'Still late; said again below',
  blocks: [section('Still late; said again below.')],
}
