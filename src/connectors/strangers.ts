import { createRequire } from 'node:module'
import { isAbsolute, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import type { ConnectorKind } from '../domain/connector.ts'

/** What a stranger's connector must be; its schemas may come from another copy of zod than ours. */
const kindSchema = z.custom<ConnectorKind>(
  (value) => shape.safeParse(value).success,
  'is no connector: it must export what `defineConnector` of `curfew/connector` returns, as default',
)
const method = z.custom<() => unknown>((value) => typeof value === 'function')
const parses = z.looseObject({ safeParse: method, parse: method })
const shape = z.looseObject({
  kind: z.string().min(1),
  settings: parses,
  target: parses,
  canonical: method,
  connect: method,
})

/** Where each of these is, by the name that the catalog has for it: a path from the catalog's folder, or a package. */
export type Places = ReadonlyMap<string, string>

/** Resolves names to addresses of files. Throws an error that names the one which leads nowhere. */
export function placesOf(names: readonly string[], folder: string): Places {
  const near = createRequire(join(resolve(folder), 'catalog.yml'))
  return new Map(
    names.map((name) => {
      if (isAbsolute(name) || name.startsWith('.')) return [name, pathToFileURL(resolve(folder, name)).href]
      try {
        return [name, pathToFileURL(near.resolve(name)).href]
      } catch (error) {
        throw new Error(`the connector ${name} is not installed where the catalog is`, { cause: error })
      }
    }),
  )
}

/** Loads them: their code runs in this process, with all that it may do. Throws an error that names the culprit. */
export async function loadStrangers(places: Places): Promise<ReadonlyMap<string, ConnectorKind>> {
  const loaded = new Map<string, ConnectorKind>()
  for (const [name, place] of places) {
    const module = z.looseObject({}).parse(
      await import(place).catch((error: unknown) => {
        throw new Error(`the connector ${name} cannot be loaded: ${why(error)}`, { cause: error })
      }),
    )
    const kind = kindSchema.safeParse(module['default'])
    if (!kind.success) throw new Error(`${name} ${kind.error.issues[0]?.message ?? 'is no connector'}`)
    loaded.set(name, kind.data)
  }
  return loaded
}

const why = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
