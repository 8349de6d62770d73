import type { Entry, Kind, Shown } from './protocol.ts'

/** What is on the page, each entry with the moment of its last change: whoever comes back gets what they missed. */
export class ShownEntries {
  readonly #entries = new Map<string, { entry: Entry; seq: number; json: string }>()
  #seq = 0

  get seq(): number {
    return this.#seq
  }

  /** True if this changed anything. */
  put<K extends Kind>(kind: K, key: string, value: Shown[K] | null): boolean {
    const name = `${kind} ${key}`
    const json = JSON.stringify(value)
    const before = this.#entries.get(name)
    if (before?.json === json || (before === undefined && value === null)) return false
    this.#seq += 1
    this.#entries.set(name, { entry: { kind, key, value } as Entry, seq: this.#seq, json })
    return true
  }

  /** Entries that changed after `seq`, in the order they did; those that went away hold null. */
  since(seq: number): Entry[] {
    return [...this.#entries.values()]
      .filter((one) => one.seq > seq)
      .sort((a, b) => a.seq - b.seq)
      .map(({ entry }) => entry)
  }

  /** Everything that is there, in the order it came. */
  all(): Entry[] {
    return [...this.#entries.values()].map(({ entry }) => entry).filter(({ value }) => value !== null)
  }
}
