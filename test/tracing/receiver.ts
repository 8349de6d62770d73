import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { z } from 'zod'
import { afterThis } from '../workspace/support/a-workspace.ts'

const value = z.union([
  z.object({ stringValue: z.string() }).transform(({ stringValue }) => stringValue),
  z.object({ intValue: z.coerce.number() }).transform(({ intValue }) => intValue),
  z.object({ doubleValue: z.number() }).transform(({ doubleValue }) => doubleValue),
  z.object({ boolValue: z.boolean() }).transform(({ boolValue }) => boolValue),
  z
    .object({ arrayValue: z.object({ values: z.array(z.object({ stringValue: z.string() })) }) })
    .transform(({ arrayValue }) => arrayValue.values.map(({ stringValue }) => stringValue)),
])
const attributes = z
  .array(z.object({ key: z.string(), value }))
  .default([])
  .transform((pairs) => new Map(pairs.map((pair) => [pair.key, pair.value])))
const nanos = z.string().transform((text) => Number(BigInt(text) / 1_000n) / 1_000)
const span = z.object({
  traceId: z.string().regex(/^[0-9a-f]{32}$/),
  spanId: z.string().regex(/^[0-9a-f]{16}$/),
  parentSpanId: z.string().default(''),
  name: z.string(),
  kind: z.number(),
  startTimeUnixNano: nanos,
  endTimeUnixNano: nanos,
  attributes,
  events: z.array(z.object({ name: z.string(), attributes })).default([]),
  links: z.array(z.object({ traceId: z.string(), spanId: z.string() })).default([]),
  status: z.object({ code: z.number().default(0) }),
})
const sent = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(z.object({ spans: z.array(span) })),
    }),
  ),
})

export type ReceivedSpan = z.infer<typeof span>

export interface Receiver {
  readonly url: string
  readonly spans: readonly ReceivedSpan[]
  readonly resources: readonly ReadonlyMap<string, unknown>[]
  /** All bodies as they came, one after the other. */
  readonly bodies: readonly Buffer[]
  readonly headers: readonly IncomingHttpHeaders[]
  /** What it answers instead, or that it never does; null: that it has them. */
  trouble: number | 'silent' | null
  of(name: string | RegExp): ReceivedSpan[]
  environment(more?: Readonly<Record<string, string>>): Record<string, string>
}

/** What receives spans by OTLP over HTTP, on a real socket; what comes as JSON is read. */
export async function aReceiver(): Promise<Receiver> {
  const spans: ReceivedSpan[] = []
  const resources: ReadonlyMap<string, unknown>[] = []
  const bodies: Buffer[] = []
  const headers: IncomingHttpHeaders[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      headers.push(request.headers)
      if (receiver.trouble === 'silent') return
      if (receiver.trouble !== null || request.url !== '/v1/traces') {
        response.writeHead(receiver.trouble ?? 404).end()
        return
      }
      const whole = Buffer.concat(chunks)
      const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(whole) : whole
      bodies.push(body)
      const isJson = request.headers['content-type'] === 'application/json'
      for (const each of isJson ? sent.parse(JSON.parse(body.toString())).resourceSpans : []) {
        resources.push(each.resource.attributes)
        spans.push(...each.scopeSpans.flatMap((scope) => scope.spans))
      }
      response.writeHead(200, { 'content-type': request.headers['content-type'] }).end(isJson ? '{}' : '')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterThis(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    resources,
    bodies,
    headers,
    trouble: null,
    of: (name) => spans.filter((one) => (typeof name === 'string' ? one.name === name : name.test(one.name))),
    environment: (more = {}) => ({
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '100',
      ...more,
    }),
  }
  return receiver
}
