import type { Grant } from '../domain/grant.ts'
import { isRefusal, type Refusal } from '../domain/refusal.ts'
import { allDone } from '../domain/writes.ts'
import { reviewGrant, type GivenAnswer } from './review.ts'
import type { World } from './world.ts'

/** What became of each line, in their order. */
export interface Lines {
  readonly answered: readonly Grant[]
  readonly refused: readonly Refusal[]
}

/** One answer to several lines of a request: each is judged by itself, so that one that moved on keeps no other back. */
export async function reviewLines(world: World, answers: readonly GivenAnswer[]): Promise<Lines> {
  const outcomes = await allDone(answers.map((answer) => reviewGrant(world, answer)))
  return {
    answered: outcomes.flatMap((one) => (isRefusal(one) ? [] : one)),
    refused: outcomes.flatMap((one) => (isRefusal(one) ? one : [])),
  }
}
