import type { Queue } from 'p-queue'

type Run = () => Promise<unknown>
interface Options {
  readonly id?: string
  readonly priority?: number
}
interface Waiting {
  readonly run: Run
  readonly id: string | undefined
  readonly priority: number
  readonly at: number
}

/**
 * The most urgent first, and, each turn of so many, whoever waits longest, so that nothing waits for ever behind what is
 * more urgent. What becomes more urgent keeps how long it has waited.
 */
export class FairQueue implements Queue<Run, Options> {
  /** By priority, each in the order they came. */
  readonly #lanes = new Map<number, Waiting[]>()
  readonly #turnsOfOldest: number
  #came = 0
  #turn = 0

  constructor({ turnsOfOldest = 4 } = {}) {
    this.#turnsOfOldest = turnsOfOldest
  }

  get size(): number {
    return [...this.#lanes.values()].reduce((sum, { length }) => sum + length, 0)
  }

  enqueue(run: Run, { id, priority = 0 }: Options = {}): void {
    this.#insert({ run, id, priority, at: this.#came++ })
  }

  dequeue(): Run | undefined {
    const lanes = [...this.#lanes].filter(([, { length }]) => length > 0)
    const isOldestsTurn = ++this.#turn % this.#turnsOfOldest === 0
    const key = ([priority, [first]]: (typeof lanes)[number]): number =>
      isOldestsTurn ? -(first?.at ?? 0) : priority
    const [, lane] = lanes.toSorted((one, other) => key(other) - key(one))[0] ?? []
    return lane?.shift()?.run
  }

  /** Nothing happens where it does not wait any more, or is as urgent already. */
  setPriority(id: string, priority: number): void {
    for (const [, lane] of this.#lanes) {
      const at = lane.findIndex((one) => one.id === id && one.priority < priority)
      const [found] = at < 0 ? [] : lane.splice(at, 1)
      if (found) {
        this.#insert({ ...found, priority })
        return
      }
    }
  }

  filter({ priority }: Options): Run[] {
    return (this.#lanes.get(priority ?? 0) ?? []).map(({ run }) => run)
  }

  #insert(one: Waiting): void {
    const lane = this.#lanes.get(one.priority) ?? []
    this.#lanes.set(one.priority, lane)
    const before = lane.findLastIndex(({ at }) => at < one.at)
    lane.splice(before + 1, 0, one)
  }
}
