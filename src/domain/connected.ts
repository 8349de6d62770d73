import { isPromise } from 'node:util/types'
import { z } from 'zod'
import { ConnectorError, type Connector, type ConnectorKind, type Surroundings } from './connector.ts'

const method = z.custom<() => unknown>((value) => typeof value === 'function')
/** Reads no other part: any may throw. */
const verbs = z.object({ give: method, take: method, has: method, list: method, check: method })
const milliseconds = z.number().min(0)

/**
 * Connects, and looks at what came of it, since anybody may have written it. Throws what connecting threw, or a
 * `ConnectorError` that says what is wrong with the connector.
 */
export function connected(kind: ConnectorKind, settings: unknown, surroundings: Surroundings): Connector {
  const connector = kind.connect(settings, surroundings)
  const fault = faultOf(connector)
  if (fault === null) return connector
  closeQuietly(connector)
  throw new ConnectorError(fault, { retryable: true, happened: 'no' })
}

function faultOf(connector: Connector): string | null {
  if (isPromise(connector)) {
    connector.catch(() => undefined)
    return '`connect` must return a connector, not a promise'
  }
  if (!verbs.safeParse(connector).success) return '`connect` returned no connector'
  if (!isReadable(() => z.string().min(1).parse(connector.where))) return '`where` must be text'
  if (!isReadable(() => milliseconds.parse(connector.hasLagMs))) return '`hasLagMs` must be a number from 0'
  if (!isReadable(() => milliseconds.parse(connector.lateMs))) return '`lateMs` must be a number from 0'
  return null
}

function isReadable(read: () => unknown): boolean {
  try {
    read()
    return true
  } catch {
    return false
  }
}

/** For one that was only asked something: whatever becomes of it. */
export function closeQuietly(connector: Connector): void {
  const close = async (): Promise<void> => connector.close()
  close().catch(() => undefined)
}
