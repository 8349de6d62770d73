import type { Collection, Document, Filter } from 'mongodb'
import { elapsedMs } from '../elapsed.ts'
import { complain, type About } from './readable.ts'

/** Of more than so many, those beyond take places like any other. */
const mostKnown = 20_000
/** Whether one can be read by now is looked at so often, of so many at once. */
const againMs = 10_000
const mostAgain = 200
/** Where some cannot be read, no fewer are looked at together. */
const leastAtOnce = 500

interface Asked {
  readonly limit: number
  readonly sort?: Record<string, 1 | -1>
  /** With their ids. */
  readonly projection?: Document
}

/**
 * The documents of a collection that this version can read (a later one may have written others, before it was rolled
 * back): what it cannot takes no place among the first of what it can, however old it is, and is not read each time.
 */
export class FirstReadable<Stored extends { _id: string }> {
  readonly #collection: Collection<Stored>
  readonly #read: (document: unknown) => unknown
  readonly #about: About
  /** By id when it was found out last that it cannot be read, the longest ago first. */
  readonly #unreadable = new Map<string, number>()

  /** `read` throws at a whole document that cannot be read. */
  constructor(collection: Collection<Stored>, read: (document: unknown) => unknown, about: About) {
    this.#collection = collection
    this.#read = read
    this.#about = about
  }

  /** The first so many, each as `read` has it. */
  async first<T>(
    filter: Filter<Stored>,
    { limit, sort = {}, projection }: Asked,
    read: (document: unknown) => T,
  ): Promise<T[]> {
    await this.#readAgain()
    for (let atOnce = limit; ; atOnce = Math.max(limit, leastAtOnce)) {
      const rows = await this.#collection
        .find(this.#without(filter), projection === undefined ? {} : { projection })
        .sort(sort)
        .limit(atOnce)
        .toArray()
      const found: T[] = []
      let isAnyLeftOut = false
      for (const row of rows) {
        try {
          found.push(read(row))
        } catch (error) {
          complain(this.#about, row._id, error)
          isAnyLeftOut = this.note(row._id) || isAnyLeftOut
        }
      }
      if (found.length >= limit || rows.length < atOnce || !isAnyLeftOut) return found.slice(0, limit)
    }
  }

  /** How many of these are left out, as they cannot be read. */
  async countLeftOut(filter: Filter<Stored>): Promise<number> {
    if (this.#unreadable.size === 0) return 0
    const known = { _id: { $in: [...this.#unreadable.keys()] } } as Filter<Stored>
    return this.#collection.countDocuments({ $and: [filter, known] } as Filter<Stored>)
  }

  /** It cannot be read: it is left out from now on. False where too many are already. */
  note(id: string): boolean {
    const isKnown = this.#unreadable.has(id)
    if (!isKnown && this.#unreadable.size < mostKnown) this.#unreadable.set(id, elapsedMs())
    return this.#unreadable.has(id)
  }

  /** It can be read. */
  forget(id: string): void {
    this.#unreadable.delete(id)
  }

  #without(filter: Filter<Stored>): Filter<Stored> {
    if (this.#unreadable.size === 0) return filter
    const others = { _id: { $nin: [...this.#unreadable.keys()] } } as Filter<Stored>
    return { $and: [filter, others] } as Filter<Stored>
  }

  /** What was written anew since, or put right, is found again. */
  async #readAgain(): Promise<void> {
    const nowMs = elapsedMs()
    const old: string[] = []
    for (const [id, atMs] of this.#unreadable) {
      if (nowMs - atMs < againMs || old.length === mostAgain) break
      old.push(id)
    }
    if (old.length === 0) return
    // Whoever else asks meanwhile finds them looked at.
    for (const id of old) {
      this.#unreadable.delete(id)
      this.#unreadable.set(id, nowMs)
    }
    const rows = await this.#collection.find({ _id: { $in: old } } as Filter<Stored>).toArray()
    const still = new Set<string>(rows.filter((row) => !this.#isReadable(row)).map(({ _id }) => _id))
    for (const id of old) if (!still.has(id)) this.#unreadable.delete(id)
  }

  #isReadable(document: unknown): boolean {
    try {
      this.#read(document)
      return true
    } catch {
      return false
    }
  }
}
