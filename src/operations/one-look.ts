import type { Directory } from '../domain/ports/directory.ts'
import type { World } from './world.ts'

/**
 * The same, for one look at many requests: whoever and whichever groups are asked about again and again are asked about
 * once, and all of them are judged by one answer. Not to be kept: it never learns of a change.
 */
export function inOneLook<W extends Pick<World, 'directory'>>(world: W): W {
  const { directory } = world
  return {
    ...world,
    directory: {
      ...directory,
      facts: once(
        (person) => directory.facts(person),
        ({ slack }) => slack.userId,
      ),
      named: once(
        (name) => directory.named(name),
        (name) => name,
      ),
      groups: once(
        (handles) => directory.groups(handles),
        (handles) => JSON.stringify(handles),
      ),
      everyone: once((maxAgeMs?: number) => directory.everyone(maxAgeMs), String),
    } satisfies Directory,
  }
}

function once<A, R>(ask: (about: A) => Promise<R>, keyOf: (about: A) => string): (about: A) => Promise<R> {
  const answers = new Map<string, Promise<R>>()
  return (about) => {
    const key = keyOf(about)
    const known = answers.get(key)
    if (known !== undefined) return known
    const answer = ask(about)
    answers.set(key, answer)
    return answer
  }
}
