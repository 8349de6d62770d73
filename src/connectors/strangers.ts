import { createRequire } from 'node:module'
import { isAbsolute, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isPromise } from 'node:util/types'
import { z } from 'zod'
import type { Connector, ConnectorKind } from '../domain/connector.ts'
import { inTime } from '../in-time.ts'
import { asOf, isOf, madeBy } from './whose.ts'

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

/**
 * Loads them: their code runs in this process, with all that it may do. Throws an error that names the culprit, also one
 * that is not loaded after `patienceMs`.
 */
export async function loadStrangers(
  places: Places,
  { patienceMs = 10_000 }: { patienceMs?: number } = {},
): Promise<ReadonlyMap<string, ConnectorKind>> {
  const loaded = new Map<string, ConnectorKind>()
  const late = () => new Error(`it did not come to its end in ${patienceMs} ms`)
  for (const [name, place] of places) {
    try {
      loaded.set(name, kindIn(name, await inTime(load(name, place), patienceMs, late)))
    } catch (error) {
      if (error instanceof NoConnector) throw new Error(`${name} ${error.message}`, { cause: error })
      throw new Error(`the connector ${name} cannot be loaded: ${why(error)}`, { cause: error })
    }
  }
  return loaded
}

const loadedModule = z.object({ default: z.unknown().optional() })

async function load(name: string, place: string): Promise<unknown> {
  const module: unknown = await asOf(name, () => import(place))
  isOf(name, place)
  return loadedModule.parse(module).default
}

class NoConnector extends Error {}

/** Its parts are read once, here: what throws, or changes, later is asked no more. */
function kindIn(name: string, value: unknown): ConnectorKind {
  const found = kindSchema.safeParse(value)
  if (!found.success) throw new NoConnector(found.error.issues[0]?.message ?? 'is no connector')
  const { data } = found
  const { kind, settings, target } = data
  return {
    kind,
    settings,
    target,
    canonical: (given) => data.canonical(given),
    connect(given, surroundings) {
      const connector: unknown = asOf(name, () => data.connect(given, surroundings))
      // What is none is left as it is, for whoever looks at it.
      return isConnector(connector) ? madeBy(name, connector) : none.parse(connector)
    },
  }
}

const isConnector = (value: unknown): value is Connector =>
  typeof value === 'object' && value !== null && !isPromise(value)
const none = z.custom<Connector>()

/** What was thrown may be anything. */
function why(error: unknown): string {
  try {
    return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
  } catch {
    return 'it does not say why'
  }
}
