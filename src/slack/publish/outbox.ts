import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, type WebClient } from '@slack/web-api'
import { boundedMap } from '../../bounded-map.ts'
import { partOfThis } from '../../under-way.ts'
import PQueue from 'p-queue'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SurfaceStore } from '../../domain/ports/surfaces.ts'
import type { Message } from '../words/blocks.ts'
import { escapeText } from '../words/mrkdwn.ts'
import { FairQueue } from './fair-queue.ts'

/** Smaller goes first. */
export const lanes = {
  alert: 0,
  newCard: 1,
  decision: 2,
  active: 3,
  warning: 4,
  ended: 5,
  cleanUp: 6,
} as const
export type Lane = keyof typeof lanes

export type Sent =
  | { outcome: 'sent'; channel: string; ts: string }
  /** What was to be edited or answered is not there any more. */
  | { outcome: 'message-gone' }
  /** It cannot be shown there at all. */
  | { outcome: 'unreachable'; why: string }
  | { outcome: 'later'; why: string; inMs: number }
  /** It was drawn, and then this process stopped: whoever looks next sends it. */
  | { outcome: 'stopped' }

const messageGone = new Set([
  'message_not_found',
  'cant_update_message',
  'thread_not_found',
  'edit_window_closed',
])
/** Known to mean that nothing can be shown there as things are; anything else may pass and is tried again. */
const unreachable = new Set([
  'channel_not_found',
  'is_archived',
  'not_in_channel',
  'restricted_action',
  'restricted_action_read_only_channel',
  'restricted_action_thread_only_channel',
  'restricted_action_non_threadable_channel',
  'restricted_action_thread_locked',
  'cannot_reply_to_message',
  'channel_type_not_supported',
  'is_inactive',
  'team_access_not_granted',
  'ekm_access_denied',
  'access_denied',
  'user_disabled',
  'user_not_found',
  'user_not_visible',
  'cannot_dm_bot',
  'messages_tab_disabled',
  'invalid_blocks',
  'invalid_arguments',
  'msg_too_long',
  'msg_blocks_too_long',
  'no_text',
])

const idleRefreshMs = 2_000
/** In all channels together; no more than its client makes at once: no message is leased while it waits in there. */
const mostAtOnce = 10

/**
 * Slack's published limits: 50 updates a minute, of which the burst is a part, as one more stops all of them for up to a
 * minute; a message a second in a channel, with a small burst.
 */
const slackLimits: { readonly update: Limits; readonly post: Limits } = {
  update: { burst: 8, perMinute: 40, shared: 8 },
  post: { burst: 3, perMinute: 60 },
}
const noLimits: typeof slackLimits = {
  update: { burst: 1, perMinute: Infinity },
  post: { burst: 1, perMinute: Infinity },
}

/**
 * Sends messages one lane after the other, no faster than Slack allows all replicas together, and stands still while Slack
 * asks for it (a pause that replicas share). Never throws: says what became of it.
 */
export class Outbox {
  readonly #client: WebClient
  readonly #surfaces: SurfaceStore
  readonly #calls = new PQueue({ concurrency: mostAtOnce })
  /** A line for each channel: a busy one keeps no other waiting. */
  readonly #posts = new Map<string, Line>()
  readonly #updates: Line
  /** Where that waits which was given a name. */
  readonly #waiting = new Map<string, Line>()
  readonly #buckets = boundedMap<Bucket>(5_000)
  readonly #pausedUntilMs = new Map<string, number>()
  #refreshedAtMs = -Infinity
  #isClosed = false
  readonly #limits: typeof slackLimits

  /** Paced as Slack wants it, unless what is measured is the work and not the waiting. */
  constructor({
    client,
    surfaces,
    isPaced = true,
  }: {
    client: WebClient
    surfaces: SurfaceStore
    isPaced?: boolean
  }) {
    this.#client = client
    this.#surfaces = surfaces
    this.#limits = isPaced ? slackLimits : noLimits
    this.#updates = this.#line('chat.update', 'update', this.#limits.update)
  }

  /**
   * `draw` is called when its turn has come, so that what is sent is true then; null: not worth sending any more. `id` is
   * a name to raise it by while it waits, which nothing else has meanwhile.
   */
  async post(
    lane: Lane,
    to: { channel: string; threadTs?: string },
    draw: () => Promise<Message | null>,
    { id }: { id?: string } = {},
  ): Promise<Sent | null> {
    const send = () =>
      this.#send('chat.postMessage', draw, async (message) => {
        const posted = await this.#client.chat.postMessage({
          channel: to.channel,
          ...(to.threadTs ? { thread_ts: to.threadTs } : {}),
          ...message,
          ...asWritten,
        })
        return { outcome: 'sent', channel: posted.channel ?? to.channel, ts: posted.ts ?? '' }
      })
    return this.#add(this.#postsTo(to.channel), { lane, id, send })
  }

  async update(
    lane: Lane,
    at: { channel: string; ts: string },
    draw: () => Promise<Message | null>,
    { id }: { id?: string } = {},
  ): Promise<Sent | null> {
    const send = () =>
      this.#send('chat.update', draw, async (message) => {
        await this.#client.chat.update({ ...at, ...message, parse: 'none' })
        return { outcome: 'sent', ...at }
      })
    return this.#add(this.#updates, { lane, id, send })
  }

  /** What waits by this name goes with this lane, if it was in one that goes later. */
  raise(id: string, lane: Lane): void {
    this.#waiting.get(id)?.waiting.setPriority(id, -lanes[lane])
  }

  /** Begins to send nothing more. */
  close(): void {
    this.#isClosed = true
  }

  /** Learns what pauses other replicas were asked for: each time while it has something to send, else now and then. */
  async refreshPauses(): Promise<void> {
    const isIdle = this.#posts.size === 0 && isAllSent(this.#updates)
    if (isIdle && performance.now() - this.#refreshedAtMs < idleRefreshMs) return
    this.#refreshedAtMs = performance.now()
    for (const [method, leftMs] of await this.#surfaces.pauses()) {
      this.#pausedUntilMs.set(method, performance.now() + leftMs)
    }
  }

  /** Whose turn it is shows only when a turn comes: what matters more by then goes first. */
  #add(
    line: Line,
    { lane, id, send }: { lane: Lane; id: string | undefined; send: () => Promise<Sent | null> },
  ): Promise<Sent | null> {
    return new Promise((resolve, reject) => {
      const begin = async () => {
        if (id !== undefined) this.#waiting.delete(id)
        await this.#calls.add(
          partOfThis(async () => {
            if (this.#isClosed) resolve(null)
            else await send().then(resolve, reject)
          }),
          { priority: -lanes[lane] },
        )
      }
      if (id !== undefined) this.#waiting.set(id, line)
      line.waiting.enqueue(partOfThis(begin), { priority: -lanes[lane], ...(id === undefined ? {} : { id }) })
      void line.turns.add(async () => {
        await line.sending.onSizeLessThan(1)
        await this.#turn(line)
        void line.sending.add(async () => line.waiting.dequeue()?.())
      })
    })
  }

  /** Waits until one more may be sent: a turn that was taken before a pause is over after it, and another is taken. */
  async #turn(line: Line): Promise<void> {
    const { method, name, limits } = line
    const of = { burst: limits.shared ?? 1, everyMs: 60_000 / limits.perMinute }
    do {
      for (let pauseMs = this.#pausedMs(method); pauseMs > 0; pauseMs = this.#pausedMs(method))
        await sleep(pauseMs, undefined, { ref: false })
      const ownMs = this.#bucket(name, limits).take()
      // Channels are many, and seldom as busy as that: others are asked about only where this one is.
      line.isShared ||= ownMs > 0
      const sharedMs = line.isShared ? await this.#surfaces.turn(name, of).catch(() => 0) : 0
      const waitMs = Math.max(ownMs, sharedMs)
      if (waitMs > 0) await sleep(waitMs, undefined, { ref: false })
    } while (this.#pausedMs(method) > 0)
  }

  #pausedMs(method: string): number {
    return (this.#pausedUntilMs.get(method) ?? 0) - performance.now()
  }

  async #send(
    method: string,
    draw: () => Promise<Message | null>,
    call: (message: Message) => Promise<Sent>,
  ): Promise<Sent | null> {
    try {
      const message = await draw()
      // Whoever stops does not wait for as long as drawing may take.
      if (this.#isClosed) return { outcome: 'stopped' }
      // The words around the blocks hold names: nothing in them mentions anybody.
      return message && (await call({ ...message, text: escapeText(message.text) }))
    } catch (error) {
      return this.#whatBecame(method, error)
    }
  }

  async #whatBecame(method: string, error: unknown): Promise<Sent> {
    if (error instanceof WebAPIRateLimitedError) {
      const forMs = error.retryAfter * 1_000
      this.#pausedUntilMs.set(method, performance.now() + forMs)
      await this.#surfaces.pause(method, forMs).catch(() => undefined)
      return { outcome: 'later', why: 'ratelimited', inMs: forMs }
    }
    if (error instanceof WebAPIPlatformError) {
      const why = error.data.error
      if (messageGone.has(why)) return { outcome: 'message-gone' }
      return unreachable.has(why) ? { outcome: 'unreachable', why } : { outcome: 'later', why, inMs: 10_000 }
    }
    if (error instanceof WebAPIHTTPError)
      return { outcome: 'later', why: `HTTP ${error.statusCode}`, inMs: 1_000 }
    return { outcome: 'later', why: error instanceof Error ? error.message : String(error), inMs: 1_000 }
  }

  #postsTo(channel: string): Line {
    let line = this.#posts.get(channel)
    if (!line) {
      line = this.#line('chat.postMessage', channel, this.#limits.post)
      const made = line
      line.sending.on('idle', () => {
        if (isAllSent(made)) this.#posts.delete(channel)
      })
      this.#posts.set(channel, line)
    }
    return line
  }

  #line(method: string, name: string, limits: Limits): Line {
    const waiting = new FairQueue({ turnsOfOldest: Infinity })
    const [turns, sending] = [new PQueue({ concurrency: 1 }), new PQueue({ concurrency: 2 })]
    return { method, name, limits, waiting, turns, sending, isShared: limits.shared !== undefined }
  }

  #bucket(name: string, { burst, perMinute }: Limits): Bucket {
    let bucket = this.#buckets.get(name)
    if (!bucket) {
      bucket = new Bucket(burst, perMinute)
      this.#buckets.set(name, bucket)
    }
    return bucket
  }
}

interface Limits {
  readonly burst: number
  readonly perMinute: number
  /** As many may be sent at once by all replicas together; where it is not said, each may burst. */
  readonly shared?: number
}

interface Line {
  readonly method: string
  /** All replicas keep to one pace in what is named so. */
  readonly name: string
  readonly limits: Limits
  /** What is to be sent, the most urgent first. */
  readonly waiting: FairQueue
  /** A turn for each of them. */
  readonly turns: PQueue
  /** Those of which the turn has come. */
  readonly sending: PQueue
  /** Its turns are taken among those of all replicas. */
  isShared: boolean
}

const isAllSent = ({ turns, sending }: Line): boolean =>
  turns.size + turns.pending + sending.size + sending.pending === 0

/** Names, links and mentions stay exactly as we wrote them; nothing is unfolded. */
const asWritten = { parse: 'none', unfurl_links: false, unfurl_media: false } as const

/** A token bucket: a burst, then an even pace. */
class Bucket {
  readonly #burst: number
  readonly #everyMs: number
  #fullAtMs = 0

  constructor(burst: number, perMinute: number) {
    this.#burst = burst
    this.#everyMs = 60_000 / perMinute
  }

  /** How long to wait until it may be used, in ms. */
  take(): number {
    const now = performance.now()
    this.#fullAtMs = Math.max(this.#fullAtMs, now) + this.#everyMs
    return Math.max(0, this.#fullAtMs - now - this.#burst * this.#everyMs)
  }
}
