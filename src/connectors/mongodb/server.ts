import { MongoClient, type Document } from 'mongodb'
import type { z } from 'zod'
import { ConnectorError } from '../../domain/connector.ts'
import { mongodbFailure } from './failure.ts'

export interface Server {
  /** Runs a command on the database of users and parses the reply. Throws `ConnectorError`s that begin with `doing`. */
  run<T>(doing: string, reply: z.ZodType<T>, command: Document, signal: AbortSignal): Promise<T>
  close(): Promise<void>
}

const maxConnections = 32

/** One pool of connections, made at the first call. `closedFile`: what the url names and may not be read; null: nothing. */
export function serverAt(
  url: string,
  database: string,
  { timeoutMs, closedFile }: { timeoutMs: number; closedFile: string | null },
): Server {
  const client = new MongoClient(url, {
    appName: 'curfew',
    maxPoolSize: maxConnections,
    minPoolSize: 1,
    connectTimeoutMS: timeoutMs,
    serverSelectionTimeoutMS: timeoutMs,
    waitQueueTimeoutMS: timeoutMs,
    socketTimeoutMS: timeoutMs,
  })
  /** A client whose first connection failed stays closed until `connect` is called again: the driver's own does not. */
  let connecting: Promise<unknown> | null = null
  let isClosed = false

  async function connected(): Promise<void> {
    connecting ??= client.connect()
    const attempt = connecting
    try {
      await attempt
    } catch (error) {
      if (connecting === attempt) connecting = null
      throw error
    }
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
      await untilAborted(connected(), signal).catch((error: unknown) => {
        throw signal.aborted ? failed('no connection in time', 'no', error) : mongodbFailure(error, doing)
      })
      // `maxTimeMS`: the server gives up too, so that nothing takes effect long after we stopped waiting.
      const bounded = { ...command, maxTimeMS: timeoutMs }
      const reply = await client
        .db(database)
        .command(bounded, { signal })
        .catch((error: unknown) => {
          throw mongodbFailure(error, doing)
        })
      if (reply['writeConcernError']) throw failed('no majority confirmed it in time', 'unknown')
      const parsed = replySchema.safeParse(reply)
      if (!parsed.success) throw failed('the reply cannot be read', 'unknown', parsed.error)
      return parsed.data
    },

    async close() {
      isClosed = true
      await client.close()
      // A connection that was still being made then is closed once it is there.
      const isConnected = await connecting?.then(
        () => true,
        () => false,
      )
      if (isConnected) await client.close()
    },
  }
}

/** Settles as `work` does, or rejects as soon as the signal aborts. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new Error('aborted'))
    signal.addEventListener('abort', abort, { once: true })
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
