import { MongoClient, type Document } from 'mongodb'
import type { z } from 'zod'
import { ConnectorError, type Surroundings } from '../../domain/connector.ts'
import { waking } from '../../waking-connection.ts'
import { readSecret, type Secret } from '../secret.ts'
import { codes, mongodbFailure, serverCode } from './failure.ts'

export interface Server {
  /** Runs a command on the database of users and parses the reply. Throws `ConnectorError`s that begin with `doing`. */
  run<T>(doing: string, reply: z.ZodType<T>, command: Document, signal: AbortSignal): Promise<T>
  close(): Promise<void>
}

const maxConnections = 32

interface Login {
  readonly client: MongoClient
  readonly password: string | null
  /** A client whose first connection failed stays closed until `connect` is called again: the driver's own does not. */
  connecting: Promise<unknown> | null
}

/**
 * One pool of connections, made at the first call. `closedFile`: what the url names and may not be read; null: nothing.
 * A `password` that is kept in a file is read anew where the server does not accept the one of before.
 */
export function serverAt(
  { url, database, password }: { url: string; database: string; password: Secret | undefined },
  { surroundings, closedFile }: { surroundings: Surroundings; closedFile: string | null },
): Server {
  const { timeoutMs } = surroundings
  let login: Login | null = null
  const retired = new Set<Login>()
  let isClosed = false

  const passwordNow = (signal: AbortSignal): Promise<string | null> =>
    password === undefined ? Promise.resolve(null) : readSecret(password, surroundings, signal)

  function loginBy(known: string | null): Login {
    if (login !== null && login.password === known) return login
    retire(login)
    const username = new MongoClient(url).options.credentials?.username ?? ''
    const client = new MongoClient(url, {
      appName: 'curfew',
      maxPoolSize: maxConnections,
      minPoolSize: 1,
      connectTimeoutMS: timeoutMs,
      serverSelectionTimeoutMS: timeoutMs,
      waitQueueTimeoutMS: timeoutMs,
      socketTimeoutMS: timeoutMs,
      ...waking,
      ...(known === null ? {} : { auth: { username, password: known } }),
    })
    login = { client, password: known, connecting: null }
    return login
  }

  async function connected(one: Login): Promise<void> {
    one.connecting ??= one.client.connect()
    const attempt = one.connecting
    try {
      await attempt
    } catch (error) {
      if (one.connecting === attempt) one.connecting = null
      throw error
    }
  }

  /** What runs on it ends first. */
  function retire(old: Login | null): void {
    if (old === null) return
    retired.add(old)
    setTimeout(() => {
      if (retired.delete(old)) void closed(old)
    }, timeoutMs).unref()
  }

  return {
    async run(doing, replySchema, command, signal) {
      const failed = (why: string, happened: 'no' | 'unknown', cause?: unknown) =>
        new ConnectorError(`MongoDB could not ${doing}: ${why}`, { retryable: true, happened, cause })
      if (isClosed) throw failed('the connector is closed', 'no')
      if (closedFile !== null)
        throw new ConnectorError(
          `MongoDB could not ${doing}: ${closedFile} is not opened to catalogs: see CATALOG_FILES`,
          { retryable: false, happened: 'no' },
        )
      if (signal.aborted) throw failed('no time was left', 'no')
      const ask = async (one: Login): Promise<Document> => {
        await untilAborted(connected(one), signal).catch((error: unknown) => {
          throw signal.aborted ? failed('no connection in time', 'no', error) : mongodbFailure(error, doing)
        })
        // `maxTimeMS`: the server gives up too, so that nothing takes effect long after we stopped waiting.
        const bounded = { ...command, maxTimeMS: timeoutMs }
        return one.client
          .db(database)
          .command(bounded, { signal })
          .catch((error: unknown) => {
            throw mongodbFailure(error, doing)
          })
      }
      const current = login ?? loginBy(await passwordNow(signal))
      const reply = await ask(current).catch(async (error: unknown) => {
        const isRefused =
          error instanceof ConnectorError && serverCode(error.cause) === codes.authenticationFailed
        if (!isRefused || password === undefined) throw error
        const renewed = loginBy(await passwordNow(signal))
        if (renewed === current) throw error
        return ask(renewed)
      })
      if (reply['writeConcernError']) throw failed('no majority confirmed it in time', 'unknown')
      const parsed = replySchema.safeParse(reply)
      if (!parsed.success) throw failed('the reply cannot be read', 'unknown', parsed.error)
      return parsed.data
    },

    async close() {
      isClosed = true
      await Promise.all([...retired, ...(login === null ? [] : [login])].map(closed))
      retired.clear()
    },
  }
}

async function closed({ client, connecting }: Login): Promise<void> {
  await client.close()
  // A connection that was still being made then is closed once it is there.
  const isConnected = await connecting?.then(
    () => true,
    () => false,
  )
  if (isConnected) await client.close()
}

/** Settles as `work` does, or rejects as soon as the signal aborts. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new Error('aborted'))
    signal.addEventListener('abort', abort, { once: true })
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
