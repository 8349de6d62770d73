import { AsyncLocalStorage } from 'node:async_hooks'
import { realpathSync } from 'node:fs'
import { dirname, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { z } from 'zod'

/*
 * Whose code it was. What a stranger throws in a timer or an event of their own reaches nobody who waits for it: it is told
 * by what was started in their name, and by their files in its stack.
 */

const inTheNameOf = new AsyncLocalStorage<string>()
/** Folders of strangers' files, by name, as stacks may write them. */
const folders = new Map<string, readonly string[]>()

/** Curfew's own files and packages: a stranger's folder may be around them. */
const ours = ['..', '../../node_modules'].flatMap((place) =>
  writingsOf(fileURLToPath(new URL(place, import.meta.url))),
)

function writingsOf(folder: string): string[] {
  const path = folder.endsWith(sep) ? folder : `${folder}${sep}`
  return [path, pathToFileURL(path).href]
}

/** From now on what leads into the folder of this file is that stranger's. */
export function isOf(name: string, place: string): void {
  folders.set(name, writingsOf(dirname(realpathSync(fileURLToPath(place)))))
}

/** Whatever this starts, however late it runs, is that stranger's. */
export const asOf = <T>(name: string, work: () => T): T => inTheNameOf.run(name, work)

const hasParts = new Set<PropertyKey>(['handOver', 'publishes'])

/** The same, each of whose methods is called in that stranger's name. */
export function madeBy<T extends object>(name: string, part: T): T {
  // What it inherits may be frozen, and is read through the proxy nonetheless.
  const shell = z.custom<T>().parse(Object.create(part))
  return new Proxy(shell, {
    get(_shell, key): unknown {
      const value: unknown = Reflect.get(part, key, part)
      if (typeof value === 'function')
        return (...words: unknown[]): unknown =>
          asOf(name, () => Reflect.apply(value, part, words) as unknown)
      return hasParts.has(key) && typeof value === 'object' && value !== null ? madeBy(name, value) : value
    },
  })
}

/** Asked where an uncaught error arrives, before anything is awaited. Null: it is none of a stranger's. */
export function strangerBehind(error: unknown): string | null {
  const name = inTheNameOf.getStore()
  if (name !== undefined) return name
  const frames = framesOf(error)
  for (const [stranger, written] of folders)
    if (frames.some((frame) => written.some((folder) => leadsInto(frame, folder)))) return stranger
  return null
}

const leadsInto = (frame: string, folder: string): boolean =>
  frame.includes(folder) && !ours.some((own) => own.startsWith(folder) && frame.includes(own))

function framesOf(error: unknown): readonly string[] {
  try {
    const stack = error instanceof Error ? String(error.stack) : ''
    return stack.split('\n').filter((line) => line.startsWith('    at '))
  } catch {
    return []
  }
}
