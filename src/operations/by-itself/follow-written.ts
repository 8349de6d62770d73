import { standingRules } from '../../domain/standing.ts'
import type { PersonRef } from '../../domain/person.ts'
import type { World } from '../world.ts'
import { giveToThese } from './while-held.ts'

/** Of whom a source of people wrote something, and whether by its word they left. */
export interface Concerned {
  readonly person: PersonRef
  readonly hasLeft: boolean
  /** Nobody looked yet whether that User is theirs. */
  readonly isNew: boolean
}

/** Changes that come together are followed together. */
const soonMs = 300
const againMs = 1_000
/** Those that are due at about the same time are looked at together. */
const togetherMs = 5_000
/** Of more than so many, everybody is looked at. */
const fewAtMost = 300

/** Follows what sources of people write. What this process is not told of is found by the look of each minute. */
export function followWritten(
  world: World,
  { leaving, soon }: { leaving: (userId: string) => void; soon: () => void },
): { about(people: readonly Concerned[]): void; stop(): void } {
  const lacking = new Map<string, PersonRef>()
  const later = new Map<number, NodeJS.Timeout>()
  let timer: NodeJS.Timeout | null = null
  let isStopped = false

  const give = async (): Promise<void> => {
    const people = [...lacking.values()]
    lacking.clear()
    try {
      if (people.length > fewAtMost) {
        // Everybody is matched by it.
        await world.directory.everyone(0)
        soon()
        return
      }
      const found = await Promise.all(people.map((person) => world.directory.freshFacts(person)))
      // Whoever was new is matched only now, and may be gone by the first word about them.
      for (const [at, facts] of found.entries())
        if (facts !== 'unknown' && !facts.isHere) leaving(people[at]?.slack.userId ?? '')
      // While replicas differ nothing is given by rule; what is to be given is not forgotten by that.
      if (world.agrees()) {
        await giveToThese(world, found)
        return
      }
      for (const person of people) lacking.set(person.id, person)
      giveSoon(againMs)
    } catch (error) {
      world.log.error('could not give by rule to whom a source wrote of', { error })
      soon()
    }
  }
  function giveSoon(afterMs = soonMs): void {
    if (isStopped) return
    timer ??= setTimeout(() => {
      timer = null
      world.queues.start('what is lacking by rule', 'what is held', give)
    }, afterMs)
  }
  /** Whoever left a group counts as in it until the grace is over: nobody is told of that instant. */
  const lookLater = (afterMs: number): void => {
    const due = Math.ceil((world.clock.monotonicMs() + afterMs) / togetherMs)
    if (later.has(due)) return
    const look = (): void => {
      later.delete(due)
      soon()
    }
    later.set(due, setTimeout(look, due * togetherMs - world.clock.monotonicMs()))
  }
  return {
    about: (people) => {
      if (isStopped) return
      const hasRules = standingRules(world.catalog()).length > 0
      for (const { person, hasLeft, isNew } of people) {
        if (hasLeft) leaving(person.slack.userId)
        else if (hasRules || isNew) lacking.set(person.id, person)
      }
      if (lacking.size > 0) giveSoon()
      lookLater(world.catalog().people.graceMs)
    },
    stop: () => {
      isStopped = true
      if (timer !== null) clearTimeout(timer)
      for (const one of later.values()) clearTimeout(one)
    },
  }
}
