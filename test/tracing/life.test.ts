import { aReason, asks, grantsOf, patient } from '../journeys/acts.ts'
import { aStage } from '../support/curfew.ts'
import { aReceiver, type ReceivedSpan, type Receiver } from './receiver.ts'

const server = 2
const client = 3

test('a life from a click to its end can be followed: each try is one trace, and leads back to who asked for it', async () => {
  const receiver = await aReceiver()
  const stage = await aStage({ env: receiver.environment({ OTEL_SERVICE_NAME: 'curfew-of-orders' }) })
  const { riley, ada, orders } = stage
  const reason = aReason()
  await asks(riley, 'orders-db peek 10s', reason)
  await ada.clicks('Approve 10 s', await ada.sees(reason, orders, patient))
  await riley.sees(/You have Peek at orders/, 'dm', patient)
  await riley.sees(/ended .*; checked, it is gone/, 'dm', { withinMs: 20_000 })
  const [grant] = await grantsOf(stage, riley)
  await stage.stopApp()

  const about = (name: string | RegExp) =>
    receiver.of(name).filter(({ attributes }) => attributes.get('curfew.grant.id') === grant?.id)
  const inTrace = (one?: ReceivedSpan) => receiver.spans.filter(({ traceId }) => traceId === one?.traceId)
  const names = (spans: readonly ReceivedSpan[]) => spans.map(({ name }) => name)
  // What people did, by what they clicked.
  const [asked] = about('write grant asked')
  expect(parentOf(receiver, asked)?.name).toBe('form request')
  const [approved] = about(/^write grant approved/)
  const click = parentOf(receiver, approved)
  expect(click).toMatchObject({ name: 'click card_approve', kind: server, parentSpanId: '' })
  expect(approved?.attributes.get('curfew.status.to')).toBe('granting')
  // What came of it is linked with it.
  const settled = about('settle grant')
  const opening = settled.find((one) => names(inTrace(one)).includes('give mongodb'))
  expect(opening?.parentSpanId).toBe('')
  expect(opening?.links.map(({ traceId }) => traceId)).toEqual([click?.traceId])
  // Why did this end come late? One trace answers.
  const ending = settled.find((one) => names(inTrace(one)).includes('take mongodb'))
  const end = inTrace(ending)
  expect(end.filter(({ parentSpanId }) => parentSpanId === '')).toEqual([ending])
  expect(end.map((one) => `${parentOf(receiver, one)?.name ?? ''} > ${one.name}`).sort()).toEqual(
    [
      ' > settle grant',
      ...['prepare', 'wait for instant', 'call', 'record'].map((name) => `settle grant > ${name}`),
      ...['lease hold', 'write grant end', 'write hold'].map((name) => `prepare > ${name}`),
      'call > take mongodb',
      ...['has mongodb', 'write hold', 'write hold', 'write grant taken'].map((name) => `record > ${name}`),
    ].sort(),
  )
  const call = end.find(({ name }) => name === 'call')
  expect(call?.attributes.get('curfew.queued_ms')).toBeLessThan(1_000)
  expect(call?.events.map(({ name }) => name)).toEqual(['end called'])
  expect(call?.events[0]?.attributes.get('curfew.late_ms')).toBeLessThan(2_000)
  const take = end.find(({ name }) => name === 'take mongodb')
  expect(take).toMatchObject({ kind: client, parentSpanId: call?.spanId })
  expect(Object.fromEntries(take?.attributes ?? [])).toEqual({
    'curfew.system': 'orders-cluster',
    'curfew.connector': 'mongodb',
    'curfew.verb': 'take',
    'curfew.outcome': 'done',
  })
  // Slack is called for whoever is to see it.
  const posts = receiver.of('slack chat.postMessage').filter(({ kind }) => kind === client)
  expect(posts.map((one) => parentOf(receiver, one)?.name)).toContain('show grant')
  expect(posts[0]?.attributes.get('url.full')).toBe(`${stage.workspace.apiUrl}chat.postMessage`)
  expect(receiver.of('job sweep').length).toBeGreaterThan(3)
  expect(receiver.resources[0]?.get('service.name')).toBe('curfew-of-orders')
  expect(receiver.spans.filter(({ status }) => status.code === 2).map(({ name }) => name)).toEqual([])
}, 90_000)

const parentOf = ({ spans }: Receiver, of?: ReceivedSpan): ReceivedSpan | undefined =>
  spans.find(({ spanId, traceId }) => spanId === of?.parentSpanId && traceId === of.traceId)
