import type { Surface, SurfaceStore } from '../../src/domain/ports/surfaces.ts'

type Row = Surface & { readonly leasedUntilMs: number }

/** What stands in Slack, noted in memory: passes the same contract as MongoDB's. Every reading is a copy. */
export function memorySurfaces(nowMs: () => number): SurfaceStore {
  const rows = new Map<string, Row>()
  const pausedUntilMs = new Map<string, number>()
  const surfaceOf = ({ leasedUntilMs: _, ...surface }: Row): Surface => surface
  const found = (isFound: (row: Row) => boolean) => [...rows.values()].filter(isFound).map(surfaceOf)
  return {
    of: async (requestId) => found((row) => row.requestId === requestId),
    byMessage: async (channel, ts) => found((row) => row.channel === channel && row.ts === ts)[0] ?? null,
    lease: async (key, requestId, forMs) => {
      const row = rows.get(key) ?? { ...unposted, key, requestId }
      if (row.leasedUntilMs > nowMs()) return null
      rows.set(key, { ...row, leasedUntilMs: nowMs() + forMs })
      return surfaceOf(row)
    },
    save: async (key, shown) => {
      const row = rows.get(key)
      if (row) rows.set(key, { ...row, ...shown, leasedUntilMs: 0 })
    },
    needingLook: async (limit) => found(({ needsLook }) => needsLook).slice(0, limit),
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

const unposted = {
  channel: null,
  ts: null,
  shows: null,
  failure: null,
  tries: 0,
  needsLook: false,
  leasedUntilMs: 0,
} as const
