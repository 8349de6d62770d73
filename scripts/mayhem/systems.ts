import { z } from 'zod'
import { answerParent, startPart, type Part } from '../benches/part.ts'
import { Dice } from './dice.ts'
import type { Span } from './diary.ts'
import { gateFaults, openGate, type Gate, type GateFault } from './gate.ts'
import { openVpn, vpnFaults, type Vpn, type VpnFault } from './vpn.ts'

/*
 * What stands before the systems is a process of its own: Slack and all people are another, and however busy that one is,
 * no system is slower for it.
 */

/** The ways to the systems, from where trouble is made. */
export interface Systems {
  readonly orders: { readonly port: number; breaks(fault: GateFault | null): Promise<void> }
  readonly billing: { readonly port: number; breaks(fault: GateFault | null): Promise<void> }
  readonly vpn: {
    readonly url: string
    readonly secret: string
    breaks(fault: VpnFault | null): Promise<void>
  }
  /** When this machine gave them no time to answer. */
  starved(): Promise<readonly Span[]>
  stop(): Promise<void>
}

const question = z.discriminatedUnion('what', [
  z.object({
    what: z.literal('open'),
    orders: z.number(),
    billing: z.number(),
    seed: z.number(),
    vpnHeld: z.array(z.string()),
  }),
  z.object({
    what: z.literal('gate'),
    name: z.enum(['orders', 'billing']),
    fault: z.enum(gateFaults).nullable(),
  }),
  z.object({ what: z.literal('vpn'), fault: z.enum(vpnFaults).nullable() }),
  z.object({ what: z.literal('starved') }),
])
const opened = z.object({ orders: z.number(), billing: z.number(), url: z.string(), secret: z.string() })
const spans = z.array(z.object({ from: z.number(), to: z.number() }))

export async function openSystems(of: {
  readonly orders: number
  readonly billing: number
  readonly seed: number
  readonly vpnHeld: readonly string[]
}): Promise<Systems> {
  const part: Part = startPart('../mayhem/systems.ts')
  const { orders, billing, url, secret } = opened.parse(await part.ask({ what: 'open', ...of }))
  const gate = (name: 'orders' | 'billing', port: number) => ({
    port,
    breaks: async (fault: GateFault | null) => {
      await part.ask({ what: 'gate', name, fault })
    },
  })
  return {
    orders: gate('orders', orders),
    billing: gate('billing', billing),
    vpn: {
      url,
      secret,
      breaks: async (fault) => {
        await part.ask({ what: 'vpn', fault })
      },
    },
    starved: async () => spans.parse(await part.ask({ what: 'starved' })),
    stop: () => part.stop(),
  }
}

const beatMs = 50
const starvedMs = 250

if (process.send !== undefined && process.argv[1] === import.meta.filename) {
  const starved: Span[] = []
  let beatAt = Date.now()
  setInterval(() => {
    const now = Date.now()
    if (now - beatAt > starvedMs) starved.push({ from: beatAt, to: now })
    beatAt = now
  }, beatMs)
  let systems: { orders: Gate; billing: Gate; vpn: Vpn } | null = null
  answerParent(question, async (asked) => {
    if (asked.what === 'open') {
      const { orders, billing, seed, vpnHeld } = asked
      systems = {
        orders: await openGate(orders),
        billing: await openGate(billing),
        vpn: await openVpn(new Dice(seed, 'vpn')),
      }
      for (const place of vpnHeld) systems.vpn.held.add(place)
      const { url, secret } = systems.vpn
      return { orders: systems.orders.port, billing: systems.billing.port, url, secret }
    }
    if (asked.what === 'gate' && systems) systems[asked.name].fault = asked.fault
    if (asked.what === 'vpn' && systems) systems.vpn.fault = asked.fault
    return asked.what === 'starved' ? starved : null
  })
}
