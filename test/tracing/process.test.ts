import { z } from 'zod'
import { aGate, gateCatalog } from '../journeys/a-gate.ts'
import { aReason, asks, patient } from '../journeys/acts.ts'
import { curfew } from '../journeys/app-process.ts'
import { aStage } from '../support/curfew.ts'
import { aReceiver } from './receiver.ts'

const line = z.object({ message: z.string(), traceId: z.string().optional() })

test('as people run it, by its variables alone: spans come as protobuf, a line of the log names its trace, and the last are sent as it stops', async () => {
  const [receiver, gate] = [await aReceiver(), await aGate()]
  const stage = await aStage({ catalog: (cast) => gateCatalog(cast), env: gate.env, started: false })
  const { riley, ada, orders } = stage
  const app = curfew(['start'], {
    ...stage.environment,
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    OTEL_EXPORTER_OTLP_HEADERS: 'x-api-key=a-key-of-the-receiver',
    OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: 'soon',
    // Longer than the test: all of it is sent as it stops.
    OTEL_BSP_SCHEDULE_DELAY: '600000',
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '2048',
  })
  await app.says('curfew is running')
  gate.trouble = () => ({ status: 503 })
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  await ada.clicks('Approve 6 s', await ada.sees(reason, orders, patient))
  await app.says('a system does not answer', 20_000)
  expect(receiver.bodies).toEqual([])
  app.kill('SIGTERM')

  expect(await app.exited).toBe(0)
  const received = Buffer.concat([...receiver.bodies])
  expect(received.includes('has webhook')).toBe(true)
  const lines = app.lines.flatMap((text) => (text.startsWith('{') ? line.parse(JSON.parse(text)) : []))
  const silent = lines.find(({ message }) => message.startsWith('a system does not answer'))
  expect(silent?.traceId).toMatch(/^[0-9a-f]{32}$/)
  expect(received.includes(Buffer.from(silent?.traceId ?? '', 'hex'))).toBe(true)
  expect(lines.find(({ message }) => message === 'curfew is running')?.traceId).toBeUndefined()
  expect(receiver.headers[0]).toMatchObject({
    'content-type': 'application/x-protobuf',
    'content-encoding': 'gzip',
    'x-api-key': 'a-key-of-the-receiver',
  })
  expect(lines.filter(({ message }) => message.includes('OpenTelemetry'))).toHaveLength(1)
  expect(app.lines.join('\n')).toContain('OTEL_EXPORTER_OTLP_TRACES_TIMEOUT is no number of milliseconds')
  expect(app.lines.join('\n')).not.toContain('a-key-of-the-receiver')
}, 90_000)
