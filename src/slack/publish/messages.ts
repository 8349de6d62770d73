import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../../domain/ports/log.ts'
import {
  placeOf,
  TakenSince,
  type Surface,
  type SurfaceKey,
  type SurfaceStore,
} from '../../domain/ports/surfaces.ts'
import type { Message } from '../words/blocks.ts'
import { boundedMap } from '../../bounded-map.ts'
import type { Outbox, Sent } from './outbox.ts'
import type { Picture } from './picture.ts'

/** Longer than drawing and a send with its timeout; after a crash the row is free again this much later. */
const rowLeaseMs = 16_000
/**
 * What took longer to lease and draw is leased anew before it is sent, as another may have it by then. Slack may be asked
 * several things one after the other for it, and answer none of them.
 */
const mostDrawingMs = 5_500
/** As long as the message is leased: nobody else sends it meanwhile. */
const saveAgainAfterMs: readonly number[] = [200, 1_000, 3_000]
/** Another has it just now. */
const takenMs = 1_000
const mostLater = 5_000

/** A message that is to show what was seen; it may turn out not to be worth sending any more when its turn has come. */
export interface Sending {
  readonly picture: Omit<Picture, 'draw'> & { draw(): Promise<Message | null> }
  readonly requestId: string
  /** As it was seen to stand there. */
  readonly row: Surface | undefined
}

export interface Queued {
  /** Its turn has come: what it shows is drawn, or sent. */
  readonly isBegun: boolean
  readonly isDone: boolean
  /** How long to wait before trying again, 0 when done; and whether it was sent. Rejects where that could not be noted. */
  readonly sent: Promise<Became>
}

export interface Became {
  readonly waitMs: number
  readonly isSent: boolean
}

/**
 * Sends messages by the outbox, each leased meanwhile so that no other replica sends it too, and notes what stands there.
 * A message waits once: whoever asks for it while it does only says how it is seen by now, and how urgent it is.
 */
export class Messages {
  readonly #outbox: Outbox
  readonly #surfaces: SurfaceStore
  readonly #log: Log
  readonly #elapsedMs: () => number
  readonly #saveAgainMs: readonly number[]
  /** By where each stands, or is to be posted. */
  readonly #waiting = new Map<string, Waiting>()
  /** By key what was to be noted of messages, and could not be: what is noted of them is not what stands there. */
  readonly #unsaved = new Map<string, Partial<Surface>>()
  /** By key: until when what did not come through is left alone. */
  readonly #notBeforeMs = boundedMap<number>(mostLater)

  constructor({
    outbox,
    surfaces,
    log,
    elapsedMs,
    saveAgainMs = saveAgainAfterMs,
  }: {
    outbox: Outbox
    surfaces: SurfaceStore
    log: Log
    /** By a clock that nobody sets. */
    elapsedMs: () => number
    saveAgainMs?: readonly number[] | undefined
  }) {
    this.#outbox = outbox
    this.#surfaces = surfaces
    this.#log = log
    this.#elapsedMs = elapsedMs
    this.#saveAgainMs = saveAgainMs
  }

  /**
   * It is sent when its turn comes, as it was seen by whoever asked for it last; not at all where it did not come through
   * and is to be tried again later.
   */
  queue(sending: Sending): Queued {
    const id = idOf(sending)
    const queued = this.#waiting.get(id)
    if (queued === undefined) {
      const untilMs = this.leftAloneUntilMs(sending.picture.key)
      return untilMs === null ? this.#begin(id, sending) : leftAlone(untilMs - this.#elapsedMs())
    }
    if (!queued.isBegun) {
      queued.sending = sending
      this.#outbox.raise(id, sending.picture.lane)
    }
    return queued
  }

  /** Until when this message is left alone, as it did not come through; null: it is not. */
  leftAloneUntilMs(key: string): number | null {
    const untilMs = this.#notBeforeMs.get(key) ?? -Infinity
    return untilMs > this.#elapsedMs() ? untilMs : null
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    await Promise.allSettled([...this.#waiting.values()].map(({ sent }) => sent))
  }

  /** What is to be sent of it is not what stands there. A failure is tried again once there is something new to show. */
  async isStale(picture: Picture, row: Surface | undefined): Promise<boolean> {
    const unsaved = this.#unsaved.get(picture.key)
    const isPosted = isShown(row)
    if (unsaved !== undefined && (isPosted || typeof unsaved.ts === 'string' || picture.isWanted)) return true
    if (!isPosted && !picture.isWanted) return false
    if (!isPosted && (row?.failure ?? null) === null) return true
    return row?.shows !== markOf(await picture.draw())
  }

  #begin(id: string, sending: Sending): Queued {
    const waiting: Waiting = { sending, isBegun: false, isDone: false, sent: notBegun }
    this.#waiting.set(id, waiting)
    waiting.sent = this.#sendOnce(id, waiting)
    return waiting
  }

  async #sendOnce(id: string, waiting: Waiting): Promise<Became> {
    try {
      const became = await this.#send(id, waiting)
      const { key } = waiting.sending.picture
      if (became.waitMs > 0) this.#notBeforeMs.set(key, this.#elapsedMs() + became.waitMs)
      else this.#notBeforeMs.delete(key)
      return became
    } finally {
      waiting.isDone = true
      this.#waiting.delete(id)
    }
  }

  /** Its row is leased when its turn has come, so that waiting keeps nobody else from it. */
  async #send(id: string, waiting: Waiting): Promise<Became> {
    const { picture: first, requestId, row: seenFirst } = waiting.sending
    const { key, lane } = first
    const turn: Turn = {
      row: null,
      leasedBy: '',
      shows: null,
      unsaved: null,
      isOther: false,
      beside: [],
    }
    const draw = async (): Promise<Message | null> => {
      waiting.isBegun = true
      const { picture, row: seen } = waiting.sending
      // The lease runs since before its answer comes.
      const sinceMs = this.#elapsedMs()
      const leased = await this.#surfaces.lease({ key, requestId }, rowLeaseMs)
      turn.row = leased.row
      turn.leasedBy = leased.leasedBy
      turn.beside = leased.shown.surfaces
      // Another replica sent it meanwhile: what is stale is to be looked at anew.
      turn.isOther = turn.row?.ts !== (seen?.ts ?? null) || turn.row.shows !== (seen?.shows ?? null)
      if (turn.row === null || turn.isOther) return null
      // Posted already, which could not be noted: that comes first.
      const unsaved = this.#unsaved.get(key)
      if (turn.row.ts === null && typeof unsaved?.ts === 'string') {
        turn.unsaved = unsaved
        return null
      }
      const message = await picture.draw()
      if (this.#elapsedMs() - sinceMs > mostDrawingMs && !(await this.#isOursStill({ key, requestId }, turn)))
        return null
      turn.shows = message && markOf(message)
      return message
    }
    const at = placeOf(seenFirst)
    const became = at
      ? await this.#outbox.update(lane, at, draw, { id })
      : await this.#outbox.post(lane, first.to, draw, { id })
    const { row, leasedBy, unsaved, shows } = turn
    const isThreadGone = at === null && became?.outcome === 'message-gone'
    if (isThreadGone) this.#missing(turn.beside, first.to)
    const sent = isThreadGone ? threadGone : became
    if (row === null) return { waitMs: takenMs, isSent: false }
    const needsLook = waiting.sending.picture.needsLook ?? false
    const { now, waitMs } = unsaved
      ? { now: unsaved, waitMs: 0 }
      : turn.isOther
        ? { now: {}, waitMs: 0 }
        : this.#became(row, sent, { shows, needsLook })
    const mayHaveChanged = (sent !== null && sent.outcome !== 'stopped') || unsaved !== null
    const isPutRight = mayHaveChanged && sent?.outcome !== 'later'
    const isNoted = await this.#save(row, now, { leasedBy, mayHaveChanged, isPutRight })
    return { waitMs, isSent: isNoted && sent?.outcome === 'sent' }
  }

  /** For long enough to be sent. */
  async #isOursStill(of: SurfaceKey, turn: Turn): Promise<boolean> {
    const sinceMs = this.#elapsedMs()
    const { row } = await this.#surfaces.lease(of, rowLeaseMs, turn.leasedBy)
    turn.isOther = row === null || this.#elapsedMs() - sinceMs > mostDrawingMs
    return !turn.isOther
  }

  /** What somebody was to be answered under is not there, says Slack: whether that is so shows when it is edited. */
  #missing(beside: readonly Surface[], { channel, threadTs }: Picture['to']): void {
    const anchor = beside.find((one) => one.channel === channel && one.ts === threadTs)
    if (anchor !== undefined) this.#unsaved.set(anchor.key, {})
  }

  /** What was sent and not noted would be sent twice, or never again: an outage of a moment is waited out. */
  async #save(row: Surface, now: Partial<Surface>, by: Saving): Promise<boolean> {
    for (const waitMs of this.#saveAgainMs) {
      try {
        return await this.#saveOnce(row, now, by)
      } catch (error) {
        if (by.mayHaveChanged) this.#unsaved.set(row.key, now)
        this.#log.warn('could not note what was sent, trying again', { key: row.key, inMs: waitMs, error })
        await sleep(waitMs, undefined, { ref: false })
      }
    }
    return this.#saveOnce(row, now, by)
  }

  /** False: another took the message since, and what stands there now is not known: it is sent anew. */
  async #saveOnce(row: Surface, now: Partial<Surface>, by: Saving): Promise<boolean> {
    try {
      await this.#surfaces.save(row, now, by.leasedBy)
      if (by.isPutRight) this.#unsaved.delete(row.key)
      return true
    } catch (error) {
      if (!(error instanceof TakenSince)) throw error
      if (by.mayHaveChanged) this.#unsaved.set(row.key, {})
      return false
    }
  }

  /** What is to be noted of what became of a message, and how long to wait before it is tried again. */
  #became(
    row: Surface,
    sent: Sent | null,
    now: Pick<Surface, 'shows' | 'needsLook'>,
  ): { now: Partial<Surface>; waitMs: number } {
    if (sent === null) return { now: { needsLook: now.needsLook }, waitMs: 0 }
    switch (sent.outcome) {
      case 'sent': {
        const { channel, ts } = sent
        return { now: { ...now, channel, ts, failure: null, tries: 0 }, waitMs: 0 }
      }
      case 'stopped':
        return { now: {}, waitMs: 0 }
      case 'message-gone':
        this.#log.info('a message is gone, posting it again if it still matters', { key: row.key })
        return { now: { channel: null, ts: null, shows: null }, waitMs: 0 }
      case 'unreachable':
        this.#log.warn('a message cannot be shown there', { key: row.key, why: sent.why })
        return { now: { ...now, failure: sent.why, tries: row.tries + 1 }, waitMs: 0 }
      case 'later': {
        // Slack may have made it all the same, unless it said "not so fast": what stands there is not known.
        const shows = now.shows !== null && sent.why !== 'ratelimited' ? null : row.shows
        const tries = row.tries + 1
        if (row.tries > 2) this.#log.warn('a message has to wait', { key: row.key, why: sent.why, tries })
        return {
          now: { tries, shows },
          waitMs: Math.min(60_000, sent.inMs * 2 ** Math.min(row.tries, 6)),
        }
      }
    }
  }
}

interface Waiting extends Queued {
  sending: Sending
  isBegun: boolean
  isDone: boolean
  sent: Promise<Became>
}

interface Saving {
  readonly leasedBy: string
  /** What stands there may be other than it was noted. */
  readonly mayHaveChanged: boolean
  /** What was to be noted of it before is, or stands there no more. */
  readonly isPutRight: boolean
}

interface Turn {
  row: Surface | null
  leasedBy: string
  shows: string | null
  /** What was sent in an earlier turn, and is to be noted first. */
  unsaved: Partial<Surface> | null
  /** It is not as it was seen any more: whatever is to be noted of it is of before. */
  isOther: boolean
  /** All messages of its request, as they stood when it was leased. */
  beside: readonly Surface[]
}

const threadGone: Sent = { outcome: 'later', why: 'what it belongs to is gone', inMs: 10_000 }

const leftAlone = (waitMs: number): Queued => ({
  isBegun: true,
  isDone: true,
  sent: Promise.resolve({ waitMs, isSent: false }),
})

const notBegun: Promise<Became> = Promise.resolve({ waitMs: 0, isSent: false })

/** One message, at the one place where it stands or is to be posted. */
const idOf = ({ picture: { key, to }, row }: Sending): string =>
  JSON.stringify([key, ...(row?.ts ? [row.ts] : [to.channel, to.threadTs])])

const isShown = (row: Surface | undefined): boolean => row?.ts !== null && row?.ts !== undefined

export const markOf = (message: Message): string =>
  createHash('sha256').update(JSON.stringify(message)).digest('base64url').slice(0, 16)
