import { boundedMap } from '../bounded-map.ts'

const mostRemembered = 20_000

interface Entry {
  readonly ids: readonly string[]
  readonly isTaken: boolean
}

/**
 * As which members (ids, DNs) principals were put into which groups since this process began: the name may come to be
 * nobody's, or another's, while they hold it. An aid to find them, never an answer: whether they are members the server
 * says.
 */
export interface Given {
  /** The ids to ask for beside whoever is called so now. */
  under(principal: string, group: string): readonly string[]
  /** Whether it is known as whom they were put in, also where that is another's meanwhile. */
  knows(principal: string, group: string): boolean
  /** Whether the same membership is held under another name meanwhile. */
  isAnothers(principal: string, group: string, id: string): boolean
  add(principal: string, group: string, id: string): void
  /** They were given nothing after all, or are no members any more. */
  remove(principal: string, group: string, id: string): void
  /** Taken: known for `keptMs` still, for the look that follows, and only where it is nobody else's meanwhile. */
  taken(principal: string, group: string): void
}

export function givenBy({ keptMs, folded }: { keptMs: number; folded: (name: string) => string }): Given {
  const known = boundedMap<Entry>(mostRemembered)
  const keyOf = (principal: string, group: string) => JSON.stringify([group, folded(principal)])

  function isAnothers(principal: string, group: string, id: string): boolean {
    const own = keyOf(principal, group)
    const ofGroup = `[${JSON.stringify(group)},`
    for (const [key, { ids, isTaken }] of known.entries())
      if (!isTaken && key !== own && key.startsWith(ofGroup) && ids.includes(id)) return true
    return false
  }

  return {
    isAnothers,
    knows: (principal, group) => known.has(keyOf(principal, group)),
    under(principal, group) {
      const { ids, isTaken } = known.get(keyOf(principal, group)) ?? { ids: [], isTaken: false }
      return isTaken ? ids.filter((id) => !isAnothers(principal, group, id)) : ids
    },
    add(principal, group, id) {
      const key = keyOf(principal, group)
      const ids = known.get(key)?.ids ?? []
      known.set(key, { ids: [...new Set([...ids, id])], isTaken: false })
    },
    remove(principal, group, id) {
      const key = keyOf(principal, group)
      const entry = known.get(key)
      if (!entry?.ids.includes(id)) return
      const ids = entry.ids.filter((one) => one !== id)
      if (ids.length === 0) known.delete(key)
      else known.set(key, { ids, isTaken: entry.isTaken }, { noUpdateTTL: true })
    },
    taken(principal, group) {
      const key = keyOf(principal, group)
      const entry = known.get(key)
      if (entry === undefined) return
      if (keptMs === 0) known.delete(key)
      else known.set(key, { ids: entry.ids, isTaken: true }, { ttl: keptMs })
    },
  }
}
