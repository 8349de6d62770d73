import { setTimeout as sleep } from 'node:timers/promises'
import { freeze } from '../../test/support/freeze.ts'
import { Dice } from './dice.ts'
import type { Diary } from './diary.ts'
import type { GateFault } from './gate.ts'
import type { Town } from './town.ts'
import type { VpnFault } from './vpn.ts'

/** What goes wrong, at random, until `isOver`; then everything is mended. */
export async function everythingGoesWrong({
  town,
  diary,
  seed,
  isOver,
}: {
  town: Town
  diary: Diary
  seed: number
  isOver(): boolean
}): Promise<void> {
  const dice = (what: string) => new Dice(seed, `fault of ${what}`)
  const nowAndThen = async (
    what: string,
    [least, most]: readonly [number, number],
    happen: (dice: Dice) => Promise<void>,
  ): Promise<void> => {
    const own = dice(what)
    while (!isOver()) {
      await sleepUnless(isOver, own.between(least, most))
      if (!isOver()) await happen(own)
    }
  }
  /** Never longer than everything lasts. */
  const frozen: Promise<void>[] = []
  const lasts = (ms: number) => sleepUnless(isOver, ms)

  await Promise.all([
    nowAndThen('replicas', [3_000, 12_000], async (own) => {
      const replica = own.oneOf(town.replicas)
      if (replica === undefined) return
      switch (own.byWeight({ kill: 4, freeze: 4, clock: 3 })) {
        case 'kill':
          replica.kill()
          return
        case 'freeze':
          // Others may be killed meanwhile.
          frozen.push(replica.freeze(own.between(2_000, own.chance(0.3) ? 40_000 : 15_000)))
          return
        case 'clock':
          diary.count('fault: clock stepped')
          await replica.setClock(own.between(-7_200_000, 7_200_000))
      }
    }),
    nowAndThen('database', [10_000, 25_000], async (own) => {
      const primary = await town.database.primary()
      if (primary === null) return
      switch (own.byWeight({ kill: 3, stepDown: 3, freeze: 2, secondary: 2 })) {
        case 'kill': {
          const end = diary.trouble(primary.name, 'primary killed')
          primary.kill()
          await lasts(own.between(1_000, 8_000))
          await primary.start()
          end()
          return
        }
        case 'stepDown':
          diary.count('fault: primary stepped down')
          await town.database.stepDown()
          return
        case 'freeze': {
          const pid = primary.pid()
          const thaw = pid === null ? null : await freeze(pid).catch(() => null)
          const end = diary.trouble(primary.name, 'primary frozen')
          await lasts(own.between(2_000, 12_000))
          thaw?.()
          end()
          return
        }
        case 'secondary': {
          const other = own.oneOf(
            town.database.members.filter((one) => one !== primary && one.pid() !== null),
          )
          if (other === undefined) return
          const end = diary.trouble(other.name, 'secondary killed')
          other.kill()
          await lasts(own.between(1_000, 8_000))
          await other.start()
          end()
        }
      }
    }),
    ...(['orders', 'billing'] as const).map((name) =>
      nowAndThen(name, [8_000, 25_000], async (own) => {
        const what = own.byWeight<GateFault | 'frozen'>({
          refuses: 3,
          hangs: 3,
          'loses-replies': 3,
          frozen: name === 'billing' ? 2 : 0,
        })
        const end = diary.trouble(name, what)
        if (what === 'frozen') {
          const thaw = await town.billing.freeze()
          await lasts(own.between(1_000, 12_000))
          thaw()
        } else {
          await town.systems[name].breaks(what)
          await lasts(own.between(1_000, 12_000))
          await town.systems[name].breaks(null)
        }
        end()
      }),
    ),
    nowAndThen('vpn', [6_000, 20_000], async (own) => {
      const what = own.byWeight<VpnFault>({ refuses: 3, hangs: 3, 'loses-replies': 3, 'is-late': 4 })
      const end = diary.trouble('vpn', what)
      await town.systems.vpn.breaks(what)
      await lasts(own.between(1_000, 12_000))
      await town.systems.vpn.breaks(null)
      end()
    }),
    nowAndThen('slack', [300, 2_500], async (own) => {
      const { faults, sockets } = town.workspace
      const method =
        own.oneOf(['chat.postMessage', 'chat.update', 'views.open', 'users.info', '*'] as const) ?? '*'
      switch (
        own.byWeight({ limited: 3, failing: 3, lost: 3, lostAfter: 3, slow: 3, events: 3, socket: 1 })
      ) {
        case 'limited':
          faults.next(method, { ratelimited: true, retryAfterSeconds: 1 + Math.floor(own.between(0, 5)) })
          break
        case 'failing':
          faults.next(method, { status: 503 }, 3)
          break
        case 'lost':
          faults.next(method, 'drop')
          break
        case 'lostAfter':
          faults.next(method, 'dropAfter')
          break
        case 'slow':
          faults.next(method, { delayMs: own.between(500, 4_000) })
          break
        case 'events':
          faults.nextDelivery('*', own.oneOf(['lose', 'twice', { delayMs: 2_000 }] as const) ?? 'lose')
          break
        case 'socket':
          sockets.disconnect({ abruptly: own.chance(0.5) })
      }
      diary.count('fault: of Slack')
    }),
  ])
  town.workspace.faults.clear()
  await Promise.all(frozen)
}

async function sleepUnless(isOver: () => boolean, ms: number): Promise<void> {
  const until = performance.now() + ms
  while (!isOver() && performance.now() < until)
    await sleep(Math.min(200, Math.max(1, until - performance.now())))
}
