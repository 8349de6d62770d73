import type { Chaos } from './replica.ts'
import type { Habits, Trouble } from './scripted-system.ts'

/** When everything that goes wrong has gone wrong. */
export const faultsEndMs = 60_000

/**
 * What a run is like. In a `calm` one nothing goes wrong. In a `rough` one processes pause, sleep and die at any await,
 * but between the last check and the send of a call. In a `gap` one they stop there too, for as long as a watch can put
 * right even if they die of it; in a `frozen` one for longer, but they live. A `late` one is rough, and calls that were
 * given up happen as late as the system says that they may.
 */
export type Kind = 'calm' | 'rough' | 'gap' | 'frozen' | 'late'

/** No process stops right before a send: nothing is held once more after it was said to be gone. */
export const isGapless = (kind: Kind): boolean => kind === 'calm' || kind === 'rough' || kind === 'late'

/** Calls about one hold never overtake each other: nobody's access is away for a moment. */
export const isInOrder = (kind: Kind): boolean => isGapless(kind) && kind !== 'late'

export function kindOf(random: () => number): Kind {
  const die = random()
  if (die < 0.15) return 'calm'
  if (die < 0.25) return 'frozen'
  if (die > 0.92) return 'late'
  return die < 0.6 ? 'gap' : 'rough'
}

export function habitsOf(random: () => number, kind: Kind): Habits {
  return {
    timeoutMs: random() < 0.5 ? 2_500 : 500 + random() * 4_000,
    expires: random() < 0.4,
    dedupes: random() < 0.5,
    hasLagMs: random() < 0.25 ? 200 + random() * 3_000 : 0,
    lies: kind !== 'calm' && random() < 0.3,
    lateMs: kind === 'late' ? 500 + random() * 40_000 : 0,
    makesSecrets: random() < 0.6,
  }
}

export function troubleOf(random: () => number, kind: Kind): Trouble {
  const fromMs = random() * faultsEndMs
  const isDown = isRoughly(kind) && random() < 0.3
  const outage = isDown ? { fromMs, untilMs: fromMs + random() * 20_000 } : null
  const rate = random() < 0.2 ? 0 : random() * 0.8
  return { rate: kind === 'calm' ? 0 : rate, untilMs: faultsEndMs, outage }
}

const isRoughly = (kind: Kind): boolean => kind === 'rough' || kind === 'gap' || kind === 'late'

const never = { chance: 0, fromMs: 0, toMs: 0, deadly: 0 }

export function chaosOf(random: () => number, kind: Kind): Chaos {
  const isRough = isRoughly(kind)
  const upTo = (most: number) => (isRough ? random() * most : 0)
  const freeze = {
    calm: never,
    rough: never,
    late: never,
    // Within the watch, so that even a crash right after it is put right.
    gap: { chance: random() * 0.15, fromMs: 0, toMs: 12_000, deadly: 0.3 },
    // Longer than any watch: the process itself must notice, so it lives and hears the database.
    frozen: { chance: 0.15, fromMs: 25_000, toMs: 65_000, deadly: 0 },
  }[kind]
  return {
    lostReply: upTo(0.04),
    pause: upTo(0.04),
    sleep: upTo(0.01),
    crash: upTo(0.015),
    unknownFacts: upTo(0.05),
    freeze,
    untilMs: faultsEndMs,
  }
}
