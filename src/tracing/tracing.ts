import { ROOT_CONTEXT, SpanStatusCode, trace as spans, type Context, type Span } from '@opentelemetry/api'
import { OTLPTraceExporter as AsJson } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as AsProtobuf } from '@opentelemetry/exporter-trace-otlp-proto'
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import type { GrantStore } from '../domain/ports/grants.ts'
import type { HoldStore } from '../domain/ports/holds.ts'
import type { Log } from '../domain/ports/log.ts'
import type { Observe } from '../domain/ports/observe.ts'
import type { Found, Trace } from '../domain/ports/trace.ts'
import { isRefusal } from '../domain/refusal.ts'
import { underWay, type UnderWay } from '../under-way.ts'
import { observedAs, slackPeer } from './from-observed.ts'
import { samplerOf } from './sampler.ts'
import { SaysOnce } from './says-once.ts'
import { namedFound, namedStep } from './spans.ts'
import { tracedGrants, tracedHolds } from './traced-stores.ts'
import type { TracingSettings } from './variables.ts'

export interface Tracing {
  readonly trace: Trace
  readonly observe: Observe
  grants(store: GrantStore): GrantStore
  holds(store: HoldStore): HoldStore
  /** Sends what is there still; given up after a moment, whoever does not answer. */
  stop(): Promise<void>
}

/** However slow what receives spans is, nobody waits longer for it to stop. */
const mayFlushMs = 2_000

/** One step, while it lasts and for whatever it has begun. */
class Part implements UnderWay {
  readonly traceId: string
  readonly context: Context
  readonly span: Span
  isOpen = true

  constructor(span: Span) {
    this.span = span
    this.traceId = span.spanContext().traceId
    this.context = spans.setSpan(ROOT_CONTEXT, span)
  }
}

const above = (): Part | null => {
  const part = underWay.getStore()
  return part instanceof Part ? part : null
}

const headerVariables = ['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_EXPORTER_OTLP_TRACES_HEADERS']

/** An exporter reads these again as it is made, and would send also what was ignored: then nothing would ever be sent. */
function withoutTheirHeaders<T>(make: () => T): T {
  const were = headerVariables.map((name) => [name, process.env[name]] as const)
  for (const name of headerVariables) Reflect.deleteProperty(process.env, name)
  try {
    return make()
  } finally {
    for (const [name, value] of were) if (value !== undefined) process.env[name] = value
  }
}

/**
 * Sends what is under way as OpenTelemetry's spans. Nothing is taken over from a request, and nothing is told to whom we
 * ask: traces begin and end here. Spans wait in a queue of a bounded length, and are thrown away where it is full.
 */
export function openTracing(
  { url, protocol, headers, timeoutMs, compression, sampler, resource, queue }: TracingSettings,
  { instance, slackApiUrl, log }: { instance: string; slackApiUrl: string; log: Log },
): Tracing {
  const options = {
    url,
    headers: { ...headers },
    timeoutMillis: timeoutMs,
    compression: compression === 'gzip' ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE,
  }
  const exporter = new SaysOnce(
    withoutTheirHeaders(() => (protocol === 'http/json' ? new AsJson(options) : new AsProtobuf(options))),
    log,
  )
  const provider = new TracerProvider({
    sampler: samplerOf(sampler),
    resource: resourceFromAttributes({
      'service.instance.id': instance,
      ...resource,
    }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter,
        maxQueueSize: queue.most,
        maxExportBatchSize: Math.min(queue.mostAtOnce, queue.most),
        scheduledDelayMillis: queue.delayMs,
        exportTimeoutMillis: timeoutMs,
      }),
    ],
  })
  const tracer = provider.getTracer('curfew')
  const slack = slackPeer(slackApiUrl)
  const trace: Trace = (step, work) => {
    const from = above()
    const { name, kind, attributes, isOwn } = namedStep(step)
    // What is begun after its end is no part of it any more: a timer may go on for days.
    const isPart = from !== null && from.isOpen && !isOwn
    const links = from === null || isPart ? [] : [{ context: from.span.spanContext() }]
    const span = tracer.startSpan(name, { kind, attributes, links }, isPart ? from.context : ROOT_CONTEXT)
    const part = new Part(span)
    return underWay.run(part, async () => {
      try {
        const result = await work((found) => say(span, name, found))
        if (typeof result === 'object' && result !== null && isRefusal(result))
          say(span, name, { refusal: result.refused })
        return result
      } catch (error) {
        span.setAttribute('error.type', kindOf(error))
        span.setStatus({ code: SpanStatusCode.ERROR })
        throw error
      } finally {
        part.isOpen = false
        span.end()
      }
    })
  }
  return {
    trace,
    grants: (store) => tracedGrants(store, trace),
    holds: (store) => tracedHolds(store, trace),
    observe: (what) => {
      const from = above()
      const part = from?.isOpen === true ? from : null
      const seen = observedAs(what, slack)
      if (seen === null) return
      if ('event' in seen) {
        part?.span.addEvent(seen.event, seen.attributes)
        return
      }
      const { name, kind, attributes, tookMs, isFailed } = seen
      const endedAtMs = Date.now()
      const links = from === null || part !== null ? [] : [{ context: from.span.spanContext() }]
      const startTime = timeOf(endedAtMs - tookMs)
      const span = tracer.startSpan(
        name,
        { kind, attributes, links, startTime },
        part === null ? ROOT_CONTEXT : part.context,
      )
      if (isFailed) span.setStatus({ code: SpanStatusCode.ERROR })
      span.end(timeOf(endedAtMs))
    },
    stop: async () => {
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, mayFlushMs)))
      await Promise.race([provider.shutdown().catch(() => undefined), late])
      clearTimeout(timer)
    },
  }
}

function say(span: Span, name: string, found: Found): void {
  const { attributes, suffix, isFailed } = namedFound(found)
  span.setAttributes(attributes)
  if (suffix !== null) span.updateName(`${name} ${suffix}`)
  if (isFailed) span.setStatus({ code: SpanStatusCode.ERROR })
}

/** As seconds and nanoseconds: a bare number may be taken for one since this process began. */
const timeOf = (ms: number): [number, number] => [
  Math.floor(ms / 1_000),
  Math.round((ms % 1_000) * 1_000_000),
]

/** Its class, if that is a word: what an error says may name somebody. */
const kindOf = (error: unknown): string =>
  error instanceof Error && /^\w{1,60}$/.test(error.name) ? error.name : 'Error'
