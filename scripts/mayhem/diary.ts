/** Both in ms since 1970, by the one clock of this machine, which is also the database's. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** What is out of order for a while. */
export interface Trouble extends Span {
  /** A system's name, `database`, or a replica's. */
  readonly where: string
  readonly what: string
}

/** Somebody may hold nothing of a kind between these: they left, or their device is unfit. */
export interface Barred extends Span {
  readonly principal: string
  readonly why: 'left' | 'unfit' | 'no-group'
  /** Entitlements that this closes to them; null: all. */
  readonly entitlements: readonly string[] | null
}

/** What whoever makes the trouble knows of it, as it happens. */
export class Diary {
  readonly troubles: Trouble[] = []
  readonly barred: Barred[] = []
  readonly counts = new Map<string, number>()
  readonly #open = new Set<() => void>()

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1)
  }

  /** From now until what it returns is called, or everything is over. */
  trouble(where: string, what: string): () => void {
    const from = Date.now()
    this.count(`fault: ${what}`)
    return this.#until(() => this.troubles.push({ where, what, from, to: Date.now() }))
  }

  /** From now, as Curfew was told and said so; the end is when it is begun to be told otherwise. */
  bars(about: Omit<Barred, 'from' | 'to'>): () => void {
    const from = Date.now()
    return this.#until(() => this.barred.push({ ...about, from, to: Date.now() }))
  }

  close(): void {
    for (const end of this.#open) end()
  }

  #until(note: () => void): () => void {
    const end = () => {
      if (this.#open.delete(end)) note()
    }
    this.#open.add(end)
    return end
  }
}
