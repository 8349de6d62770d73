import { aReason, asks, eventually, grantsOf, patient } from '../journeys/acts.ts'
import { aStage } from '../support/curfew.ts'
import { aReceiver, type Receiver } from './receiver.ts'

/** All that a span says in words: its name, and its attributes and those of its events. */
const saidIn = ({ spans }: Receiver): [string, unknown][] =>
  spans.flatMap(({ name, attributes, events }) => [
    ['name', name] as [string, unknown],
    ...attributes,
    ...events.flatMap((event) => [['event', event.name] as [string, unknown], ...event.attributes]),
  ])

test('after a day of people with names, e-mails and reasons nobody, no secret and no address of theirs is in the traces', async () => {
  const receiver = await aReceiver()
  const headers = 'authorization=Bearer%20of-the-receiver-alone'
  const stage = await aStage({
    transport: 'http',
    env: receiver.environment({ OTEL_EXPORTER_OTLP_HEADERS: headers }),
  })
  const { riley, ada, sam, kim, mallory, orders, access, app, workspace } = stage
  const reasons = [aReason(), aReason(), aReason()] as const
  await asks(riley, 'orders-db read 1h', reasons[0])
  await ada.clicks('Approve 1 h', await ada.sees(reasons[0], orders, patient))
  await riley.sees(/You have Read orders/, 'dm', patient)
  await ada.clicks('End now', await ada.sees(/Active until/, orders, patient), { confirm: true })
  await riley.sees(/ended/, 'dm', patient)
  await asks(riley, 'orders-db peek 10s', reasons[1])
  await riley.clicks('Withdraw', await riley.sees(/Asked for Peek at orders/, 'dm', patient))
  await asks(riley, 'orders-db write 1h', reasons[2])
  await ada.sees(reasons[2], orders, patient)
  await ada.opensHome()
  const ticket = 'a-ticket-that-opens-much'
  const stranger = '4bf92f3577b34da6a3ce929d0e0e4736'
  const visits = ['/livez', `/show/${ticket}`, `/confirm/${ticket}`, `/scim/v2/Users/${ticket}`, `/${ticket}`]
  for (const path of visits)
    await fetch(`http://127.0.0.1:${app.port}${path}?email=${riley.account.email}`, {
      headers: {
        traceparent: `00-${stranger}-00f067aa0ba902b7-01`,
        baggage: 'user=mallory-of-the-baggage',
        authorization: 'Bearer of-nobody-at-all',
        'user-agent': 'an-odd-browser',
      },
    })
  const grants = await grantsOf(stage, riley)
  expect(grants).toHaveLength(3)
  await eventually(
    async () => receiver.of(/^write grant asked/),
    (asked) => asked.length === 3,
  )
  await stage.stopApp()

  const text = receiver.bodies.map(String).join('\n')
  const people = [riley, ada, sam, kim, mallory].flatMap(({ id, account }) => [
    ...[id, account.name, account.email ?? account.name],
    account.email?.split('@')[0] ?? account.name,
  ])
  const secrets = [workspace.botToken, workspace.appToken, workspace.signingSecret, ticket, stranger]
  const sent = ['of-nobody-at-all', 'mallory-of-the-baggage', 'an-odd-browser', 'of-the-receiver-alone']
  const theirs = grants.flatMap((grant) => [
    ...[grant.requester.id, grant.requestId],
    ...('place' in grant ? [grant.place.principal] : []),
  ])
  const places = [
    orders.id,
    access.id,
    workspace.teamId,
    new URL(stage.environment['MONGODB_URI'] ?? '').host,
  ]
  for (const word of [...people, ...secrets, ...sent, ...theirs, ...places, ...reasons])
    expect([word, isIn(word, text)]).toEqual([word, false])
  // Nor is there room for any: what stands there is a word, a list of words, or an address of Slack's own methods.
  for (const [key, value] of saidIn(receiver))
    for (const word of [value].flat())
      if (typeof word === 'string' && key !== 'url.full')
        expect([key, word]).toEqual([key, expect.stringMatching(/^[\w./:*,{}() -]{1,80}$/)])
  expect(new Set(receiver.of(/^GET /).map(({ name }) => name))).toEqual(
    new Set(['GET /livez', 'GET /show/:ticket', 'GET /confirm/:ticket', 'GET /scim/v2/*', 'GET /*']),
  )
  expect(receiver.headers[0]?.authorization).toBe('Bearer of-the-receiver-alone')
}, 90_000)

const isIn = (word: string, text: string): boolean =>
  new RegExp(`(?<!\\w)${word.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}(?!\\w)`, 'i').test(text)
