import type { Connection } from 'mongoose'
import type { Dispatcher } from 'undici'
import { loadCatalog } from '../catalog/load.ts'
import type { Reading } from '../catalog/parse.ts'
import { readParts, type Parts } from '../config.ts'
import type { Catalog } from '../domain/catalog.ts'
import { kindsFor, type Kinds } from '../kinds.ts'
import { connect } from '../mongo/connection.ts'
import { dispatcherThrough } from '../slack/wire/proxied.ts'
import { CannotAsk } from './finding.ts'
import { askSlack, type SlackSide } from './slack-side.ts'

/**
 * What checks ask, each opened once and only when it is asked for. What is not there throws `CannotAsk` at whoever needs
 * it; the check of the part itself says what is wrong with it.
 */
export interface Installation {
  readonly environment: NodeJS.ProcessEnv
  readonly parts: Parts
  /** By this machine's clock. */
  readonly now: () => Date
  /** How HTTP goes out; null: straight. */
  readonly dispatcher: Dispatcher | null
  kinds(): Promise<Kinds>
  reading(): Promise<Reading>
  catalog(): Promise<Catalog>
  slack(): Promise<SlackSide>
  /** Throws as `connect` does. */
  connecting(): Promise<Connection>
  database(): Promise<Connection>
  close(): Promise<void>
}

export function openInstallation(environment: NodeJS.ProcessEnv, now: () => Date): Installation {
  const parts = readParts(environment)
  const dispatcher = dispatcherThrough(parts.proxies)
  const path = (): string => {
    if (parts.catalogPath === null) throw new CannotAsk('CATALOG is not set, or wrong')
    return parts.catalogPath
  }
  const kinds = once(async () => kindsFor(environment, path()))
  const reading = once(async () =>
    loadCatalog(path(), {
      env: environment,
      kinds: (await kinds()).kinds,
      // One system that cannot be used hides neither the others nor the people.
      missingVariables: 'warning',
      unconnected: 'warning',
    }),
  )
  const connecting = once(async () => {
    if (parts.mongodbUri === null) throw new CannotAsk('MONGODB_URI is not set, or wrong')
    return connect(parts.mongodbUri)
  })
  return {
    environment,
    parts,
    now,
    dispatcher,
    kinds,
    reading,
    catalog: once(async () => {
      const read = await reading().catch(() => null)
      if (read?.ok !== true) throw new CannotAsk('the catalog cannot be read')
      return read.catalog
    }),
    slack: once(() => askSlack(parts, dispatcher)),
    connecting,
    database: () =>
      connecting().catch((error: unknown) => {
        throw error instanceof CannotAsk ? error : new CannotAsk('MongoDB cannot be reached')
      }),
    close: async () => {
      if (connecting.isAsked())
        await connecting().then(
          (connection) => connection.close(true),
          () => undefined,
        )
      await dispatcher?.destroy()
    },
  }
}

/** Made when it is first asked for. */
function once<T>(make: () => Promise<T>): (() => Promise<T>) & { isAsked(): boolean } {
  let made: Promise<T> | null = null
  return Object.assign(() => (made ??= make()), { isAsked: () => made !== null })
}
