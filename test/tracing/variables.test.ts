import { readTracing, secretsOfTracing } from '../../src/tracing/variables.ts'

const endpoint = 'http://collector:4318'
const read = (more: Record<string, string>) => readTracing({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...more })

test('an endpoint is all that it takes', () => {
  const { tracing, ignored } = read({})
  expect(ignored).toEqual([])
  expect(tracing).toEqual({
    url: 'http://collector:4318/v1/traces',
    protocol: 'http/protobuf',
    headers: {},
    timeoutMs: 10_000,
    compression: 'none',
    sampler: { kind: 'parentbased_always_on', ratio: 1 },
    resource: { 'service.name': 'curfew' },
    queue: { delayMs: 5_000, most: 2_048, mostAtOnce: 512 },
  })
})

test.each([
  [{}],
  [{ OTEL_SERVICE_NAME: 'curfew' }],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SDK_DISABLED: 'True' }],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_EXPORTER: 'none' }],
])('nothing is sent with %j, and nothing is said about it', (environment) => {
  expect(readTracing(environment)).toEqual({ tracing: null, ignored: [] })
})

test('what is said of traces counts before what is said of everything', () => {
  const { tracing } = read({
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces.example/ingest',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_HEADERS: 'x-team=ops, authorization=Bearer%20first',
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'authorization=Bearer%20second',
    OTEL_EXPORTER_OTLP_TIMEOUT: '9000',
    OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '3000',
    OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    OTEL_RESOURCE_ATTRIBUTES: 'service.name=other,deployment.environment.name=live%20eu',
    OTEL_SERVICE_NAME: 'access',
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0.25',
  })
  expect(tracing).toMatchObject({
    url: 'https://traces.example/ingest',
    protocol: 'http/json',
    headers: { 'x-team': 'ops', authorization: 'Bearer second' },
    timeoutMs: 3_000,
    compression: 'gzip',
    sampler: { kind: 'parentbased_traceidratio', ratio: 0.25 },
    resource: { 'service.name': 'access', 'deployment.environment.name': 'live eu' },
  })
})

test.each([
  ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', 'a-word'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'no-equals-sign'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'x=%E0%A4%A'],
  ['OTEL_EXPORTER_OTLP_COMPRESSION', 'brotli'],
  ['OTEL_RESOURCE_ATTRIBUTES', '=x'],
  ['OTEL_TRACES_SAMPLER', 'jaeger_remote'],
  ['OTEL_TRACES_SAMPLER_ARG', '1.5'],
  ['OTEL_BSP_MAX_QUEUE_SIZE', '0'],
  ['OTEL_BSP_MAX_QUEUE_SIZE', '10000000'],
])('%s=%s is no reason not to run: it is ignored, and named without its value', (name, value) => {
  const { tracing, ignored } = read({ [name]: value })
  expect(tracing).toEqual(read({}).tracing)
  expect(ignored).toEqual([expect.stringMatching(`^${name} `)])
  expect(ignored.join()).not.toContain(value)
})

test.each([
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
  ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'],
  ['OTEL_TRACES_EXPORTER', 'zipkin'],
])('with %s=%s nothing is sent to where nobody would understand it, which is said', (name, value) => {
  const { tracing, ignored } = read({ [name]: value })
  expect(tracing).toBeNull()
  expect(ignored).toEqual([expect.stringMatching(`^${name} `)])
})

test('headers, and addresses that hold a password or a key, are secrets of the log', () => {
  const { tracing } = read({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://curfew:hunter22@collector',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20abcdefgh',
  })
  expect(tracing && secretsOfTracing(tracing)).toEqual([
    'https://curfew:hunter22@collector/v1/traces',
    'Bearer abcdefgh',
    'abcdefgh',
  ])
})
