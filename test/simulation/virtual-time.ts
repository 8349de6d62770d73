/** Time that passes only when everything that could happen now has happened. One number makes a run repeatable. */
export class VirtualTime {
  #nowMs = 0
  #order = 0
  readonly #heap: Entry[] = []

  get nowMs(): number {
    return this.#nowMs
  }

  at(ms: number, happen: () => void): void {
    this.#push({ ms: Math.max(ms, this.#nowMs), order: this.#order++, happen, wakesNobody: false })
  }

  /** For what no promise waits for: cheaper, as nothing needs to be let run after it. */
  look(ms: number, happen: () => void): void {
    this.#push({ ms: Math.max(ms, this.#nowMs), order: this.#order++, happen, wakesNobody: true })
  }

  /** Runs until nothing is planned, `until` says so, or the time is up. */
  async run({ limitMs, until }: { limitMs: number; until: () => boolean }): Promise<void> {
    for (;;) {
      const next = this.#heap[0]
      if (!next || next.ms > limitMs || until()) return
      this.#pop()
      this.#nowMs = next.ms
      next.happen()
      if (!next.wakesNobody) await everythingElse()
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap
    heap.push(entry)
    let i = heap.length - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!isBefore(heap[i]!, heap[parent]!)) return
      ;[heap[i], heap[parent]] = [heap[parent]!, heap[i]!]
      i = parent
    }
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()!
    if (heap.length === 0) return
    heap[0] = last
    let i = 0
    for (;;) {
      const [left, right] = [2 * i + 1, 2 * i + 2]
      let least = i
      if (left < heap.length && isBefore(heap[left]!, heap[least]!)) least = left
      if (right < heap.length && isBefore(heap[right]!, heap[least]!)) least = right
      if (least === i) return
      ;[heap[i], heap[least]] = [heap[least]!, heap[i]!]
      i = least
    }
  }
}

interface Entry {
  ms: number
  order: number
  happen: () => void
  wakesNobody: boolean
}

const isBefore = (a: Entry, b: Entry): boolean => a.ms < b.ms || (a.ms === b.ms && a.order < b.order)

/** Node runs the next tick when every promise that can settle has settled: far cheaper than a turn of the event loop. */
const everythingElse = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve))
