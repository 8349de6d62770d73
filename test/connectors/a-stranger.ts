import { guarded } from '../../src/connectors/guarded.ts'
import type { Connector } from '../../src/domain/connector.ts'
import { unobserved, type Observe } from '../../src/domain/ports/observe.ts'
import { redacted } from '../../src/log.ts'
import { noLog } from '../support/no-log.ts'

/** A connector of a stranger's, behind the guard; what is said of it, as the real log writes it; and a call for it. */
export function aStranger(habits: Partial<Connector> = {}, timeoutMs = 200, observe: Observe = unobserved) {
  const said: { message: string; fields: Record<string, unknown> }[] = []
  const note = (message: string, fields: Record<string, unknown> = {}) =>
    void said.push({ message, fields: redacted(fields) as Record<string, unknown> })
  const bare: Connector = {
    give: async () => undefined,
    take: async () => undefined,
    has: async () => false,
    list: async () => ({ principals: [], next: null }),
    check: async () => [],
    canonical: () => '',
    where: 'here',
    hasLagMs: 0,
    lateMs: 0,
    close: async () => undefined,
    ...habits,
  }
  const log = { ...noLog, error: note, warn: note }
  const connector = guarded(bare, { system: 'orders-db', kind: 'radius', timeoutMs, log, observe })
  const call = () => ({
    principal: 'ada',
    target: {},
    idempotencyKey: 'k',
    signal: AbortSignal.timeout(timeoutMs),
    until: new Date(0),
  })
  return { connector, said, call }
}
