import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import { z } from 'zod'
import type { Cast } from '../support/cast.ts'
import { ordersCatalog } from '../support/catalogs.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'

const messageSchema = z.object({
  action: z.enum(['give', 'take', 'has', 'list', 'check']),
  principal: z.string().default(''),
  until: z.coerce.date().nullable().default(null),
})

export interface GateCall extends z.infer<typeof messageSchema> {
  /** The idempotency key of give and take. */
  readonly id: string
  readonly atMs: number
  /** When the access may lapse by itself, as a give says. */
  readonly until: Date | null
}

/** What the gate does instead of obeying; each may wait first. `after` obeys, and then answers this. */
export interface Trouble {
  readonly delayMs?: number
  readonly status?: number
  readonly body?: string
  readonly after?: true
  /** No answer at all. */
  readonly silent?: true
}

/** A system behind the webhook connector, that obeys or not as the test likes. */
export interface Gate {
  readonly env: { GATE_URL: string; GATE_SECRET: string }
  readonly holders: Set<string>
  readonly calls: GateCall[]
  /** Asked at each call: what goes wrong with this one, if anything. */
  trouble: (call: GateCall) => Trouble | undefined
}

export async function aGate(): Promise<Gate> {
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const webhook = new Webhook(secret)
  const holders = new Set<string>()
  const calls: GateCall[] = []
  const server = createServer((request, response) => {
    void text(request).then(async (body) => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([k, v]) => [k, String(v)]))
      const message = messageSchema.parse(webhook.verify(body, headers))
      const call = { ...message, id: headers['webhook-id'] ?? '', atMs: performance.now() }
      calls.push(call)
      const trouble = gate.trouble(call)
      if (trouble?.delayMs) await sleep(trouble.delayMs)
      const obeys = !trouble || trouble.after || (!trouble.silent && !trouble.status && !trouble.body)
      if (obeys && message.action === 'give') holders.add(message.principal)
      if (obeys && message.action === 'take') holders.delete(message.principal)
      if (trouble?.silent) return
      const answer = { holds: holders.has(message.principal), principals: [...holders] }
      response
        .writeHead(trouble?.status ?? 200, { 'content-type': 'application/json' })
        .end(trouble?.body ?? JSON.stringify(answer))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterThis(async () => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const env = { GATE_URL: `http://127.0.0.1:${port}/curfew`, GATE_SECRET: secret }
  const gate: Gate = { env, holders, calls, trouble: () => undefined }
  return gate
}

/** The catalog of the tests with the gate: `gate open`, for 6 s unless said otherwise, late after 10 s; `more` are lines of the entitlement. */
export function gateCatalog(
  cast: Cast,
  { duration = '6s', alert = '10s', timeout = '1s', more = '' } = {},
): string {
  const system = `  gate:
    connector: webhook
    url: \${GATE_URL}
    secret: \${GATE_SECRET}
    principal: email.split("@")[0]
    timeout: ${timeout}
`
  const resource = `
  gate:
    name: The gate
    system: gate
    channel: ${cast.orders.id}
    entitlements:
      open:
        name: Open the gate
        target: { gate: main }
        who: '"@contractors" in groups'
        duration: { default: ${duration}, max: 1h, choices: [${duration}] }
        alert: ${alert}
${more}`
  return ordersCatalog(cast).replace('\nresources:', `${system}\nresources:`) + resource
}
