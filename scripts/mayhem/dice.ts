import { seeded } from '../../test/support/seeded.ts'

/** What is random about one actor: a stream of its own, so that what another does changes nothing in it. */
export class Dice {
  readonly #random: () => number

  constructor(seed: number, name: string) {
    let mixed = seed >>> 0
    for (const letter of name) mixed = (Math.imul(mixed, 31) + (letter.codePointAt(0) ?? 0)) >>> 0
    this.#random = seeded(mixed)
  }

  chance(share: number): boolean {
    return this.#random() < share
  }

  between(least: number, most: number): number {
    return least + this.#random() * (most - least)
  }

  oneOf<T>(choices: readonly T[]): T | undefined {
    return choices[Math.floor(this.#random() * choices.length)]
  }

  /** One of these, each as often as its weight says. */
  byWeight<T extends string>(weights: Readonly<Record<T, number>>): T {
    const entries = Object.entries(weights) as [T, number][]
    let left = this.#random() * entries.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [name, weight] of entries) {
      left -= weight
      if (left < 0) return name
    }
    throw new Error('nothing to choose from')
  }
}
