import pg from 'pg'
import { rootCertificates } from 'node:tls'
import { z } from 'zod'
import { ConnectorError, type Surroundings } from '../../domain/connector.ts'
import { readSecret } from '../secret.ts'
import { postgresFailure } from './failure.ts'
import { addressOf, type PostgresSettings } from './settings.ts'

const mostConnections = 16
const idleMs = 60_000

export interface Server {
  /** Reads, in a transaction of its own. */
  read<T>(doing: string, query: Query<T>): Promise<T[]>
  /** Changes something in the name of the owner role: all of it or nothing, and nothing once `signal` has aborted. */
  change(doing: string, statement: string, signal: AbortSignal): Promise<void>
  /** The same, for what answers with rows. */
  readAsOwner<T>(doing: string, query: Query<T>): Promise<T[]>
  close(): Promise<void>
}

interface Query<T> {
  readonly text: string
  readonly values: readonly unknown[]
  readonly row: z.ZodType<T>
  readonly signal: AbortSignal
}

export function serverAt(settings: PostgresSettings, surroundings: Surroundings): Server {
  const address = addressOf(settings.url)
  if (address === null) throw new Error('the url was not checked')
  const { timeoutMs } = surroundings
  const { host, port, user, database, hasTls } = address
  const { password, ca } = settings
  const owner = pg.escapeIdentifier(settings.owner)
  /** The server gives up before we do: nothing takes effect long after we stopped waiting. */
  const serverMs = Math.max(50, Math.floor(timeoutMs * 0.8))
  const limits = `SET LOCAL statement_timeout = ${serverMs}; SET LOCAL lock_timeout = ${serverMs}`
  let pool: pg.Pool | null = null
  let isClosed = false

  /** Made at the first call: certificates may have to be read. */
  async function pooled(): Promise<pg.Pool> {
    if (pool !== null) return pool
    const trusted = ca === undefined ? null : await readSecret(ca, { ...surroundings, hide: () => undefined })
    pool ??= new pg.Pool({
      host,
      port,
      user,
      database,
      application_name: 'curfew',
      ...(password === undefined ? {} : { password: () => readSecret(password, surroundings) }),
      ssl: hasTls ? { ca: trusted === null ? [...rootCertificates] : [trusted, ...rootCertificates] } : false,
      max: mostConnections,
      connectionTimeoutMillis: timeoutMs,
      idleTimeoutMillis: idleMs,
      keepAlive: true,
    })
    // A connection that is cut would end this process otherwise: while nobody uses it, or while somebody does.
    pool.on('error', () => undefined)
    pool.on('connect', (client) => client.on('error', () => undefined))
    return pool
  }

  /** Runs on a connection of the pool; when the signal aborts the connection is broken, and the call ends. */
  async function on<T>(
    doing: string,
    signal: AbortSignal,
    work: (client: pg.PoolClient) => Promise<T>,
  ): Promise<T> {
    const refused = (why: string) =>
      new ConnectorError(`PostgreSQL could not ${doing}: ${why}`, { retryable: true, happened: 'no' })
    if (isClosed) throw refused('the connector is closed')
    if (signal.aborted) throw refused('no time was left')
    const client = await connected(await pooled(), signal).catch((error: unknown) => {
      throw postgresFailure(error, doing, { wasSent: false, signal })
    })
    const broken = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true })
    })
    let isGood = false
    try {
      const result = await Promise.race([work(client), broken])
      isGood = true
      return result
    } catch (error) {
      const failure = postgresFailure(error, doing, { wasSent: true, signal })
      isGood = failure.happened === 'no' && (await rolledBack(client, signal))
      throw failure
    } finally {
      client.release(!isGood)
    }
  }

  const rows = <T>({ rows: found }: pg.QueryResult, row: z.ZodType<T>, doing: string): T[] => {
    const parsed = z.array(row).safeParse(found)
    if (parsed.success) return parsed.data
    throw new ConnectorError(`PostgreSQL could not ${doing}: its answer cannot be read`, {
      retryable: true,
      happened: 'unknown',
    })
  }

  return {
    read: (doing, { text, values, row, signal }) =>
      on(doing, signal, async (client) => rows(await client.query(text, [...values]), row, doing)),
    change: (doing, statement, signal) =>
      on(doing, signal, async (client) => {
        await client.query(`BEGIN; ${limits}; SET LOCAL ROLE ${owner}; ${statement}; COMMIT`)
      }),
    readAsOwner: (doing, { text, values, row, signal }) =>
      on(doing, signal, async (client) => {
        await client.query(`BEGIN; ${limits}; SET LOCAL ROLE ${owner}`)
        const found = rows(await client.query(text, [...values]), row, doing)
        await client.query('COMMIT')
        return found
      }),
    async close() {
      isClosed = true
      await pool?.end()
    },
  }
}

/** A connection, or a rejection as soon as the signal aborts; one that comes later goes back. */
async function connected(pool: pg.Pool, signal: AbortSignal): Promise<pg.PoolClient> {
  const connecting = pool.connect()
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      connecting.then((client) => client.release()).catch(() => undefined)
      reject(new Error('aborted'))
    }
    signal.addEventListener('abort', abort, { once: true })
    void connecting.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** Whether the connection can be used again after a refusal. */
async function rolledBack(client: pg.PoolClient, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false
  return client.query('ROLLBACK').then(
    () => true,
    () => false,
  )
}
