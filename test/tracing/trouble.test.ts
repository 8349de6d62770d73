import type { Log } from '../../src/domain/ports/log.ts'
import { refuse } from '../../src/domain/refusal.ts'
import { openTracing, type Tracing } from '../../src/tracing/tracing.ts'
import { readTracing } from '../../src/tracing/variables.ts'
import { eventually } from '../journeys/acts.ts'
import { noLog } from '../support/no-log.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { aReceiver, type Receiver } from './receiver.ts'

function tracingTo(receiver: Receiver, more: Record<string, string> = {}, log: Log = noLog): Tracing {
  const { tracing } = readTracing(receiver.environment({ OTEL_BSP_SCHEDULE_DELAY: '20', ...more }))
  if (tracing === null) throw new Error('it is set')
  const opened = openTracing(tracing, { instance: 'one', slackApiUrl: 'https://slack.com/api/', log })
  afterThis(() => opened.stop())
  return opened
}

const sweep = { type: 'job', job: 'sweep' } as const
const small = { OTEL_BSP_MAX_QUEUE_SIZE: '64', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '16' }

test('where nobody takes the spans all work is done as ever, and the log says so once, and once that they are taken again', async () => {
  const receiver = await aReceiver()
  receiver.trouble = 400
  const said: string[] = []
  const log = {
    ...noLog,
    warn: (words: string) => void said.push(words),
    info: (words: string) => void said.push(words),
  }
  const { trace } = tracingTo(receiver, small, log)
  const works = async (): Promise<void> => expect(await trace(sweep, async () => 'done')).toBe('done')
  await eventually(
    async () => {
      await works()
      return receiver.headers.length
    },
    (tries) => tries > 3,
  )
  expect(said).toEqual(['traces cannot be sent; they are thrown away until they can'])

  receiver.trouble = null
  await eventually(
    async () => {
      await works()
      return said.length
    },
    (lines) => lines > 1,
  )
  expect(said.slice(1)).toEqual(['traces are sent again'])
}, 30_000)

test('of what cannot be sent only so much waits as there is room for, and stopping does not wait for who never answers', async () => {
  const receiver = await aReceiver()
  receiver.trouble = 'silent'
  const tracing = tracingTo(receiver, small)
  for (let i = 0; i < 5_000; i++) expect(await tracing.trace(sweep, async () => i)).toBe(i)
  await eventually(
    async () => receiver.headers.length,
    (tries) => tries > 0,
  )
  receiver.trouble = null
  const beganMs = performance.now()
  await tracing.stop()
  expect(performance.now() - beganMs).toBeLessThan(3_500)
  expect(receiver.spans.length).toBeGreaterThan(0)
  expect(receiver.spans.length).toBeLessThanOrEqual(64)
}, 30_000)

test('what is still to be sent is sent when it stops', async () => {
  const receiver = await aReceiver()
  const tracing = tracingTo(receiver, { OTEL_BSP_SCHEDULE_DELAY: '60000' })
  await tracing.trace(sweep, async () => undefined)
  expect(receiver.spans).toEqual([])
  await tracing.stop()
  expect(receiver.of('job sweep')).toHaveLength(1)
})

test('a step that fails or is refused says by which word of ours, and nothing of what was said', async () => {
  const receiver = await aReceiver()
  const tracing = tracingTo(receiver)
  const write = { type: 'write-grant', grantId: 'g1' } as const
  await expect(
    tracing.trace(sweep, () => Promise.reject(new TypeError('no mail to riley@acme.example'))),
  ).rejects.toThrow('no mail')
  await tracing.trace(write, async () => refuse('own-request', { reasons: ['Riley asked for it'] }))
  await tracing.stop()
  const [failed] = receiver.of('job sweep')
  expect([failed?.status.code, failed?.attributes.get('error.type')]).toEqual([2, 'TypeError'])
  expect(receiver.of('write grant')[0]?.attributes.get('curfew.refusal')).toBe('own-request')
  expect(receiver.bodies.map(String).join()).not.toMatch(/riley/i)
})

test('what goes on after its step has ended is no part of it, and leads back to it', async () => {
  const receiver = await aReceiver()
  const tracing = tracingTo(receiver)
  const called = (system: string) =>
    tracing.observe({
      type: 'connector-called',
      system,
      kind: 'webhook',
      verb: 'check',
      outcome: 'failed',
      tookMs: 5,
    })
  const goesOn: Promise<void>[] = []
  await tracing.trace(sweep, async () => {
    called('within')
    goesOn.push(new Promise((resolve) => setTimeout(resolve, 30)).then(() => called('after')))
  })
  await Promise.all(goesOn)
  await tracing.stop()
  const [job] = receiver.of('job sweep')
  const [within, after] = receiver.of('check webhook')
  expect(within).toMatchObject({ traceId: job?.traceId, parentSpanId: job?.spanId, links: [] })
  expect(within?.attributes.get('curfew.retryable')).toBe(true)
  expect(after?.traceId).not.toBe(job?.traceId)
  expect(after).toMatchObject({ parentSpanId: '', links: [{ traceId: job?.traceId, spanId: job?.spanId }] })
})

test.each([
  [{ OTEL_TRACES_SAMPLER: 'always_off' }, 0],
  [{ OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' }, 0],
  [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '1' }, 3],
])('%j decides how many are sent', async (variables, sent) => {
  const receiver = await aReceiver()
  const tracing = tracingTo(receiver, variables)
  for (let i = 0; i < 3; i++) await tracing.trace(sweep, async () => undefined)
  await tracing.stop()
  expect(receiver.spans).toHaveLength(sent)
})
