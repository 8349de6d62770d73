import { givenFor, meant, type Ask, type Given, type Part } from './part.ts'
import type { Terminal } from './terminal.ts'

/** Asks until it is answered. What was given is taken, and said by its name. */
export function askOn(terminal: Terminal, given: Given): Ask {
  return async (part) => {
    const known = givenFor(part, given)
    if (known !== null) {
      const read = await part.read(known.text)
      if ('is' in read) {
        terminal.say(`  ${known.name} is given.`)
        return read.is
      }
      terminal.say(`  ${known.name} is given, and not taken. ${read.why}`)
    }
    for (;;) {
      const typed = meant(part, await terminal.ask(`  ${part.asks}: `, part))
      const text = typed === '' ? part.otherwise : typed
      if (text === null) {
        terminal.say(
          '  Nothing came. Type or paste it, and press Enter; Ctrl-C ends it, and nothing is written.',
        )
        continue
      }
      const read = await part.read(text)
      if ('is' in read) return read.is
      terminal.say(`  ${read.why}`)
    }
  }
}

/** Takes what was given, and asks nobody. What is missing, and what was not taken, is told by `lacks`. */
export function askNobody(given: Given): { ask: Ask; lacks: readonly string[] } {
  const lacks: string[] = []
  const ask = async <T>(part: Part<T>): Promise<T | null> => {
    const known = givenFor(part, given)
    const names = part.by.join(' or ')
    const text = known?.text ?? (part.isForPeople ? null : part.otherwise)
    if (text === null) {
      lacks.push(`${names} is not given: ${part.asks}`)
      return null
    }
    const read = await part.read(text)
    if ('is' in read) return read.is
    lacks.push(`${known?.name ?? names}: ${read.why}`)
    return null
  }
  return { ask, lacks }
}
