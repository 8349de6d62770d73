import { Attribute, Change, Client, type Filter, type SearchOptions } from 'ldapts'
import { once } from 'node:events'
import { isIP, connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, rootCertificates } from 'node:tls'
import PQueue from 'p-queue'
import { z } from 'zod'
import { ConnectorError, type Surroundings } from '../../domain/connector.ts'
import { readSecret } from '../secret.ts'
import { codeOf, ldapFailure, type Phase } from './failure.ts'
import { addressOf, type LdapSettings } from './settings.ts'

const mostConnections = 16
const idleMs = 60_000

export interface Found {
  readonly dn: string
  /** The values of an attribute, in the server's order; none where it has none, or may not be seen. */
  values(attribute: string): string[]
  /** The attributes it came with, as the server writes them. */
  readonly attributes: readonly string[]
}

export interface Search {
  readonly scope: 'base' | 'sub'
  readonly filter?: Filter
  readonly attributes: readonly string[]
  readonly most?: number
}

export interface OneChange {
  readonly operation: 'add' | 'delete'
  readonly attribute: string
  readonly value: string
}

/** One connection that is signed in. What the server refuses is thrown as the library has it: `codeOf` reads it. */
export interface Session {
  /** Entries, and whether the server pointed at other servers that may know more. */
  search(base: string, search: Search): Promise<{ entries: Found[]; hasReferrals: boolean }>
  compare(dn: string, attribute: string, value: string): Promise<boolean>
  /** All of the changes or none. */
  modify(dn: string, changes: readonly OneChange[]): Promise<void>
}

export interface Server {
  /** Works on a connection that nobody else uses meanwhile; it is broken when the signal aborts. Throws `ConnectorError`s. */
  on<T>(doing: string, signal: AbortSignal, work: (session: Session) => Promise<T>): Promise<T>
  close(): Promise<void>
}

interface Link {
  readonly client: Client
  isUsable(): boolean
  /** At once: what was asked may happen all the same. */
  destroy(): void
}

interface Idle {
  readonly link: Link
  readonly timer: NodeJS.Timeout
}

export function serverAt(settings: LdapSettings, surroundings: Surroundings): Server {
  const { url, tls, ca, bind } = settings
  const address = addressOf(url)
  if (address === null) throw new Error('the url was not checked')
  const { host, port, isLdaps } = address
  const queue = new PQueue({ concurrency: mostConnections })
  const idle: Idle[] = []
  const links = new Set<Link>()
  let isClosed = false

  async function trust(signal: AbortSignal) {
    const trusted =
      ca === undefined ? [] : [await readSecret(ca, { ...surroundings, hide: () => undefined }, signal)]
    return { host, ca: [...trusted, ...rootCertificates], ...(isIP(host) === 0 ? { servername: host } : {}) }
  }

  /** The sockets are ours, and the library is handed one of them once: by itself it connects anew and does not sign in. */
  async function connected(signal: AbortSignal): Promise<Link> {
    const sockets: Socket[] = []
    const trusted = isLdaps || tls === 'startTls' ? await trust(signal) : null
    const socket = isLdaps ? connectTls({ ...trusted, port }) : connectTcp({ host, port })
    sockets.push(socket)
    socket.setKeepAlive(true).setNoDelay(true)
    const link: Link = {
      isUsable: () => sockets.every(({ destroyed, readyState }) => !destroyed && readyState === 'open'),
      destroy: () => {
        links.delete(link)
        for (const one of sockets) {
          one.on('error', () => undefined)
          one.destroy(new Error('the connection broke'))
        }
      },
      client: new Client({
        url: 'ldap://localhost',
        createConnection: () => {
          if (!link.isUsable()) throw new Error('the connection broke')
          return socket
        },
        createSecureConnection: () => {
          const secured = connectTls({ ...trusted, socket })
          sockets.push(secured)
          return secured
        },
      }),
    }
    links.add(link)
    try {
      await once(socket, isLdaps ? 'secureConnect' : 'connect', { signal })
      if (tls === 'startTls') await untilAborted(link.client.startTLS(), signal)
      return link
    } catch (error) {
      link.destroy()
      throw error
    }
  }

  async function signedIn(doing: string, signal: AbortSignal): Promise<Link> {
    let phase: Phase = 'connecting'
    let link: Link | null = null
    try {
      const password = await readSecret(bind.password, surroundings, signal)
      link = await connected(signal)
      phase = 'signing in'
      await untilAborted(link.client.bind(bind.dn, password), signal)
      return link
    } catch (error) {
      link?.destroy()
      throw ldapFailure(error, doing, { phase, signal })
    }
  }

  function warm(): Link | null {
    for (;;) {
      const kept = idle.pop()
      if (kept === undefined) return null
      clearTimeout(kept.timer)
      if (kept.link.isUsable()) return kept.link
      kept.link.destroy()
    }
  }

  function keep(link: Link): void {
    if (isClosed) {
      ended(link)
      return
    }
    const timer = setTimeout(() => {
      idle.splice(0, idle.length, ...idle.filter((one) => one.link !== link))
      ended(link)
    }, idleMs)
    idle.push({ link, timer: timer.unref() })
  }

  async function using<T>(
    doing: string,
    signal: AbortSignal,
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    const link = warm() ?? (await signedIn(doing, signal))
    let isGood = false
    try {
      const result = await untilAborted(work(sessionOf(link, doing)), signal)
      isGood = true
      return result
    } catch (error) {
      isGood = codeOf(error) !== null || (error instanceof ConnectorError && error.happened === 'no')
      throw ldapFailure(error, doing, { phase: 'asking', signal })
    } finally {
      if (isGood && !signal.aborted) keep(link)
      else link.destroy()
    }
  }

  return {
    async on(doing, signal, work) {
      const refused = (why: string, cause?: unknown) =>
        new ConnectorError(`LDAP could not ${doing}: ${why}`, { retryable: true, happened: 'no', cause })
      if (isClosed) throw refused('the connector is closed')
      if (signal.aborted) throw refused('no time was left')
      const waiting = new AbortController()
      const giveUp = () => waiting.abort()
      signal.addEventListener('abort', giveUp, { once: true })
      try {
        return await queue.add(
          async () => {
            signal.removeEventListener('abort', giveUp)
            return using(doing, signal, work)
          },
          { signal: waiting.signal },
        )
      } catch (error) {
        throw error instanceof ConnectorError ? error : refused('too much was asked of it at once', error)
      }
    },

    async close() {
      isClosed = true
      for (const { link, timer } of idle.splice(0)) {
        clearTimeout(timer)
        ended(link)
      }
      for (const link of links) link.destroy()
      await queue.onIdle()
    },
  }
}

/** Says goodbye, and does not wait for it. */
function ended(link: Link): void {
  void link.client
    .unbind()
    .catch(() => undefined)
    .finally(() => link.destroy())
}

function sessionOf(link: Link, doing: string): Session {
  const { client } = link
  /** On a connection that is gone the library would wait for ever, or go on without a login. */
  const usable = () => {
    if (!link.isUsable()) throw new Error('the connection broke')
  }
  return {
    async search(base, { scope, filter, attributes, most }) {
      usable()
      const options: SearchOptions = {
        scope,
        attributes: [...attributes],
        derefAliases: 'never',
        ...(filter === undefined ? {} : { filter }),
        ...(most === undefined ? {} : { sizeLimit: most }),
      }
      const { searchEntries, searchReferences } = await client.search(base, options)
      return {
        entries: searchEntries.map((entry) => foundIn(entry, doing)),
        hasReferrals: searchReferences.length > 0,
      }
    },
    async compare(dn, attribute, value) {
      usable()
      return client.compare(dn, attribute, value)
    },
    async modify(dn, changes) {
      usable()
      await client.modify(
        dn,
        changes.map(
          ({ operation, attribute, value }) =>
            new Change({ operation, modification: new Attribute({ type: attribute, values: [value] }) }),
        ),
      )
    },
  }
}

const entrySchema = z.looseObject({ dn: z.string() })
/** One value comes by itself, several come together. */
const valuesSchema = z.union([z.string().transform((one) => [one]), z.array(z.string())])

function foundIn(from: unknown, doing: string): Found {
  const unreadable = () =>
    new ConnectorError(`LDAP could not ${doing}: its answer cannot be read`, { retryable: true })
  const entry = entrySchema.safeParse(from)
  if (!entry.success) throw unreadable()
  const { dn, ...attributes } = entry.data
  return {
    dn,
    attributes: Object.keys(attributes),
    values: (attribute) => {
      const found = Object.entries(attributes).find(
        ([name]) => name.toLowerCase() === attribute.toLowerCase(),
      )
      if (found === undefined) return []
      const values = valuesSchema.safeParse(found[1])
      if (!values.success) throw unreadable()
      return values.data
    },
  }
}

/** Settles as `work` does, or rejects as soon as the signal aborts. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new Error('aborted'))
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
