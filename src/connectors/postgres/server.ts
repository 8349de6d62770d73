import pg from 'pg'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkServerIdentity, rootCertificates } from 'node:tls'
import { z } from 'zod'
import { ConnectorError, type Surroundings } from '../../domain/connector.ts'
import { readSecret } from '../secret.ts'
import { isClash, postgresFailure } from './failure.ts'
import { addressOf, type PostgresSettings } from './settings.ts'

const mostConnections = 16
const idleMs = 60_000
const mostClashes = 20
const clashWaitMs = 20
/** Whoever may make functions or operators in any schema of the database has none of them run here. */
const searchPath = 'pg_catalog, pg_temp'

export interface Server {
  /** Reads, in a transaction of its own. */
  read<T>(doing: string, query: Query<T>): Promise<T[]>
  /**
   * Changes something in the name of the owner role: all of it or nothing, and nothing once the time of the call is up,
   * by the server's own clock. `lockMs`: how long it waits for what somebody else keeps locked, if not until then.
   */
  change(doing: string, statement: string, how: { signal: AbortSignal; lockMs?: number }): Promise<void>
  /** The same, for what answers with rows. */
  readAsOwner<T>(doing: string, query: Query<T>): Promise<T[]>
  /** What is left of the time of a call, as far as is known: it began when its signal was first seen here. */
  leftMs(signal: AbortSignal): number
  /** Calls in flight fail. */
  close(): Promise<void>
}

interface Query<T> {
  readonly text: string
  readonly values: readonly unknown[]
  readonly row: z.ZodType<T>
  readonly signal: AbortSignal
}

const clock = z.object({ nowMs: z.number() })

export function serverAt(settings: PostgresSettings, surroundings: Surroundings): Server {
  const address = addressOf(settings.url)
  if (address === null) throw new Error('the url was not checked')
  const { timeoutMs } = surroundings
  const { host, port, user, database, hasTls } = address
  const { password, ca } = settings
  const owner = pg.escapeIdentifier(settings.owner)
  /** The server gives up before we do: nothing takes effect long after we stopped waiting. */
  const serverMs = Math.max(50, Math.floor(timeoutMs * 0.8))
  const limits = (ms: number) => `SET LOCAL search_path = ${searchPath};
    SET LOCAL statement_timeout = ${serverMs}; SET LOCAL lock_timeout = ${ms}; SET LOCAL ROLE ${owner}`
  let pool: pg.Pool | null = null
  let isClosed = false
  /** What makes each call in flight fail. */
  const inFlight = new Set<() => void>()
  const ends = new WeakMap<AbortSignal, number>()

  function endOf(signal: AbortSignal): number {
    const endMs = ends.get(signal) ?? performance.now() + timeoutMs
    ends.set(signal, endMs)
    return endMs
  }
  const leftMs = (signal: AbortSignal): number => endOf(signal) - performance.now()

  /** Made at the first call: certificates may have to be read. */
  async function pooled(): Promise<pg.Pool> {
    if (pool !== null) return pool
    const trusted = ca === undefined ? null : await readSecret(ca, { ...surroundings, hide: () => undefined })
    if (isClosed) throw new Error('closed')
    pool ??= aPool(trusted)
    return pool
  }

  function aPool(trusted: string | null): pg.Pool {
    const made = new pg.Pool(driverSettings(trusted))
    // A connection that is cut would end this process otherwise: while nobody uses it, or while somebody does.
    made.on('error', () => undefined)
    made.on('connect', (client) => client.on('error', () => undefined))
    return made
  }

  /** All that the driver would take from the environment of this process, or from a file, is told here. */
  function driverSettings(trusted: string | null): pg.PoolConfig {
    const told: pg.PoolConfig & { replication: string } = {
      host,
      port,
      user,
      database,
      application_name: 'curfew',
      password: () => {
        if (password !== undefined) return readSecret(password, surroundings)
        throw new ConnectorError('PostgreSQL asks for a password, and the catalog has none', {
          retryable: false,
          happened: 'no',
        })
      },
      options: `-c search_path=${searchPath.replaceAll(' ', '')}`,
      client_encoding: 'utf8',
      replication: 'false',
      sslnegotiation: 'postgres',
      ssl: hasTls
        ? {
            ca: trusted === null ? [...rootCertificates] : [trusted, ...rootCertificates],
            // The driver leaves an address out, and `localhost` would be looked for then.
            checkServerIdentity: (_name, certificate) => checkServerIdentity(host, certificate),
          }
        : false,
      max: mostConnections,
      connectionTimeoutMillis: timeoutMs,
      idleTimeoutMillis: idleMs,
      keepAlive: true,
    }
    return told
  }

  /** Settles as the work does, or rejects as soon as the signal aborts or the connector is closed: also if it was before. */
  async function within<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    let fail: () => void = () => undefined
    const over = new Promise<never>((_resolve, reject) => {
      fail = () => reject(new Error(isClosed ? 'closed' : 'aborted'))
    })
    over.catch(() => undefined)
    if (signal.aborted || isClosed) fail()
    signal.addEventListener('abort', fail, { once: true })
    inFlight.add(fail)
    try {
      return await Promise.race(signal.aborted || isClosed ? [over] : [over, work()])
    } finally {
      signal.removeEventListener('abort', fail)
      inFlight.delete(fail)
    }
  }

  /** A connection; one that comes when nobody waits for it any more goes back. */
  async function connected(signal: AbortSignal): Promise<pg.PoolClient> {
    const connecting = { isWanted: true }
    try {
      return await within(signal, async () => {
        const client = await (await pooled()).connect()
        if (!connecting.isWanted) client.release()
        return client
      })
    } catch (error) {
      connecting.isWanted = false
      throw error
    }
  }

  /** Runs on a connection of the pool; when the signal aborts the connection is broken, and the call ends. */
  async function on<T>(
    doing: string,
    signal: AbortSignal,
    work: (client: pg.PoolClient) => Promise<T>,
  ): Promise<T> {
    const refused = (why: string) =>
      new ConnectorError(`PostgreSQL could not ${doing}: ${why}`, { retryable: true, happened: 'no' })
    endOf(signal)
    if (isClosed) throw refused('the connector is closed')
    if (signal.aborted) throw refused('no time was left')
    const client = await connected(signal).catch((error: unknown) => {
      throw isClosed
        ? refused('the connector was closed')
        : postgresFailure(error, doing, { wasSent: false, signal })
    })
    let isGood = false
    try {
      const result = await within(signal, () => work(client))
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

  /** Whether the connection can be used again after a refusal. */
  async function rolledBack(client: pg.PoolClient, signal: AbortSignal): Promise<boolean> {
    return within(signal, () => client.query('ROLLBACK')).then(
      () => true,
      () => false,
    )
  }

  const rows = <T>({ rows: found }: pg.QueryResult, row: z.ZodType<T>, doing: string): T[] => {
    const parsed = z.array(row).safeParse(found)
    if (parsed.success) return parsed.data
    throw new ConnectorError(`PostgreSQL could not ${doing}: its answer cannot be read`, {
      retryable: true,
      happened: 'unknown',
    })
  }

  async function changeOnce(
    doing: string,
    statement: string,
    { signal, lockMs = serverMs }: { signal: AbortSignal; lockMs?: number },
  ): Promise<void> {
    await on(doing, signal, async (client) => {
      const [told] = rows(await client.query(askTheTime), clock, doing)
      const leftNowMs = Math.floor(leftMs(signal) * 0.8)
      if (told === undefined || leftNowMs <= 0 || signal.aborted || isClosed)
        throw new ConnectorError(`PostgreSQL could not ${doing}: no time was left`, {
          retryable: true,
          happened: 'no',
        })
      const until = untilThen(told.nowMs + leftNowMs)
      await client.query(`BEGIN; ${limits(Math.min(lockMs, serverMs))}; ${until}; ${statement}; COMMIT`)
    })
  }

  return {
    leftMs,
    read: (doing, { text, values, row, signal }) =>
      on(doing, signal, async (client) => rows(await client.query(text, [...values]), row, doing)),
    async change(doing, statement, how) {
      for (let clashes = 0; ; clashes++) {
        try {
          await changeOnce(doing, statement, how)
          return
        } catch (error) {
          if (!isClash(error) || clashes === mostClashes || leftMs(how.signal) <= 0) throw error
          // Somebody else did the same at the same moment: what they did stands by now.
          await sleep(Math.random() * clashWaitMs)
        }
      }
    },
    readAsOwner: (doing, { text, values, row, signal }) =>
      on(doing, signal, async (client) => {
        await client.query(`BEGIN; ${limits(serverMs)}`)
        const found = rows(await client.query(text, [...values]), row, doing)
        await client.query('COMMIT')
        return found
      }),
    async close() {
      isClosed = true
      for (const fail of inFlight) fail()
      await pool?.end()
    },
  }
}

const askTheTime =
  'SELECT (EXTRACT(epoch FROM pg_catalog.clock_timestamp()) * 1000)::pg_catalog.float8 AS "nowMs"'

/**
 * What comes after it in its transaction happens before this moment of the server's clock, or not at all: the server's
 * time-outs count from when a statement arrives, and that may be long after it was sent.
 */
const untilThen = (atMs: number): string => {
  const text = `DECLARE
    left_ms integer := pg_catalog.floor(${atMs} - EXTRACT(epoch FROM pg_catalog.clock_timestamp()) * 1000);
  BEGIN
    IF left_ms < 1 THEN RAISE query_canceled; END IF;
    PERFORM pg_catalog.set_config('statement_timeout', left_ms::text, true);
  END`
  return `DO ${pg.escapeLiteral(text)}`
}
