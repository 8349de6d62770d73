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

/** Why access may end before its time: begun when Curfew was first told of it, over when it had heard otherwise. */
export interface Grounds extends Span {
  /** Null: everybody. */
  readonly principal: string | null
  readonly why: Barred['why'] | 'rules'
  /** Null: all. */
  readonly entitlements: readonly string[] | null
}

/** What somebody did, as whoever did it tells it. */
export const deedKinds = [
  /** `about`: the reason that they wrote; nobody writes the same twice. */
  'asks',
  'asks-weekly',
  /** `about`: their e-mail. */
  'begins-session',
  /** `about`, from here on: the grant that the button they pressed was for. */
  'confirms-again',
  'approves',
  'denies',
  'withdraws',
  'releases',
  'ends',
  'extends',
  'approves-more',
  'denies-more',
] as const
export type DeedKind = (typeof deedKinds)[number]

export interface Deed {
  /** Their e-mail: who sat there, by whichever account. */
  readonly by: string
  readonly what: DeedKind
  readonly about: string
  /** What they asked for, `resource/entitlement`; null where a button said it. */
  readonly wish: string | null
  /** How much time it was about, by the words that they read or wrote; null: they said nothing of it. */
  readonly forMs: number | null
  /** When the windows that they asked for open; null: it was asked for once. */
  readonly opensAt: readonly number[] | null
  readonly from: number
  /** When Curfew said that it is done; null: it did not say so to whoever did it, there and then. */
  readonly doneAt: number | null
}

/** What the company's directory told Curfew. */
export interface Word {
  readonly type: 'user-created' | 'user-changed' | 'group-created' | 'group-changed'
  /** Of the user or group, as Curfew calls it; null: it does not have one yet. */
  readonly id: string | null
  /** It was answered as done. */
  readonly isHeard: boolean
}

/** Somebody is on call from then on: a rule gives them something. */
export interface OnCall {
  readonly principal: string
  readonly from: number
}

/** What whoever makes the trouble, and whoever lives in it, knows of it, as it happens. */
export class Diary {
  readonly troubles: Trouble[] = []
  readonly barred: Barred[] = []
  readonly grounds: Grounds[] = []
  readonly deeds: Deed[] = []
  readonly words: Word[] = []
  readonly onCall: OnCall[] = []
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

  /** From now, whether Curfew hears of it or not, until what it returns is called. */
  gives(grounds: Omit<Grounds, 'from' | 'to'>): () => void {
    const from = Date.now()
    return this.#until(() => this.grounds.push({ ...grounds, from, to: Date.now() }))
  }

  /** It stands here whatever comes of it: a click may have been heard though its answer was lost. */
  async does(
    deed: Pick<Deed, 'by' | 'what' | 'about'> & Partial<Pick<Deed, 'wish' | 'forMs' | 'opensAt'>>,
    work: () => Promise<'done' | 'sent'>,
  ): Promise<'done' | 'sent'> {
    const noted = {
      wish: null,
      forMs: null,
      opensAt: null,
      ...deed,
      from: Date.now(),
      doneAt: null as number | null,
    }
    this.deeds.push(noted)
    const came = await work()
    if (came === 'done') noted.doneAt = Date.now()
    return came
  }

  /** A call of the directory, once for each try. */
  async tells<T>(word: Pick<Word, 'type' | 'id'>, call: () => Promise<T>): Promise<T> {
    const noted = { ...word, isHeard: false }
    this.words.push(noted)
    const answer = await call()
    noted.isHeard = true
    return answer
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
