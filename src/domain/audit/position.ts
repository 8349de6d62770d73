import type { ChainEnd } from './chain.ts'

/** Up to where a receiver has the chain. */
export interface Position extends ChainEnd {
  /** Where it was before, the latest first: the further back, the fewer of them. */
  readonly trail: readonly ChainEnd[]
}

/** Before the first link. */
export const atStart: Position = { number: 0, mark: '', trail: [] }

/**
 * On to there. Of where it was before, so much is kept that, wherever the chain turns out to go another way, some place is
 * known that lies at most about as far again before it: as many as the number has digits in base 2, or twice that.
 */
export function movedTo({ number, mark }: ChainEnd, { trail, ...before }: Position): Position {
  const kept: ChainEnd[] = []
  const all = [{ number: before.number, mark: before.mark }, ...trail]
  const distance = (one: ChainEnd): number => number - one.number
  for (const [i, one] of all.entries()) {
    const [newer, older] = [kept.at(-1), all[i + 1]]
    if (newer !== undefined && older !== undefined && distance(older) <= 2 * distance(newer)) continue
    kept.push(one)
  }
  return { number, mark, trail: kept }
}

/** Back to one of the places where it was before: what came after that is forgotten. */
export const backTo = ({ number, mark }: ChainEnd, { trail }: Position): Position => ({
  number,
  mark,
  trail: trail.filter((one) => one.number < number),
})
