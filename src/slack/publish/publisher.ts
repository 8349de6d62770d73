import { isDeepStrictEqual } from 'node:util'
import PQueue from 'p-queue'
import { mayHaveLines, type Grant } from '../../domain/grant.ts'
import { nothingShown, placeOf, type Shown, type Surface } from '../../domain/ports/surfaces.ts'
import type { Message } from '../words/blocks.ts'
import { boundedMap } from '../../bounded-map.ts'
import { OnceMore } from '../../once-more.ts'
import { partOfThis } from '../../under-way.ts'
import { FairQueue } from './fair-queue.ts'
import { Messages, type Became, type Queued } from './messages.ts'
import { Outbox } from './outbox.ts'
import type { Parts } from '../parts.ts'
import type { Alert, Picture, Pictures } from './picture.ts'

const tickMs = 1_000
const unshownATick = 500
/** Where more are not shown: what others show they have shown by then, or wait for Slack with it. */
const passMs = 20_000
const mostPending = 500
/** Of messages of grants only cards are looked at though nothing changed: see `cardKey`. */
const cardsBegin = 'card:'
const looksAtOnce = 4
/** After a look, while giving and taking back wait for places: they need this process, and the database, more. */
const restMs = 150
/** Where they wait for longer, or again and again, it is a system that keeps them. */
const restsForMs = 3_000
const restsAgainMs = 30_000
const mostHeard = 5_000
const mostUnsure = 5_000
const mostFailed = 5_000
/** What cannot be shown, though others can, is tried again ever more seldom, and at last so often. */
const mostFailedMs = 60_000
/** What was looked at so lately is sent as it was seen, unless this process has heard of a change since. */
const lookHoldsMs = 500
/** What is late, and messages that are to be looked at though no grant changed. */
const othersEveryMs = 5_000
/** Where Slack does not say who else is to see something, it is asked again after this. */
const unsureMs = 15_000
/** Lists of approvers change without a word to us: who is asked, and whose yes counts, is looked at as often as they are read. */
const pendingEveryMs = 60_000
/** So many of them a second: hundreds at once would keep waiting whoever clicks at that moment. */
const pendingATick = 20

/**
 * Makes Slack show what is true. Wakes on this process's own writes and every second, looks at grants that are not
 * shown at their newest revision, and posts or edits until they are. Nobody calls it, and nothing waits for it.
 */
export class Publisher {
  readonly #parts: Parts
  readonly #pictures: Pictures
  readonly #outbox: Outbox
  readonly #messages: Messages
  readonly #looks = new PQueue({ concurrency: looksAtOnce, queueClass: FairQueue })
  readonly #showing = new OnceMore<Asked>((id, asked, askedAgain) =>
    this.#parts.world.trace({ type: 'show', grantId: id }, () => this.#showNow(asked, askedAgain)),
  )
  /** Those that it failed to show: how often in a row, though others could be shown in between, and when last. */
  readonly #failed = boundedMap<{ readonly times: number; readonly atMs: number }>(mostFailed)
  #shownAtMs = -Infinity
  #restsSinceMs = -Infinity
  /** Those that could not be shown to the end at this revision, and when they are tried again. */
  readonly #later = new Map<string, { readonly revision: number; readonly atMs: number }>()
  /** At which revision what is being shown was looked at. */
  readonly #lookedAt = new Map<string, number>()
  /** Looks that may find more, though they wait for turns still: from when on another is made. */
  readonly #mayBeLeftMs = new Map<string, number>()
  /** When a line of a request was heard of last. */
  readonly #heardAt = boundedMap<number>(mostHeard)
  /** Looks that ended before all that they found was sent: it is drawn by a look of its own when its turn comes. */
  readonly #left = new WeakSet<Look>()
  /** Who else is to see these is not known: unless they change, they are looked at again then. */
  readonly #unsure = boundedMap<{ readonly revision: number; readonly untilMs: number }>(mostUnsure)
  /** How far it has looked at what is not shown. After a start nothing is waited for: whoever wrote it may be gone. */
  #pass: Pass = { before: new Map(), seen: new Map(), after: '', againMs: -Infinity }
  #timers: NodeJS.Timeout[] = []
  #stopListening: () => void = () => undefined
  #others: Promise<void> | null = null
  #isTicking = false
  #pendingAtMs = -Infinity
  /** What waits for an answer, and is still to be looked at in this minute. */
  #pendingIds: string[] = []
  #isStopped = false

  constructor(
    parts: Parts,
    {
      pictures,
      isPaced = true,
      saveAgainMs,
    }: { pictures: Pictures; isPaced?: boolean; saveAgainMs?: readonly number[] },
  ) {
    this.#parts = parts
    this.#pictures = pictures
    const { clients, surfaces, log } = parts
    this.#outbox = new Outbox({ client: clients.messages, surfaces, isPaced })
    const elapsedMs = () => parts.world.clock.monotonicMs()
    this.#messages = new Messages({ outbox: this.#outbox, surfaces, log, elapsedMs, saveAgainMs })
  }

  start(): void {
    this.#stopListening = this.#parts.world.grants.onChange((grant) => {
      if (grant.unshown) this.#begin(grant)
    })
    this.#timers = [
      setInterval(() => void this.#tick(), tickMs),
      setInterval(() => {
        this.#others ??= this.#showOthers().finally(() => (this.#others = null))
      }, othersEveryMs),
    ]
  }

  /** Takes nothing new; resolves when what is being sent has been, or after the time given. */
  async stop(withinMs = 3_000): Promise<void> {
    this.#isStopped = true
    this.#stopListening()
    for (const timer of this.#timers) clearInterval(timer)
    // What has begun by then has come through, and is noted, when the time is over.
    setTimeout(() => this.#outbox.close(), (withinMs * 2) / 3).unref()
    await Promise.race([
      Promise.all([this.#showing.stop(), this.#others]).then(() => this.#messages.idle()),
      new Promise((resolve) => setTimeout(resolve, withinMs).unref()),
    ])
    this.#outbox.close()
  }

  /** Draws anew what shows this grant, where it has changed. */
  look(grantId: string): void {
    this.#begin({ id: grantId })
  }

  async #tick(): Promise<void> {
    if (this.#isTicking || this.#isStopped) return
    this.#isTicking = true
    const { log } = this.#parts
    try {
      await this.#outbox.refreshPauses()
      for (const one of await this.#leftUnshown())
        if (!this.#isShowing(one) && !this.#isUnsureStill(one) && !this.#isTooSoon(one))
          this.#begin({ id: one.id })
      // Another replica may have noted as shown what an older message of this one has overtaken since.
      for (const [id, { atMs }] of this.#later)
        if (this.#isPast(atMs) && !this.#showing.isRunning(id)) this.#begin({ id })
      for (const [id, atMs] of this.#mayBeLeftMs) if (this.#isPast(atMs)) this.#begin({ id })
      this.#pendingIds.push(...(await this.#pending()))
      for (const id of this.#pendingIds.splice(0, pendingATick)) this.#begin({ id })
    } catch (error) {
      log.warn('the publisher could not look now', { error })
    } finally {
      this.#isTicking = false
    }
  }

  /**
   * What was not shown before either: whoever wrote it shows it, most likely just now, and others look only at what is
   * left. While more wait than are looked at in a tick, which Slack may take minutes for, all have their turn one after
   * the other, and that again only after a while.
   */
  async #leftUnshown(): Promise<readonly Unshown[]> {
    const { grants, clock } = this.#parts.world
    const any = await grants.unshown(unshownATick)
    const nowMs = clock.monotonicMs()
    if (any.length < unshownATick) {
      const { seen } = this.#pass
      this.#pass = { before: seen, seen: revisionsOf(any), after: null, againMs: nowMs + passMs }
      return any.filter(isIn(seen))
    }
    if (this.#pass.after === null) {
      if (nowMs < this.#pass.againMs) return []
      this.#pass = { before: this.#pass.seen, seen: new Map(), after: '', againMs: nowMs + passMs }
    }
    const pass = this.#pass
    const some = await grants.unshown(unshownATick, pass.after ?? '')
    for (const { id, revision } of some) pass.seen.set(id, revision)
    pass.after = some.length < unshownATick ? null : (some.at(-1)?.id ?? null)
    return some.filter(isIn(pass.before))
  }

  /**
   * One that is being shown looks again by itself, unless what it waits for is a turn: then whatever another process has
   * written since is looked at beside.
   */
  #isShowing({ id, revision }: Unshown): boolean {
    return this.#showing.isRunning(id) && (this.#lookedAt.get(id) ?? revision) >= revision
  }

  #isUnsureStill({ id, revision }: Unshown): boolean {
    const unsure = this.#unsure.get(id)
    return unsure?.revision === revision && this.#parts.world.clock.monotonicMs() < unsure.untilMs
  }

  /** Once a minute, all that waits for an answer, more time too; else none. */
  async #pending(): Promise<string[]> {
    const { world, records } = this.#parts
    const { clock, grants } = world
    if (clock.monotonicMs() - this.#pendingAtMs < pendingEveryMs) return []
    const atMs = clock.monotonicMs()
    const [pending, more] = await Promise.all([
      grants.pending(mostPending),
      records.askingForMore(mostPending),
    ])
    this.#pendingAtMs = atMs
    const left = new Set(this.#pendingIds)
    return [...pending, ...more].map(({ id }) => id).filter((id) => !left.has(id))
  }

  async #showOthers(): Promise<void> {
    const { surfaces, world, log } = this.#parts
    try {
      for (const row of await surfaces.needingLook(200, cardsBegin)) {
        for (const grant of await world.grants.byRequest(row.requestId)) this.#begin(grant)
      }
    } catch (error) {
      log.warn('could not look at cards that need it now', { error })
    }
    try {
      for (const picture of await this.#pictures.alerts()) await this.#showAlert(picture)
    } catch (error) {
      log.warn('could not look at what is late now', { error })
    }
  }

  /** Never rejects: one that cannot be shown, or waits for its turn, keeps no other. */
  async #showAlert(picture: Alert): Promise<void> {
    const { key, requestId, row } = picture
    const failed = (error: unknown) => this.#parts.log.warn('could not show an alert now', { key, error })
    try {
      const isSettling = row !== undefined && row.needsLook !== picture.needsLook
      const isStale = await this.#messages.isStale(picture, row)
      if (this.#isStopped || !(isSettling || isStale)) return
      // Where it says so already, it is noted alone.
      const draw = isStale ? this.#drawAlert(picture) : () => Promise.resolve(null)
      const sending = { picture: { ...picture, draw }, requestId, row }
      this.#messages.queue(sending).sent.catch(failed)
    } catch (error) {
      failed(error)
    }
  }

  /** Where it has waited for its turn, it is posted only if it is wanted by then. */
  #drawAlert(picture: Alert): () => Promise<Message | null> {
    const { clock } = this.#parts.world
    const seenAtMs = clock.monotonicMs()
    return async () => {
      if (placeOf(picture.row) !== null) return picture.draw()
      if (!picture.isWanted) return null
      if (clock.monotonicMs() - seenAtMs < lookHoldsMs) return picture.draw()
      const now = (await this.#pictures.alerts()).find(({ key }) => key === picture.key)
      return now?.isWanted === true && isDeepStrictEqual(now.to, picture.to) ? now.draw() : null
    }
  }

  /** By the grant itself its lines are read at once; its id alone is enough. */
  #begin(asked: Grant | { readonly id: string }): void {
    const isWhole = 'requestId' in asked
    if (isWhole) this.#failed.delete(asked.id)
    if (this.#isStopped) return
    if (isWhole) this.#heardAt.set(asked.requestId, this.#parts.world.clock.monotonicMs())
    const wanted = {
      id: asked.id,
      requestId: isWhole && mayHaveLines(asked) ? asked.requestId : null,
      seen: isWhole ? { grant: asked, atMs: this.#parts.world.clock.monotonicMs() } : null,
    }
    // A look at it that waits already will see this: it is as urgent now.
    if (this.#showing.isRunning(asked.id)) this.#looks.setPriority(asked.id, urgencyOf(wanted))
    void this.#showing.ask(asked.id, wanted)
  }

  /** As it was heard of last. */
  #urgencyOf(asked: Asked): number {
    const next = this.#showing.next(asked.id)
    return Math.max(urgencyOf(asked), next === null ? 0 : urgencyOf(next.asked))
  }

  /** Never rejects. */
  async #showNow(asked: Asked, askedAgain: Promise<void>): Promise<void> {
    const { id } = asked
    try {
      const againAtMs = await this.#show(asked, askedAgain)
      if (againAtMs === null) return
      this.#failed.delete(id)
      this.#shownAtMs = this.#parts.world.clock.monotonicMs()
      if (againAtMs > 0) this.#tryLater(asked, againAtMs)
      else this.#later.delete(id)
    } catch (error) {
      const atMs = this.#parts.world.clock.monotonicMs()
      const before = this.#failed.get(id)
      // While nothing can be shown, it is not this one that cannot.
      const times = before === undefined ? 0 : before.times + (this.#shownAtMs > before.atMs ? 1 : 0)
      this.#failed.set(id, { times, atMs })
      this.#tryLater(asked, atMs + Math.min(mostFailedMs, tickMs * 2 ** Math.min(times, 10)))
      this.#parts.log.warn('could not show a grant now', { grantId: id, error })
    } finally {
      this.#lookedAt.delete(id)
    }
  }

  #heardAtMs({ requestId }: Grant): number {
    return this.#heardAt.get(requestId) ?? -Infinity
  }

  #tryLater({ id, seen }: Asked, atMs: number): void {
    this.#later.set(id, { revision: this.#lookedAt.get(id) ?? seen?.grant.revision ?? Infinity, atMs })
  }

  /** What it has become since may well be shown: messages that are left alone are so each for itself. */
  #isTooSoon({ id, revision }: Unshown): boolean {
    const later = this.#later.get(id)
    return later !== undefined && !this.#isPast(later.atMs) && revision <= later.revision
  }

  /** No look begins for a moment: the most urgent is the next. */
  #rest(): void {
    const nowMs = this.#parts.world.clock.monotonicMs()
    if (nowMs - this.#restsSinceMs > restsAgainMs) this.#restsSinceMs = nowMs
    if (this.#looks.isPaused || nowMs - this.#restsSinceMs > restsForMs) return
    this.#looks.pause()
    setTimeout(() => this.#looks.start(), restMs)
  }

  #inATick(): number {
    return this.#parts.world.clock.monotonicMs() + tickMs
  }

  #isPast(atMs: number): boolean {
    return atMs <= this.#parts.world.clock.monotonicMs()
  }

  /**
   * Sends what is missing or stale until nothing is but what is left alone for a while; notes that this revision is shown
   * where nothing is. Returns when to look again, 0 for never, or null where it was asked for again while something of it
   * waited for its turn: the look that follows sees to all.
   * A window is shown once the card of its series tells of it too, which is as urgent then. `ofAnother`: how urgent what
   * waits for this is.
   */
  async #show(asked: Asked, askedAgain: Promise<void>, ofAnother = 0): Promise<number | null> {
    const { world } = this.#parts
    for (let rounds = 0; rounds < 5; rounds++) {
      // Giving and taking back come first.
      this.#looks.concurrency = world.queues.isBehind ? 1 : looksAtOnce
      const look = await this.#looks.add(
        partOfThis(async () => {
          try {
            return await this.#look(rounds === 0 ? asked : { ...asked, seen: null })
          } finally {
            // Before the queue begins the next.
            if (world.queues.isBehind) this.#rest()
          }
        }),
        { id: asked.id, priority: Math.max(ofAnother, this.#urgencyOf(asked)) },
      )
      if (look === null) return 0
      if (this.#showing.isRunning(asked.id)) this.#lookedAt.set(asked.id, look.grant.revision)
      const sent = await this.#sendStale(look, askedAgain)
      if (sent === null) return null
      // Nothing of it came through: there is nothing to look at anew.
      if (sent.laterAtMs !== null && look.againAtMs === null && look.grant.window === null)
        return sent.laterAtMs
      if (await this.#isOvertaken(look)) continue
      if (this.#isStopped) return 0
      if (!sent.isSettled) continue
      // Not noted as shown: the next change, or the next tick, looks again.
      if (look.isWaiting) return 0
      const shown = await this.#unchanged(look)
      if (shown === null) continue
      // Another may just be posting what nobody needs any more: it can be called off only once it is noted.
      if (shown.isBeingSent) return this.#inATick()
      if (!look.isWhole) {
        this.#unsure.set(asked.id, {
          revision: look.grant.revision,
          untilMs: world.clock.monotonicMs() + unsureMs,
        })
        return 0
      }
      this.#unsure.delete(asked.id)
      const { window } = look.grant
      const seriesAtMs =
        window === null
          ? 0
          : await this.#show(
              { id: window.seriesId, requestId: null, seen: null },
              askedAgain,
              Math.max(ofAnother, this.#urgencyOf(asked)),
            )
      if (seriesAtMs === null) return null
      const againAtMs = Math.min(look.againAtMs ?? Infinity, seriesAtMs || Infinity)
      if (againAtMs < Infinity) return againAtMs
      // Another line of its request changed while the message of both was sent.
      if (look.many.length > 1 && this.#heardAtMs(look.grant) > look.atMs) continue
      const isNewest = await world.grants.shown(asked.id, look.grant.revision)
      // Another process may have noted the newest as shown before the older one that this sent had come through.
      if (isNewest || this.#showing.next(asked.id) !== null) return 0
    }
    return this.#inATick()
  }

  /**
   * Something was sent, and what it shows changed meanwhile: another process may have noted that as shown already. Where
   * nothing else is going to tell.
   */
  async #isOvertaken(look: Look): Promise<boolean> {
    const { many, stale, isWaiting, isWhole } = look
    const isTold = !this.#isStopped && !isWaiting && isWhole && many.length === 1
    if (stale.length === 0 || isTold) return false
    return this.#isWritten(look)
  }

  /** Something of what was looked at was changed since. */
  async #isWritten({ grant, many }: Look): Promise<boolean> {
    const { grants } = this.#parts.world
    const now = many.length > 1 ? await grants.byRequest(grant.requestId) : [await grants.get(grant.id)]
    const revisions = new Map(many.map(({ id, revision }) => [id, revision]))
    return now.length !== many.length || now.some((one) => one && revisions.get(one.id) !== one.revision)
  }

  /**
   * Null: it was asked for again, nothing of it is being sent, and something waits for its turn still, for as long as
   * thousands of others do. Settled: all shows what was looked at, and nothing else hangs on where it was posted just now;
   * once anything is not, nothing that waits still is waited for. Later: nothing of it came through, and it is left alone
   * until then.
   */
  async #sendStale(
    look: Look,
    askedAgain: Promise<void>,
  ): Promise<{ readonly isSettled: boolean; readonly laterAtMs: number | null } | null> {
    const { id } = look.asked
    const stale = look.stale.map((one) => this.#queue(look, one))
    const all = Promise.all(stale.map(({ queued }) => queued.sent))
    const isSettled = ({ waitMs, isSent }: Became, { isAsLooked }: QueuedStale) =>
      waitMs === 0 && isSent && isAsLooked()
    const anyUnsettled = new Promise<void>((resolve) => {
      const settle = (one: QueuedStale) => (became: Became) => {
        if (!isSettled(became, one)) resolve()
      }
      // Where it could not be noted, all fails.
      for (const one of stale) one.queued.sent.then(settle(one), () => undefined)
    })
    const mayBeLeftMs = Math.min(
      look.isWaiting ? look.atMs + tickMs : Infinity,
      look.isWhole ? Infinity : look.atMs + unsureMs,
      look.againAtMs ?? Infinity,
    )
    if (mayBeLeftMs < Infinity) this.#mayBeLeftMs.set(id, mayBeLeftMs)
    try {
      const became = await Promise.race([all, askedAgain.then(() => null), anyUnsettled])
      const sent = became ?? (await this.#whatIsBegun(stale))
      const isLeft = sent.length < stale.length
      if (isLeft && became === null && sent.every(({ waitMs }) => waitMs === 0)) return null
      const nowMs = this.#parts.world.clock.monotonicMs()
      const isNoneSent = !isLeft && sent.length > 0 && sent.every(({ waitMs }) => waitMs > 0)
      return {
        isSettled: !isLeft && stale.every((one, i) => isSettled(sent[i] ?? notSent, one)),
        laterAtMs: isNoneSent ? nowMs + Math.min(...sent.map(({ waitMs }) => waitMs)) : null,
      }
    } finally {
      this.#mayBeLeftMs.delete(id)
      if (stale.some(({ queued }) => !queued.isDone)) this.#left.add(look)
    }
  }

  /** What became of those of which the turn has come: while they are being sent, another look would find them as they were. */
  async #whatIsBegun(stale: readonly QueuedStale[]): Promise<Became[]> {
    const all = stale.map(({ queued }) => queued)
    for (;;) {
      const begun = all.filter(({ isBegun }) => isBegun)
      const became = await Promise.all(begun.map(({ sent }) => sent))
      if (!all.some(({ isBegun, isDone }) => isBegun && !isDone)) return became
    }
  }

  #queue(look: Look, { picture, row }: Stale): QueuedStale {
    const isFirst = placeOf(row) === null
    let isAsLooked = false
    const draw = async (): Promise<Message | null> => {
      // Read once more where it is posted: who changed it since has looked before we took it, and finds nothing to call off.
      isAsLooked = this.#isStillSo(look) && !(isFirst && (await this.#isWritten(look)))
      return isAsLooked ? picture.draw() : this.#redraw(look, picture)
    }
    const queued = this.#messages.queue({
      picture: { ...picture, draw },
      requestId: look.grant.requestId,
      row,
    })
    return { queued, isAsLooked: () => isAsLooked && !(isFirst && picture.isAnchor === true) }
  }

  /** Looked at a moment ago, not heard of since, and nobody has looked at it anew. */
  #isStillSo(look: Look): boolean {
    const { grant, atMs } = look
    if (this.#left.has(look) || this.#showing.next(grant.id) !== null) return false
    // Another line of its request, or the series of which a window's look drew the card.
    if (this.#heardAtMs(grant) > atMs) return false
    return this.#parts.world.clock.monotonicMs() - atMs < lookHoldsMs
  }

  async #look({ id, requestId, seen }: Asked): Promise<Look | null> {
    const { world, surfaces } = this.#parts
    const atMs = world.clock.monotonicMs()
    const now = world.clock.now()
    const lines = requestId === null ? null : await world.grants.byRequest(requestId)
    // What was heard of last, also where that is only that it changed.
    const next = this.#showing.next(id)
    const heard = next === null ? seen : next.asked.seen
    const newest = heard !== null && atMs - heard.atMs < lookHoldsMs ? heard.grant : null
    const grant = lines?.find((line) => line.id === id) ?? newest ?? (await world.grants.get(id))
    if (grant === null) return null
    const many = lines ?? (mayHaveLines(grant) ? await world.grants.byRequest(grant.requestId) : [grant])
    // Of what this process has just written for the first time nothing is shown yet.
    const isFirst = newest !== null && grant.revision === 0 && !mayHaveLines(grant)
    const known = surfaces.known(grant.requestId) ?? (isFirst ? nothingShown : null)
    const shown = known ?? (await surfaces.of(grant.requestId))
    const rows = new Map(shown.surfaces.map((row) => [row.key, row]))
    const stale: Stale[] = []
    const { pictures, isWhole, mayWaitUntil } = await this.#pictures.of(grant, many, rows)
    let isWaiting = (mayWaitUntil ?? now) > now
    let againAtMs: number | null = null
    for (const made of pictures) {
      const picture = { ...made, draw: drawnOnce(made) }
      const row = rows.get(picture.key)
      if ((picture.mayWaitUntil ?? now) > now) isWaiting = true
      else if (await this.#messages.isStale(picture, row)) {
        const untilMs = this.#messages.leftAloneUntilMs(picture.key)
        if (untilMs === null) stale.push({ picture, row })
        else againAtMs = Math.min(againAtMs ?? Infinity, untilMs)
      }
    }
    const isRead = known === null
    return {
      grant,
      stale,
      shown,
      isRead,
      isWaiting,
      againAtMs,
      isWhole,
      many,
      atMs,
      asked: { id, requestId, seen: null },
    }
  }

  /**
   * What stands there now, by whatever was sent, which has told, or else by reading it. Null: another process changed it
   * since it was looked at.
   */
  async #unchanged({ grant: { requestId }, shown, isRead, stale }: Look): Promise<Shown | null> {
    // What was only read is as old as the reading.
    if (isRead && stale.length === 0) return shown
    const { surfaces } = this.#parts
    const now = stale.length > 0 ? surfaces.known(requestId) : await surfaces.of(requestId)
    if (now === null || now.othersUntil > shown.version) return null
    // What an earlier look left waiting came through since: what stands there is not what was looked at.
    const sent = new Set(stale.map(({ picture }) => picture.key))
    const wasThere = new Map(shown.surfaces.map((row) => [row.key, row]))
    const isOther = ({ key, ts, shows }: Surface): boolean =>
      ts !== (wasThere.get(key)?.ts ?? null) || shows !== (wasThere.get(key)?.shows ?? null)
    if (now.surfaces.some((row) => !sent.has(row.key) && isOther(row))) return null
    // Whoever had it died: what stands there is known no more.
    const wasKnown = new Set(shown.surfaces.filter(({ shows }) => shows !== null).map(({ key }) => key))
    return now.surfaces.some(({ key, ts, shows }) => ts !== null && shows === null && wasKnown.has(key))
      ? null
      : now
  }

  /** The picture as it is when its turn has come: much may have happened while it waited. */
  async #redraw({ asked }: Look, { key, to }: Picture): Promise<Message | null> {
    const look = await this.#look(asked)
    const found = look?.stale.find(({ picture }) => picture.key === key)
    // What has come to belong elsewhere is sent by the look that finds it so.
    const isThere = placeOf(found?.row) !== null || isDeepStrictEqual(found?.picture.to, to)
    return found && isThere ? found.picture.draw() : null
  }
}

/** Which grant is to be shown, and of which request it is a line, where that is known. */
interface Asked {
  readonly id: string
  readonly requestId: string | null
  /** As this process has just written or read it. */
  readonly seen: Seen | null
}

/** Whoever waits for an answer is looked at before who has it, and both before what ends: a thousand may at once. */
function urgencyOf({ seen }: Asked): number {
  const status = seen?.grant.status ?? 'ended'
  if (status === 'pending') return 2
  return status === 'revoking' || status === 'ended' ? 0 : 1
}

type Unshown = Pick<Grant, 'id' | 'revision'>

interface Pass {
  /** What the last pass found not shown, and at which revision. */
  readonly before: ReadonlyMap<string, number>
  readonly seen: Map<string, number>
  /** By their ids; null: it has come to the end. */
  after: string | null
  readonly againMs: number
}

const revisionsOf = (unshown: readonly Unshown[]) =>
  new Map(unshown.map(({ id, revision }) => [id, revision]))

const isIn =
  (before: ReadonlyMap<string, number>) =>
  ({ id, revision }: Unshown): boolean =>
    before.get(id) === revision

interface Seen {
  readonly grant: Grant
  readonly atMs: number
}

interface Look {
  readonly asked: Asked
  readonly grant: Grant
  readonly stale: readonly Stale[]
  readonly shown: Shown
  /** From the database, and not as this process knew it. */
  readonly isRead: boolean
  /** Something else may be stale, and waits for what comes next. */
  readonly isWaiting: boolean
  /** Until when what else is stale is left alone, as it did not come through: the soonest of it. */
  readonly againAtMs: number | null
  /** False: others should perhaps see it too, and Slack does not say now who. */
  readonly isWhole: boolean
  /** All that its request asks for. */
  readonly many: readonly Grant[]
  readonly atMs: number
}

interface Stale {
  readonly picture: Picture
  readonly row: Surface | undefined
}

interface QueuedStale {
  readonly queued: Queued
  /** It was sent as it was looked at, and nothing hangs on where it was posted. */
  readonly isAsLooked: () => boolean
}

const notSent: Became = { waitMs: 0, isSent: false }

/** What decides whether it is stale is what is sent. */
function drawnOnce(picture: Picture): () => Promise<Message> {
  let drawn: Promise<Message> | null = null
  return () => (drawn ??= picture.draw())
}
