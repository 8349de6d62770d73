import { accessSync, constants } from 'node:fs'
import { z } from 'zod'

/** Where traces go, and which: as OpenTelemetry's usual variables say it. */
export interface TracingSettings {
  /** Where spans are posted to. */
  readonly url: string
  readonly protocol: 'http/protobuf' | 'http/json'
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly compression: 'none' | 'gzip'
  readonly sampler: { readonly kind: SamplerKind; readonly ratio: number }
  /** What is said of this process with all it sends. */
  readonly resource: Readonly<Record<string, string>>
  readonly queue: {
    readonly delayMs: number
    readonly most: number
    readonly mostAtOnce: number
  }
}

const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const
export type SamplerKind = (typeof samplers)[number]

const ms = z
  .string()
  .regex(/^\d{1,8}$/, 'is no number of milliseconds')
  .transform(Number)
const patience = z
  .string()
  .regex(/^(?!0+$)\d{1,8}$/, 'is no number of milliseconds from 1 on')
  .transform(Number)
const count = z
  .string()
  .regex(/^[1-9]\d{0,5}$/, 'is no number from 1 to 999999')
  .transform(Number)
const address = z.url({ protocol: /^https?$/, error: 'is no http or https address' })
const protocol = z.enum(['http/protobuf', 'http/json'], { error: 'is neither http/protobuf nor http/json' })
const compression = z.enum(['none', 'gzip'], { error: 'is neither none nor gzip' })
const samplerKind = z.enum(samplers, { error: 'names no sampler that Curfew has' })
const ratio = z
  .string()
  .regex(/^(0(\.\d*)?|1(\.0*)?|\.\d+)$/, 'is no number from 0 to 1')
  .transform(Number)
const pairs = z.string().transform((text, context) => {
  const found: [string, string][] = []
  for (const pair of text.split(',').filter((one) => one.trim() !== '')) {
    const [, name, value] = /^\s*([^=\s]+)\s*=(.*)$/.exec(pair) ?? []
    if (name === undefined || value === undefined || !isDecodable(value)) {
      context.addIssue({ code: 'custom', message: 'is no list of name=value' })
      return z.NEVER
    }
    found.push([name, decodeURIComponent(value.trim())])
  }
  return Object.fromEntries(found)
})

/** By RFC 9110, 5.6.2 and 5.5. */
const headers = pairs.refine(
  (all) =>
    Object.entries(all).every(
      ([name, value]) => /^[!#$%&'*+.^_`|~\dA-Za-z-]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value),
    ),
  'holds what can be no header',
)
const file = z.string().refine(isReadable, 'names no file that can be read')

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Null: none are sent. These variables are set for many programs at once, and none of them is a reason not to run: what
 * cannot be read is ignored, and named without its value.
 */
export function readTracing(environment: Environment): {
  readonly tracing: TracingSettings | null
  readonly ignored: readonly string[]
} {
  const ignored: string[] = []
  const given = (name: string): string | undefined => environment[`OTEL_${name}`]?.trim() || undefined
  /** The first of these that is set, if it can be read. */
  function read<T>(schema: z.ZodType<T, string>, ...names: readonly string[]): T | undefined {
    const name = names.find((one) => given(one) !== undefined)
    if (name === undefined) return undefined
    const parsed = schema.safeParse(given(name))
    if (!parsed.success) ignored.push(`OTEL_${name} ${parsed.error.issues[0]?.message ?? 'cannot be read'}`)
    return parsed.data
  }
  const none = { tracing: null, ignored }
  const isSet = given('EXPORTER_OTLP_ENDPOINT') ?? given('EXPORTER_OTLP_TRACES_ENDPOINT')
  if (isSet === undefined || given('SDK_DISABLED')?.toLowerCase() === 'true') return none
  const exporters = (given('TRACES_EXPORTER') ?? 'otlp').split(',').map((one) => one.trim())
  if (exporters.includes('none')) return none
  if (!exporters.includes('otlp')) {
    ignored.push('OTEL_TRACES_EXPORTER is neither otlp nor none: no traces are sent')
    return none
  }
  const own = read(address, 'EXPORTER_OTLP_TRACES_ENDPOINT')
  const url = own ?? under(read(address, 'EXPORTER_OTLP_ENDPOINT'))
  if (url === undefined) return none
  // What speaks another protocol at that address would understand nothing.
  const spoken = ['EXPORTER_OTLP_TRACES_PROTOCOL', 'EXPORTER_OTLP_PROTOCOL']
  const isProtocolSet = spoken.some((name) => given(name) !== undefined)
  const speaks = read(protocol, ...spoken)
  if (isProtocolSet && speaks === undefined) return none
  const kind = read(samplerKind, 'TRACES_SAMPLER')
  const serviceName = given('SERVICE_NAME')
  // Read by the exporter itself, which says nothing of what it cannot read.
  for (const name of ['CERTIFICATE', 'CLIENT_CERTIFICATE', 'CLIENT_KEY'])
    read(file, `EXPORTER_OTLP_TRACES_${name}`, `EXPORTER_OTLP_${name}`)
  return {
    tracing: {
      url,
      protocol: speaks ?? 'http/protobuf',
      headers: {
        ...read(headers, 'EXPORTER_OTLP_HEADERS'),
        ...read(headers, 'EXPORTER_OTLP_TRACES_HEADERS'),
      },
      timeoutMs: read(patience, 'EXPORTER_OTLP_TRACES_TIMEOUT', 'EXPORTER_OTLP_TIMEOUT') ?? 10_000,
      compression:
        read(compression, 'EXPORTER_OTLP_TRACES_COMPRESSION', 'EXPORTER_OTLP_COMPRESSION') ?? 'none',
      sampler: { kind: kind ?? 'parentbased_always_on', ratio: read(ratio, 'TRACES_SAMPLER_ARG') ?? 1 },
      resource: {
        'service.name': 'curfew',
        ...read(pairs, 'RESOURCE_ATTRIBUTES'),
        ...(serviceName === undefined ? {} : { 'service.name': serviceName }),
      },
      queue: {
        delayMs: read(ms, 'BSP_SCHEDULE_DELAY') ?? 5_000,
        most: read(count, 'BSP_MAX_QUEUE_SIZE') ?? 2_048,
        mostAtOnce: read(count, 'BSP_MAX_EXPORT_BATCH_SIZE') ?? 512,
      },
    },
    ignored,
  }
}

/** What nobody may read in a log. */
export const secretsOfTracing = ({ url, headers }: TracingSettings): string[] => [
  ...(/[@?]/.test(url) ? [url] : []),
  ...Object.values(headers).flatMap((value) => [value, ...value.split(' ').slice(1)]),
]

const under = (base: string | undefined): string | undefined =>
  base === undefined ? undefined : `${base.replace(/\/+$/, '')}/v1/traces`

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
    return true
  } catch {
    return false
  }
}

function isDecodable(value: string): boolean {
  try {
    decodeURIComponent(value)
    return true
  } catch {
    return false
  }
}
