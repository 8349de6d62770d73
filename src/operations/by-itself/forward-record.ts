import { isLink, noLink, type ChainEnd, type Link, type Unreadable } from '../../domain/audit/chain.ts'
import { atStart, backTo, movedTo, type Position } from '../../domain/audit/position.ts'
import type { ChainStore } from '../../domain/ports/audit.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { Kept, PositionStore, Receiver, WentBack } from '../../domain/ports/forwarding.ts'
import type { Log } from '../../domain/ports/log.ts'
import { beginningOf, type Signer } from '../chain-base.ts'

const mostAtOnce = 200
/** Less than the lock of the job: whoever forwards ends before another believes that it died. */
const longestRunMs = 20_000
const firstPauseMs = 1_000
const longestPauseMs = 60_000

export interface ForwardParts {
  readonly chain: Pick<ChainStore, 'after' | 'end' | 'base'>
  /** Who may have said that it begins later than with its first. */
  readonly signers: readonly Signer[]
  readonly positions: PositionStore
  readonly receiver: Receiver
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly log: Log
  /** Says it to the admins. */
  readonly tell: (words: string) => void
}

export interface ForwardTo {
  /** By which its position is known: the same for the same place, and no secret. */
  readonly place: string
  /** As the log calls it. */
  readonly name: string
  /** The number of the first entry that a place gets which got none yet; `end`: what comes from then on. Null: what the place before it has not, or all. */
  readonly from: number | 'end' | null
}

export interface Forwarding {
  /** Sends what the receiver does not have, for some seconds at most. Rejects only for what is no fault of the receiver's. */
  run(): Promise<void>
  /** The number of the last entry that the receiver has, or begins after. */
  reached(): Promise<number>
  /** How many entries the receiver does not have. */
  lag(): Promise<number>
  /** Begins nothing new; resolves when what is under way has ended. */
  stop(): Promise<void>
}

/**
 * Sends each link of the chain to a receiver, at least once and in order. The position moves only after the receiver has
 * what comes before it, so whoever goes on, after whatever crash, sends some of it again and leaves nothing out. Two at
 * once send the same twice: no link goes out before all before it were received, whoever sent them.
 */
export function forwarding(parts: ForwardParts, to: ForwardTo): Forwarding {
  const { clock, log } = parts
  let failing: { readonly sinceMs: number; readonly pauseMs: number; readonly notBeforeMs: number } | null =
    null
  /** The version of the position of which it was said that the chain does not go on from it. */
  let saidOf: number | null = null
  let isStopping = false
  let isTakenUp = false
  let running: Promise<void> | null = null

  async function run(): Promise<void> {
    if (failing !== null && clock.monotonicMs() < failing.notBeforeMs) return
    const untilMs = clock.monotonicMs() + longestRunMs
    let kept: Kept | null = isTakenUp ? await parts.positions.at(to.place) : null
    kept ??= await begun(parts, to)
    isTakenUp = true
    while (kept !== null && !isStopping && clock.monotonicMs() < untilMs) {
      const next = await nextOf(parts.chain, kept.position)
      if (next === null) return
      if (next.kind === 'back') sayBack(next.word, kept.revision)
      const told = next.kind === 'back' ? [next.word] : next.those
      try {
        await parts.receiver.take(told)
      } catch (error) {
        failed(error)
        return
      }
      received()
      if (next.kind === 'on') await sayWrong(kept.position, next.those)
      // Null: another process forwards too, and is further on.
      kept = await parts.positions.move(to.place, kept, next.position)
    }
  }

  function failed(error: unknown): void {
    const nowMs = clock.monotonicMs()
    if (failing === null)
      log.warn('the record cannot be forwarded: it is tried until it can', { place: to.name, error })
    else log.debug('the record cannot be forwarded still', { place: to.name, error })
    const pauseMs = failing === null ? firstPauseMs : Math.min(failing.pauseMs * 2, longestPauseMs)
    failing = { sinceMs: failing?.sinceMs ?? nowMs, pauseMs, notBeforeMs: nowMs + pauseMs }
  }

  function received(): void {
    if (failing === null) return
    log.info('the record is forwarded again', {
      place: to.name,
      afterMs: Math.round(clock.monotonicMs() - failing.sinceMs),
    })
    failing = null
  }

  function sayBack({ had, from }: WentBack, revision: number): void {
    if (saidOf === revision) return
    saidOf = revision
    log.error('the record does not go on from what was forwarded: it was cut, restored, or written anew', {
      place: to.name,
      forwarded: had.number,
      sentAgainAfter: from,
    })
    parts.tell(
      `The record of all that happens does not go on from entry ${had.number}, which was forwarded: entries were cut off or the database was restored from a backup. What comes after entry ${from} is forwarded again. \`curfew audit verify\` with the checkpoints says what is missing.`,
    )
  }

  async function sayWrong({ number }: Position, those: readonly (Link | Unreadable)[]): Promise<void> {
    const strange = those.filter((one) => !isLink(one)).map(({ number }) => number)
    if (strange.length > 0)
      log.error('the record holds what is no entry', {
        numbers: strange.slice(0, 20),
        count: strange.length,
      })
    // Where nothing was sent yet, the beginning may have been let go of by the rule.
    const before = number === 0 ? (await beginningOf(parts.chain, parts.signers)).after.number : number
    const missing = firstMissing(before, those)
    if (missing !== null) log.error('entries are missing in the record, and were not forwarded', missing)
  }

  async function reached(): Promise<number> {
    const kept = await parts.positions.at(to.place)
    return (kept?.position ?? (await firstOf(parts, to))).number
  }

  return {
    run: () =>
      (running ??= run().finally(() => {
        running = null
      })),
    reached,
    lag: async () => {
      const [end, number] = await Promise.all([parts.chain.end(), reached()])
      return Math.max(0, end.number - number)
    },
    stop: async () => {
      isStopping = true
      await running?.catch(() => undefined)
    },
  }
}

async function begun(parts: ForwardParts, to: ForwardTo): Promise<Kept> {
  const kept = await parts.positions.at(to.place)
  if (kept !== null) {
    await parts.positions.takeUp(to.place)
    return kept
  }
  const first = await firstOf(parts, to)
  const begins = await parts.positions.begin(to.place, first)
  parts.log.info('the record is forwarded to a place that got nothing of it yet', {
    place: to.name,
    after: begins.position.number,
  })
  return begins
}

/** Where a place begins to which nothing was sent yet. */
export async function firstOf(
  { chain, positions }: Pick<ForwardParts, 'chain' | 'positions'>,
  { from }: Pick<ForwardTo, 'from'>,
): Promise<Position> {
  if (from === null) return (await positions.latest()) ?? atStart
  const end = await chain.end()
  if (from === 'end' || from > end.number) return movedTo(end, atStart)
  const number = from - 1
  return movedTo({ number, mark: (await markAt(chain, number)) ?? '' }, atStart)
}

type Next =
  | { readonly kind: 'on'; readonly those: readonly (Link | Unreadable)[]; readonly position: Position }
  | { readonly kind: 'back'; readonly word: WentBack; readonly position: Position }

/** What a receiver gets next that has all up to there; null: there is nothing new. */
async function nextOf(chain: ForwardParts['chain'], position: Position): Promise<Next | null> {
  const { number, mark } = position
  // Read together with what comes next: it cannot be another chain's.
  const found = await chain.after(Math.max(0, number - 1), mostAtOnce + 1)
  const here = found.find((one) => one.number === number)
  const isCut = here === undefined && number > 0 && (await chain.end()).number < number
  if (isCut || (here !== undefined && markOf(here) !== mark)) return back(chain, position)
  let page = found.filter((one) => one.number > number)
  if (page.length === 0 && found.length > mostAtOnce) page = [...(await chain.after(number, mostAtOnce))]
  for (;;) {
    // What has no number to count on stands in nobody's place: it is told of with the link after it.
    const last = page.findLast((one) => Number.isSafeInteger(one.number))
    if (last !== undefined) {
      const those = page.slice(0, page.indexOf(last) + 1)
      return { kind: 'on', those, position: movedTo({ number: last.number, mark: markOf(last) }, position) }
    }
    const strange = page.at(-1)
    if (strange === undefined || page.length < mostAtOnce) return null
    page = [...(await chain.after(strange.number, mostAtOnce))]
  }
}

/** From the last place where it was that stands still. */
async function back(chain: ForwardParts['chain'], position: Position): Promise<Next> {
  let foot: ChainEnd = noLink
  for (const one of position.trail) {
    if ((await markAt(chain, one.number)) !== one.mark) continue
    foot = one
    break
  }
  const had = { number: position.number, mark: position.mark }
  return {
    kind: 'back',
    word: { kind: 'went-back', had, from: foot.number },
    position: backTo(foot, position),
  }
}

const markOf = (one: Link | Unreadable): string => (isLink(one) ? one.mark : '')

/** Null: nothing stands there. */
async function markAt(chain: Pick<ChainStore, 'after'>, number: number): Promise<string | null> {
  if (number === 0) return noLink.mark
  const [found] = await chain.after(number - 1, 1)
  return found?.number === number ? markOf(found) : null
}

function firstMissing(
  before: number,
  those: readonly (Link | Unreadable)[],
): { readonly from: number; readonly to: number } | null {
  let last = before
  for (const { number } of those) {
    if (!Number.isSafeInteger(number)) continue
    if (number > last + 1) return { from: last + 1, to: number - 1 }
    last = number
  }
  return null
}
