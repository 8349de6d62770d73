import { randomUUID } from 'node:crypto'
import { KnownShown } from '../../src/mongo/known-shown.ts'
import {
  nothingShown,
  TakenSince,
  unposted,
  type Shown,
  type Surface,
  type SurfaceKey,
  type SurfaceStore,
} from '../../src/domain/ports/surfaces.ts'

type Row = Surface & { readonly leasedUntilMs: number; readonly leasedBy: string }

/** What processes share: hand the same to each. */
export class NotedSurfaces {
  readonly requests = new Map<
    string,
    { version: number; savedBy: object | null; savedSince: number; rows: Row[] }
  >()
  readonly pausedUntilMs = new Map<string, number>()
  readonly turnsFullAtMs = new Map<string, number>()
}

/** What stands in Slack, noted in memory: passes the same contract as MongoDB's. Every reading is a copy. */
export function memorySurfaces(nowMs: () => number, noted = new NotedSurfaces()): SurfaceStore {
  const { requests, pausedUntilMs, turnsFullAtMs } = noted
  const known = new KnownShown()
  const self = {}
  const surfaceOf = ({ leasedUntilMs: _until, leasedBy: _by, ...surface }: Row): Surface => surface
  /** Whoever had it last died before it could note what stands there. */
  const asLeft = (row: Row): Row =>
    row.leasedUntilMs > 0 && row.leasedUntilMs <= nowMs() ? { ...row, shows: null } : row
  const found = (isFound: (row: Row) => boolean) =>
    [...requests.values()].flatMap(({ rows }) => rows.filter(isFound).map(surfaceOf))
  const shownOf = (requestId: string): Shown => {
    const request = requests.get(requestId)
    if (!request) return nothingShown
    const { version, savedBy, savedSince, rows } = request
    const othersUntil = savedBy === self ? savedSince - 1 : version
    const isBeingSent = rows.some(({ leasedUntilMs }) => leasedUntilMs > nowMs())
    return known.learn(requestId, {
      version,
      othersUntil,
      isBeingSent,
      surfaces: rows.map((row) => surfaceOf(asLeft(row))),
    })
  }
  const change = ({ key, requestId }: SurfaceKey, to: (row: Row) => Row): void => {
    const request = requests.get(requestId) ?? { version: 0, savedBy: null, savedSince: 0, rows: [] }
    const isMade = request.rows.some((row) => row.key === key)
    const rows = isMade
      ? request.rows
      : [...request.rows, { ...unposted, key, requestId, leasedUntilMs: 0, leasedBy: '' }]
    requests.set(requestId, { ...request, rows: rows.map((row) => (row.key === key ? to(row) : row)) })
  }
  return {
    of: async (requestId) => shownOf(requestId),
    known: (requestId) => known.of(requestId),
    byMessage: async (channel, ts) => found((row) => row.channel === channel && row.ts === ts)[0] ?? null,
    lease: async (of, forMs, again) => {
      const taken: Row[] = []
      const leasedBy = again ?? randomUUID()
      change(of, (row) => {
        const isMine = row.leasedBy === leasedBy
        if (again === undefined ? row.leasedUntilMs > nowMs() : !isMine) return row
        const leased = { ...(isMine ? row : asLeft(row)), leasedUntilMs: nowMs() + forMs, leasedBy }
        taken.push(leased)
        return leased
      })
      const [row] = taken
      return { row: row ? surfaceOf(row) : null, shown: shownOf(of.requestId), leasedBy }
    },
    save: async (of, now, leasedBy) => {
      const request = requests.get(of.requestId)
      if (!request?.rows.some(({ key }) => key === of.key)) throw new Error('it was never taken')
      const isTaken = request.rows.some((row) => row.key === of.key && row.leasedBy !== leasedBy)
      if (leasedBy !== undefined && isTaken) throw new TakenSince('another took it since')
      change(of, (row) => ({ ...row, ...now, leasedUntilMs: 0 }))
      const { version, savedBy, savedSince, rows } = requests.get(of.requestId) ?? request
      const since = savedBy === self ? savedSince : version + 1
      requests.set(of.requestId, { version: version + 1, savedBy: self, savedSince: since, rows })
      return shownOf(of.requestId)
    },
    needingLook: async (limit, begin) =>
      found(({ needsLook, key }) => needsLook && key.startsWith(begin)).slice(0, limit),
    turn: async (name, { burst, everyMs }) => {
      // As a database's clock counts: fractions do not add up to the very same again.
      const atMs = Math.trunc(nowMs())
      const fullAtMs = Math.max(turnsFullAtMs.get(name) ?? 0, atMs) + everyMs
      turnsFullAtMs.set(name, fullAtMs)
      return Math.max(0, fullAtMs - atMs - burst * everyMs)
    },
    pause: async (method, forMs) => {
      pausedUntilMs.set(method, nowMs() + forMs)
    },
    pauses: async () =>
      new Map(
        [...pausedUntilMs].flatMap(([method, untilMs]) =>
          untilMs > nowMs() ? [[method, untilMs - nowMs()] as const] : [],
        ),
      ),
  }
}
