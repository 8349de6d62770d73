import { openTracing } from '../../src/tracing/tracing.ts'
import { readTracing } from '../../src/tracing/variables.ts'
import { aStage } from '../support/curfew.ts'
import { freePort } from '../support/free-port.ts'
import { noLog } from '../support/no-log.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { curfew } from '../journeys/app-process.ts'

/** The variables of traces are often set for many programs at once: none of them keeps Curfew from starting. */

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://127.0.0.1:9' }

test('Curfew starts though a variable of traces says that nothing is to be waited for', async () => {
  const { environment } = await aStage({ started: false })
  const app = curfew(['start'], {
    ...environment,
    ...endpoint,
    OTEL_EXPORTER_OTLP_TIMEOUT: '0',
    PORT: String(await freePort()),
  })
  await app.says('curfew is running')
}, 60_000)

const odd = [
  ['OTEL_EXPORTER_OTLP_TIMEOUT', '0'],
  ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', '0'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'authorization=Bearer%20abc%0d%0a'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'a:b=c'],
  ['OTEL_EXPORTER_OTLP_CERTIFICATE', '/nowhere/ca.pem'],
  ['OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY', '/nowhere/key.pem'],
] as const

test.each(odd)('%s=%s is ignored, and named in the log', (name, value) => {
  const { tracing, ignored } = readTracing({ ...endpoint, [name]: value })
  if (tracing !== null) {
    const opened = openTracing(tracing, {
      instance: 'one',
      slackApiUrl: 'https://slack.com/api/',
      log: noLog,
    })
    afterThis(() => opened.stop())
  }
  expect(ignored.join()).toContain(name)
})
