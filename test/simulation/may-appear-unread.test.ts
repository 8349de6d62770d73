import type { Connector } from '../../src/domain/connector.ts'
import { releaseGrant } from '../../src/operations/release.ts'
import { aScene, heldThere } from './a-scene.ts'
import { askers } from './catalog.ts'

test.each([55_000, 55_600, 57_000])(
  'nothing is said to be gone while what a process sent that had stopped for long (%d ms) may still happen, by what the connector says',
  async (stoppedMs) => {
    let appearsAtMs = 0
    let gives = 0
    const scene = aScene({
      lateMs: 30_000,
      connects: (connector, time, caller) => ({
        ...connector,
        give: async (call: Parameters<Connector['give']>[0]) => {
          gives++
          if (gives > 1) return connector.give(call)
          // It stops between its last check and the send.
          scene.one.pause(stoppedMs)
          await caller.wait(0)
          // What it sent then happens twelve seconds later; no answer comes.
          appearsAtMs = time.nowMs + 12_000
          time.at(appearsAtMs, () => void connector.give(call).catch(() => undefined))
          return new Promise(() => undefined)
        },
      }),
    })
    const { time, db, system, one, other, until, ask, approve } = scene
    time.at(1_100, () => void ask(one.world, 'one').then(() => approve(one.world, 'one')))
    time.at(6_000, () => {
      const [grant] = [...db.grants.values()]
      if (grant) void releaseGrant(other.world, { grantId: grant.id, by: askers[0] })
    })
    time.at(50_000, () => void ask(other.world, 'same').then(() => approve(other.world, 'same')))
    const goneAtMs: number[] = []
    const set = db.grants.set.bind(db.grants)
    db.grants.set = (id, next) => {
      if (next.status === 'ended' && next.left === 'gone') goneAtMs.push(time.nowMs)
      return set(id, next)
    }
    await until(200_000)
    expect(appearsAtMs).toBeGreaterThan(0)
    expect(system.isHeld(heldThere)).toBe(false)
    // The first was called off before anything was known to be sent; the other may have been given by what comes late.
    expect(goneAtMs.map((ms) => ms < appearsAtMs)).toEqual([true, false])
  },
)

test.each([
  ['as it is about to be announced', 'announce'],
  ['two seconds before the end', 'wait'],
])(
  'nothing is said to be gone while another process watches for a give of its own, begun %s',
  async (_what, when) => {
    const { time, db, one, other, until, ask, approve } = aScene({ lateMs: 30_000 })
    time.at(1_100, () => void ask(one.world, 'one').then(() => approve(one.world, 'one')))
    await until(6_000)
    const [grant] = [...db.grants.values()]
    const [hold] = [...db.holds.values()]
    if (grant?.status !== 'active' || !hold) throw new Error('not as it was meant')
    let watchUntilMs = 0
    const watches = async (): Promise<void> => {
      if (watchUntilMs > 0) return
      watchUntilMs = time.nowMs + 30_000
      await one.world.holds.watch(hold, { gave: true, forMs: 30_000 })
    }
    if (when === 'wait') time.at(grant.endsAt.getTime() - 2_000, () => void watches())
    else
      for (const { grants } of [one.world, other.world]) {
        const { change } = { ...grants }
        grants.change = async (id, ...asked) => {
          const changed = await change(id, ...asked)
          if ('status' in changed && changed.status === 'revoking') await watches()
          return changed
        }
      }
    let goneAtMs = 0
    const set = db.grants.set.bind(db.grants)
    db.grants.set = (id, next) => {
      if (next.status === 'ended') goneAtMs = time.nowMs
      return set(id, next)
    }
    await until(120_000)
    expect(watchUntilMs).toBeGreaterThan(0)
    expect(db.grants.get(grant.id)).toMatchObject({ status: 'ended', left: 'gone' })
    expect(goneAtMs).toBeGreaterThanOrEqual(watchUntilMs)
  },
)
