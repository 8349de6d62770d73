import type { Connector } from '../../src/domain/connector.ts'
import { aScene } from './a-scene.ts'

test.each([
  ['two seconds before', 2_000],
  ['half a second before', 500],
])(
  'nobody says at an end that an earlier give may still turn up where that was over %s',
  async (_what, beforeMs) => {
    let takes = 0
    const { time, db, one, until, ask, approve } = aScene({
      lateMs: 30_000,
      connects: (connector) => ({
        ...connector,
        take: (call: Parameters<Connector['take']>[0]) => {
          takes++
          return connector.take(call)
        },
      }),
    })
    time.at(1_100, () => void ask(one.world, 'one').then(() => approve(one.world, 'one')))
    await until(4_000)
    const [grant] = [...db.grants.values()]
    const [hold] = [...db.holds.values()]
    if (grant?.status !== 'active' || !hold) throw new Error('not as it was meant')
    const endsAtMs = grant.endsAt.getTime()
    void one.world.holds.watch(hold, { gave: true, forMs: endsAtMs - beforeMs - time.nowMs })
    const untrue: string[] = []
    let endedAtMs = 0
    const set = db.grants.set.bind(db.grants)
    db.grants.set = (id, next) => {
      if (
        next.status === 'revoking' &&
        next.mayAppearUntil !== null &&
        next.mayAppearUntil.getTime() <= time.nowMs
      )
        untrue.push(`at ${time.nowMs}: may still appear until ${next.mayAppearUntil.getTime()}`)
      if (next.status === 'ended') endedAtMs = time.nowMs
      return set(id, next)
    }
    await until(60_000)
    expect({ untrue, takes }).toEqual({ untrue: [], takes: 1 })
    expect(endedAtMs - endsAtMs).toBeLessThan(1_000)
  },
)
