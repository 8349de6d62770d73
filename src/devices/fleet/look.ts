import { createHash } from 'node:crypto'
import type { FleetApi } from './api.ts'
import type { FleetHost } from './host.ts'
import { reportOf, seen, type Report } from './report.ts'
import { FleetTrouble } from './trouble.ts'

/** Takes what is said; what it refuses is said again by the next look. */
export type Sink = (reports: readonly Report[]) => Promise<readonly Taken[]>
export type Taken = { readonly is: 'heard' } | { readonly is: 'refused'; readonly words: string }

/** What was said of a host last: about a hundred bytes each. */
interface Told {
  readonly digest: string
  readonly seenAtMs: number
  readonly look: number
}

export interface Looked {
  readonly hosts: number
  readonly told: number
  readonly refused: number
  /** Why the first of them was. */
  readonly words: string | null
}

/** More are no company's: a server that never comes to an end. */
const mostHosts = 500_000
const mostPerPage = 100
const leastPerPage = 5
/** Of those that were listed before and are not now, in one look. */
const mostMissed = 100
/** That a host was there, when nothing else is new, is said when it was this much later than what was said last. */
const seenStepMs = 10 * 60_000

/**
 * Goes through all hosts and says what is new since it was last said: a host of which any value or its instant changed as a
 * whole, one that was only seen again in short. What was told is remembered by this process alone: another begins by saying
 * all, which changes nothing for whoever knows it.
 *
 * Pages are not of one moment. A host that is met twice is told once; one that was there before and is met on no page,
 * since another was removed meanwhile and those behind it moved up, is asked for by itself.
 */
export class Looks {
  readonly #api: FleetApi
  readonly #sink: Sink
  readonly #told = new Map<number, Told>()
  #look = 0
  #perPage = mostPerPage

  constructor({ api, sink }: { api: FleetApi; sink: Sink }) {
    this.#api = api
    this.#sink = sink
  }

  /** Throws `FleetTrouble`; what was told until then stays told. Never two at a time. */
  async all(signal: AbortSignal): Promise<Looked> {
    this.#look++
    for (;;) {
      try {
        return await this.#allPages(signal)
      } catch (error) {
        const isTooLarge = error instanceof FleetTrouble && error.kind === 'too-large'
        if (!isTooLarge || this.#perPage <= leastPerPage) throw error
        this.#perPage = Math.max(leastPerPage, Math.floor(this.#perPage / 2))
      }
    }
  }

  /** Null: there is none such. */
  async one(id: number, signal: AbortSignal): Promise<Looked | null> {
    const host = await this.#api.host(id, signal)
    if (host === null) return null
    const report = reportOf(host, { saysAll: true })
    const { refused, words } = await this.#tell(report === null ? [] : [report])
    return { hosts: 1, told: report === null ? 0 : 1, refused: refused.size, words }
  }

  async #allPages(signal: AbortSignal): Promise<Looked> {
    const met = new Set<number>()
    const sum = { hosts: 0, told: 0, refused: 0, words: null as string | null }
    let listed = 0
    let lastUnread: string | null = null
    for (let page = 0; ; page++) {
      const { count, hosts, unread } = await this.#api.page({ page, perPage: this.#perPage }, signal)
      if (count === 0) break
      listed += count
      const others = hosts.filter(({ id }) => !met.has(id))
      const isSame = hosts.length > 0 ? others.length === 0 : unread === lastUnread
      lastUnread = unread
      if (isSame)
        throw new FleetTrouble(
          'failed',
          'Fleet could not list its hosts: it gives the same page again and again',
        )
      for (const { id } of others) met.add(id)
      if (listed > mostHosts)
        throw new FleetTrouble('failed', `Fleet could not list its hosts: they are more than ${mostHosts}`)
      const said = await this.#tellNew(others)
      sum.told += said.told
      sum.refused += said.refused
      sum.words ??= said.words
    }
    await this.#askForMissed(signal)
    return { ...sum, hosts: met.size }
  }

  async #tellNew(hosts: readonly FleetHost[]): Promise<Omit<Looked, 'hosts'>> {
    const reports: Report[] = []
    const next = new Map<string, { id: number; told: Told }>()
    for (const host of hosts) {
      const report = reportOf(host, { saysAll: false })
      if (report === null) continue
      const before = this.#told.get(host.id)
      const digest = digestOf(report)
      const seenAtMs = report.at.getTime()
      const isSame = before?.digest === digest
      if (isSame && seenAtMs < before.seenAtMs + seenStepMs) {
        this.#told.set(host.id, { ...before, look: this.#look })
        continue
      }
      reports.push(isSame ? seen(report) : report)
      next.set(report.sourceId, { id: host.id, told: { digest, seenAtMs, look: this.#look } })
    }
    const { refused, words } = await this.#tell(reports)
    for (const [sourceId, { id, told }] of next) if (!refused.has(sourceId)) this.#told.set(id, told)
    return { told: reports.length, refused: refused.size, words }
  }

  async #tell(reports: readonly Report[]): Promise<{ refused: Set<string>; words: string | null }> {
    if (reports.length === 0) return { refused: new Set(), words: null }
    const taken = await this.#sink(reports).catch((cause: unknown) => {
      throw new FleetTrouble('not-noted', 'What Fleet said could not be noted', { cause })
    })
    const refused = new Set<string>()
    let words: string | null = null
    for (const [at, { sourceId }] of reports.entries()) {
      const one = taken[at]
      if (one?.is !== 'refused') continue
      refused.add(sourceId)
      words ??= one.words
    }
    return { refused, words }
  }

  /** Those that are gone are forgotten: what is known of them ages. Where one is not answered for, the next look asks. */
  async #askForMissed(signal: AbortSignal): Promise<void> {
    const missed = [...this.#told].filter(([, { look }]) => look !== this.#look).map(([id]) => id)
    for (const id of missed.slice(0, mostMissed)) {
      try {
        if ((await this.one(id, signal)) === null) this.#told.delete(id)
      } catch (error) {
        if (!(error instanceof FleetTrouble) || signal.aborted) throw error
        if (error.kind === 'failed') return
        // It may not see this one any more; that it may see none at all, the list says.
        if (error.kind !== 'rejected') throw error
        this.#told.delete(id)
      }
    }
  }
}

/** Of all that it says but when the host was seen. */
function digestOf({ at: _seen, ...rest }: Report): string {
  return createHash('sha1').update(JSON.stringify(rest)).digest('base64')
}
