import { setTimeout as sleep } from 'node:timers/promises'
import { lanes, Outbox, type Lane } from '../../../src/slack/publish/outbox.ts'
import { section, type Message } from '../../../src/slack/words/blocks.ts'
import { underWay } from '../../../src/under-way.ts'
import { memorySurfaces, NotedSurfaces } from '../../support/memory-surfaces.ts'
import { settled, until } from '../../support/publishing.ts'
import { RecordedSlack, type Answer } from '../../support/recorded-slack.ts'

const message = (words: string): Message => ({ text: words, blocks: [section(words)] })
const drawn = (words: string) => () => Promise.resolve(message(words))
const C1 = { channel: 'C1' }
const M1 = { channel: 'C1', ts: '1.0' }

function anOutbox({ isPaced = false, noted }: { isPaced?: boolean; noted?: NotedSurfaces } = {}) {
  const slack = new RecordedSlack()
  const surfaces = memorySurfaces(() => performance.now(), noted)
  return { slack, surfaces, outbox: new Outbox({ client: slack.client, surfaces, isPaced }) }
}

/** Holds back whatever waits for it until it is opened. */
function aGate() {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

const allLanes = Object.keys(lanes) as Lane[]

describe('what matters more is sent first, however late it comes', () => {
  const ordered: Lane[] = ['alert', 'newCard', 'decision', 'active', 'warning', 'ended', 'cleanUp']

  /** As many as there is room for are at work and held back; the others queue up in the wrong order. */
  async function sentAfter(
    atOnce: number,
    send: (outbox: Outbox, lane: Lane, draw: () => Promise<Message>) => Promise<unknown>,
  ) {
    const { slack, outbox } = anOutbox()
    const gate = aGate()
    const held = async () => {
      await gate.opened
      return message('held')
    }
    const sending = Array.from({ length: atOnce }, () => send(outbox, 'cleanUp', held))
    await settled()
    sending.push(...[...allLanes].reverse().map((lane) => send(outbox, lane, drawn(lane))))
    gate.open()
    await Promise.all(sending)
    return slack.texts
  }

  test('of new messages in a channel', async () =>
    expect(await sentAfter(2, (outbox, lane, draw) => outbox.post(lane, C1, draw))).toEqual([
      'held',
      'held',
      ...ordered,
    ]))

  test('of edits', async () =>
    expect(await sentAfter(2, (outbox, lane, draw) => outbox.update(lane, M1, draw))).toEqual([
      'held',
      'held',
      ...ordered,
    ]))
})

test('a busy channel keeps no other waiting', async () => {
  const { slack, outbox } = anOutbox()
  const gate = aGate()
  const busy = [1, 2, 3].map(() => outbox.post('alert', C1, () => gate.opened.then(() => message('busy'))))
  await outbox.post('cleanUp', { channel: 'C2' }, drawn('elsewhere'))
  await outbox.update('cleanUp', M1, drawn('an edit'))
  expect(slack.texts).toEqual(['elsewhere', 'an edit'])
  gate.open()
  await Promise.all(busy)
})

test('what is sent is drawn when its turn has come, and not sent when it is not worth it any more', async () => {
  const { slack, outbox } = anOutbox()
  const gate = aGate()
  let isTrue = 'while it waited'
  const held = [1, 2].map(() => outbox.post('alert', C1, () => gate.opened.then(() => message('held'))))
  const late = outbox.post('ended', C1, () => Promise.resolve(message(isTrue)))
  const vain = outbox.post('cleanUp', C1, () => Promise.resolve(null))
  isTrue = 'in the end'
  gate.open()
  await Promise.all(held)
  expect(await late).toEqual({ outcome: 'sent', channel: 'C1', ts: '3.0' })
  expect(await vain).toBeNull()
  expect(slack.texts).toEqual(['held', 'held', 'in the end'])
})

test('a message is sent as it was written: nothing is linked, unfolded or mentioned', async () => {
  const { slack, outbox } = anOutbox()
  const sent = await outbox.post('newCard', { channel: 'U1', threadTs: '7.0' }, drawn('<@U2> & co'))
  expect(sent).toEqual({ outcome: 'sent', channel: 'D1', ts: '1.0' })
  await outbox.update('active', { channel: 'D1', ts: '1.0' }, drawn('<!here>'))
  const [posted, edited] = slack.calls
  expect(posted?.method).toBe('chat.postMessage')
  expect(posted?.args).toMatchObject({
    channel: 'U1',
    thread_ts: '7.0',
    text: '&lt;@U2&gt; &amp; co',
    parse: 'none',
    unfurl_links: 'false',
    unfurl_media: 'false',
  })
  expect(edited?.method).toBe('chat.update')
  expect(edited?.args).toMatchObject({ channel: 'D1', ts: '1.0', text: '&lt;!here&gt;', parse: 'none' })
  expect(edited?.args).toHaveProperty('blocks')
})

describe('what Slack says is told to whoever sent it', () => {
  const answers: [string, Answer, object][] = [
    ['the message is gone', { error: 'message_not_found' }, { outcome: 'message-gone' }],
    ['its thread is gone', { error: 'thread_not_found' }, { outcome: 'message-gone' }],
    ['it may not be edited any more', { error: 'edit_window_closed' }, { outcome: 'message-gone' }],
    ['the channel is archived', { error: 'is_archived' }, { outcome: 'unreachable', why: 'is_archived' }],
    ['the app is not in it', { error: 'not_in_channel' }, { outcome: 'unreachable', why: 'not_in_channel' }],
    ['they left', { error: 'user_disabled' }, { outcome: 'unreachable', why: 'user_disabled' }],
    [
      'something that may pass',
      { error: 'internal_error' },
      { outcome: 'later', why: 'internal_error', inMs: 10_000 },
    ],
    ['Slack is down', { status: 503 }, { outcome: 'later', why: 'HTTP 503', inMs: 1_000 }],
  ]
  test.each(answers)('%s', async (_, answer, told) => {
    const { slack, outbox } = anOutbox()
    slack.next('chat.update', answer)
    expect(await outbox.update('active', M1, drawn('x'))).toEqual(told)
    expect(await outbox.update('active', M1, drawn('x'))).toMatchObject({ outcome: 'sent' })
  })

  test('a connection that broke, without a word whether it arrived', async () => {
    const { slack, outbox } = anOutbox()
    slack.next('chat.postMessage', { broken: 'socket hang up' })
    const sent = await outbox.post('newCard', C1, drawn('x'))
    expect(sent).toMatchObject({ outcome: 'later', inMs: 1_000 })
    expect(sent?.outcome === 'later' && sent.why).toContain('socket hang up')
    expect(slack.calls).toHaveLength(1)
  })

  test('one that cannot be drawn is tried later, and the next one is sent', async () => {
    const { outbox } = anOutbox()
    const broken = () => Promise.reject(new Error('no such person'))
    expect(await outbox.post('newCard', C1, broken)).toEqual({
      outcome: 'later',
      why: 'no such person',
      inMs: 1_000,
    })
    expect(await outbox.post('newCard', C1, drawn('x'))).toMatchObject({ outcome: 'sent' })
  })
})

describe('"not so fast"', () => {
  test('is waited for by every message of that kind', async () => {
    const { slack, outbox } = anOutbox()
    slack.next('chat.postMessage', { retryAfterSeconds: 1 })
    expect(await outbox.post('newCard', C1, drawn('refused'))).toEqual({
      outcome: 'later',
      why: 'ratelimited',
      inMs: 1_000,
    })
    await outbox.post('alert', { channel: 'C2' }, drawn('again'))
    const [refused, again] = slack.calls
    expect((again?.atMs ?? 0) - (refused?.atMs ?? 0)).toBeGreaterThanOrEqual(990)
  })

  test('is waited for by no message of another kind', async () => {
    const { slack, outbox } = anOutbox()
    slack.next('chat.postMessage', { retryAfterSeconds: 600 })
    await outbox.post('newCard', C1, drawn('refused'))
    expect(await outbox.update('active', M1, drawn('an edit'))).toMatchObject({ outcome: 'sent' })
  })

  test('said to one replica is heard by the others', async () => {
    const { slack, surfaces, outbox } = anOutbox()
    const other = new Outbox({ client: slack.client, surfaces, isPaced: false })
    slack.next('chat.update', { retryAfterSeconds: 1 })
    await outbox.update('active', M1, drawn('refused'))
    const heardAtMs = performance.now()
    await other.refreshPauses()
    await other.update('active', M1, drawn('again'))
    expect(performance.now() - heardAtMs).toBeGreaterThanOrEqual(900)
  })
})

describe('no faster than Slack allows', () => {
  const waited = async (count: number, send: (outbox: Outbox, i: number) => Promise<unknown>) => {
    const { outbox } = anOutbox({ isPaced: true })
    const beganMs = performance.now()
    await Promise.all(Array.from({ length: count }, (_, i) => send(outbox, i)))
    return performance.now() - beganMs
  }

  test('three messages go to a channel at once, the fourth a second later', async () => {
    const post = (outbox: Outbox) => outbox.post('newCard', C1, drawn('x'))
    const [threeMs, fourMs] = await Promise.all([waited(3, post), waited(4, post)])
    expect(threeMs).toBeLessThan(990)
    expect(fourMs).toBeGreaterThanOrEqual(990)
    expect(fourMs).toBeLessThan(1_990)
  })

  test('each channel has a pace of its own', async () =>
    expect(
      await waited(12, (outbox, i) => outbox.post('newCard', { channel: `C${i % 4}` }, drawn('x'))),
    ).toBeLessThan(990))

  test('eight edits go at once wherever they are, the next at forty a minute: never more than fifty in one', async () => {
    const edit = (outbox: Outbox, i: number) =>
      outbox.update('active', { channel: `C${i}`, ts: '1.0' }, drawn('x'))
    const [eightMs, moreMs] = await Promise.all([waited(8, edit), waited(9, edit)])
    expect(eightMs).toBeLessThan(1_490)
    expect(moreMs).toBeGreaterThanOrEqual(1_490)
    expect(moreMs).toBeLessThan(2_990)
  })
})

test('what matters more has the next turn, though others have waited for it', async () => {
  const { slack, outbox } = anOutbox({ isPaced: true })
  const edit = (lane: Lane, words: string) => outbox.update(lane, M1, drawn(words))
  const burst = Array.from({ length: 8 }, () => edit('cleanUp', 'first'))
  const others = Array.from({ length: 4 }, () => edit('cleanUp', 'later'))
  await Promise.all(burst)
  await edit('decision', 'approved')
  expect(slack.texts).toEqual([...Array.from({ length: 8 }, () => 'first'), 'approved'])
  await Promise.all(others.slice(0, 1))
})

/** Four replicas, each with twelve to send at once. */
function together(send: (outbox: Outbox) => Promise<unknown>) {
  const noted = new NotedSurfaces()
  const replicas = Array.from({ length: 4 }, () => anOutbox({ isPaced: true, noted }))
  const beganMs = performance.now()
  for (const { outbox } of replicas) for (let i = 0; i < 12; i++) void send(outbox)
  return {
    replicas,
    sent: () => replicas.flatMap(({ slack }) => slack.texts).length,
    elapsedMs: () => performance.now() - beganMs,
  }
}

test('replicas that have more to post in a channel than Slack allows share its pace too, after a burst of each', async () => {
  const { sent, elapsedMs } = together((outbox) => outbox.post('ended', C1, drawn('x')))
  await sleep(4_500)
  expect(sent()).toBeGreaterThanOrEqual(4 * 3 + 3)
  expect(sent()).toBeLessThanOrEqual(4 * 3 + 1 + elapsedMs() / 1_000)
})

test('replicas that have more to edit than Slack allows edit together no faster than one', async () => {
  const { sent, elapsedMs } = together((outbox) => outbox.update('ended', M1, drawn('x')))
  await sleep(5_000)
  expect(sent()).toBeGreaterThanOrEqual(8 + 2)
  expect(sent()).toBeLessThanOrEqual(8 + elapsedMs() / 1_500)
})

test('after a pause all replicas together edit no more at once than before it', async () => {
  const { replicas, sent, elapsedMs } = together((outbox) => outbox.update('ended', M1, drawn('x')))
  await until(() => sent() === 8)
  await replicas[0]?.surfaces.pause('chat.update', 20_000)
  for (const { outbox } of replicas) await outbox.refreshPauses()
  await sleep(19_500)
  const [before, atMs] = [sent(), elapsedMs()]
  await until(() => sent() > before)
  await sleep(Math.max(0, atMs + 1_200 - elapsedMs()))
  // As many as may be sent at once have come up meanwhile; those that were taken before it are over.
  const lateMs = Math.max(0, elapsedMs() - atMs - 1_200)
  expect(sent() - before).toBeLessThanOrEqual(8 + lateMs / 1_500)
}, 60_000)

test('what waited for its turn is sent as part of what asked for it, and not of what was sent before it', async () => {
  const { outbox } = anOutbox()
  const gate = aGate()
  const seen: (string | undefined)[] = []
  const draw = async () => {
    await gate.opened
    seen.push(underWay.getStore()?.traceId)
    return message('words')
  }
  const sending = ['a', 'b', 'c', 'd', 'e', 'f'].flatMap((traceId) =>
    underWay.run({ traceId }, () => [outbox.update('alert', M1, draw), outbox.post('alert', C1, draw)]),
  )
  gate.open()
  await Promise.all(sending)
  expect(seen.sort()).toEqual(['a', 'a', 'b', 'b', 'c', 'c', 'd', 'd', 'e', 'e', 'f', 'f'])
})
