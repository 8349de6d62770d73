import { randomBytes } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import { z } from 'zod'
import type { Dice } from './dice.ts'

/**
 * What the network does to calls, instead of what they ask. `loses-replies`: does it, and does not answer. `is-late`: does
 * it some seconds after Curfew gave up, if nobody asked otherwise meanwhile.
 */
export const vpnFaults = ['refuses', 'hangs', 'loses-replies', 'is-late'] as const
export type VpnFault = (typeof vpnFaults)[number]

/** A network behind Curfew's webhook, that keeps the order of calls as its page asks. */
export interface Vpn {
  readonly url: string
  readonly secret: string
  /** Who holds what, `who net`. */
  readonly held: Set<string>
  fault: VpnFault | null
  close(): Promise<void>
}

/** Curfew may be told that it is as late as this. */
export const lateMs = 6_000

const message = z.object({
  action: z.enum(['give', 'take', 'has', 'list', 'check']),
  principal: z.string().default(''),
  target: z.object({ net: z.string() }).default({ net: '' }),
})

const rememberedMs = 600_000

export async function openVpn(dice: Dice): Promise<Vpn> {
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const webhook = new Webhook(secret)
  const held = new Set<string>()
  let calls: { id: string; at: number; place: string; arrivedAt: number }[] = []
  const now: { fault: VpnFault | null } = { fault: null }

  const isHanging = (): boolean => now.fault === 'hangs'

  /** False for what came too late: a newer call for the same place came, or another has followed this one. */
  const isInOrder = (id: string, at: number, place: string): boolean => {
    const ofPlace = calls.filter((call) => call.place === place)
    if (ofPlace.some((call) => call.at > at)) return false
    return !(ofPlace.some((call) => call.id === id) && ofPlace.at(-1)?.id !== id)
  }
  const answer = (response: ServerResponse, status: number, body: object) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

  const server = createServer((request, response) => {
    if (request.url === '/held') {
      answer(response, 200, [...held])
      return
    }
    void (async () => {
      const body = await text(request)
      const headers = Object.fromEntries(Object.entries(request.headers).map(([k, v]) => [k, String(v)]))
      const { action, principal, target } = message.parse(webhook.verify(body, headers))
      const [id, at] = [headers['webhook-id'] ?? '', Number(headers['webhook-timestamp'])]
      const place = `${principal} ${target.net}`
      const isChange = action === 'give' || action === 'take'
      const carryOut = () => {
        if (action === 'give') held.add(place)
        if (action === 'take') held.delete(place)
      }
      if (now.fault === 'refuses') {
        answer(response, 503, { error: 'under maintenance' })
        return
      }
      if (now.fault === 'hangs') {
        // Whoever gave up is not waited for: what it asked for is not done.
        while (isHanging() && !response.destroyed) await sleep(50)
        if (response.destroyed) return
      }
      if (isChange) {
        if (!isInOrder(id, at, place)) {
          answer(response, 409, { error: 'a later call was carried out', retryable: true, happened: false })
          return
        }
        const arrivedAt = Date.now()
        calls = calls.filter((call) => call.arrivedAt > arrivedAt - rememberedMs)
        calls.push({ id, at, place, arrivedAt })
      }
      if (now.fault === 'is-late' && isChange) {
        await sleep(dice.between(500, lateMs - 500))
        if (calls.findLast((call) => call.place === place)?.id === id) carryOut()
        response.destroy()
        return
      }
      if (isChange) carryOut()
      if (now.fault === 'loses-replies') {
        await sleep(200)
        response.destroy()
        return
      }
      if (action === 'has') answer(response, 200, { holds: held.has(place) })
      else if (action === 'list') answer(response, 200, { principals: namesOn(held, target.net) })
      else answer(response, 200, {})
    })().catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the network does not listen')
  return {
    url: `http://127.0.0.1:${address.port}`,
    secret,
    held,
    get fault() {
      return now.fault
    },
    set fault(next: VpnFault | null) {
      now.fault = next
    },
    close: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

const namesOn = (held: ReadonlySet<string>, net: string): string[] =>
  [...held].flatMap((place) => {
    const [name = '', on] = place.split(' ')
    return on === net ? [name] : []
  })
