import fc from 'fast-check'
import type { Link } from '../../src/domain/audit/chain.ts'
import { chainKeys, signersOf } from '../../src/domain/audit/keys.ts'
import { unrecorded } from '../../src/domain/ports/acts.ts'
import type { ToForward } from '../../src/domain/ports/forwarding.ts'
import { mongoClock } from '../../src/mongo/clock.ts'
import { pruningRecord } from '../../src/operations/by-itself/prune-record.ts'
import { noLog } from '../support/no-log.ts'
import { aForwarding, aReceiver, firstsOf, upTo } from './a-forwarding.ts'
import { linksOf } from './a-record.ts'

/** Everything that this process awaits, until it dies: so many calls later, before or after that one was done. */
function mortal(dies: { afterCalls: number; isDone: boolean }) {
  let calls = 0
  const dead = () => new Error('the process is dead')
  return <T extends object>(part: T): T =>
    new Proxy(part, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name)
        if (typeof method !== 'function') return method
        return async (...given: unknown[]) => {
          const call = calls++
          if (call > dies.afterCalls || (call === dies.afterCalls && !dies.isDone)) throw dead()
          const answer: unknown = await Reflect.apply(method, target, given)
          if (call === dies.afterCalls) throw dead()
          return answer
        }
      },
    })
}

test('wherever a process dies, the next one goes on: nothing is left out, and nothing comes before what was before it', async () => {
  const entries = 450
  const record = await aForwarding(entries)
  let place = 0
  const livesThrough = async (deaths: readonly { afterCalls: number; isDone: boolean }[]) => {
    const to = { place: `place ${place++}`, from: 1 }
    const receiver = aReceiver()
    for (const death of deaths) {
      const of = mortal(death)
      const parts = { chain: of(record.chain), positions: of(record.positions) }
      const forward = record.forwards({ take: of(receiver).take }, to, parts)
      await forward.run().catch(() => undefined)
    }
    const forward = record.forwards(receiver, to)
    await forward.run()
    expect(firstsOf(receiver.numbers())).toEqual(upTo(entries))
    expect(await forward.lag()).toBe(0)
  }
  for (const isDone of [false, true])
    for (const afterCalls of upTo(14)) await livesThrough([{ afterCalls: afterCalls - 1, isDone }])
  const death = fc.record({ afterCalls: fc.nat(12), isDone: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.array(death, { minLength: 2, maxLength: 5 }), (deaths) => livesThrough(deaths)),
    { numRuns: 15 },
  )
}, 60_000)

test('what is sent is the entry as it stands, grants and acts alike', async () => {
  const record = await aForwarding(2)
  const receiver = aReceiver()
  await record.forwards(receiver).run()
  expect(receiver.taken).toEqual(await record.chain.after(0, 10))
  expect((receiver.taken as Link[]).map(({ source }) => source)).toEqual(['act/INC-1', 'grant/g2/2'])
})

test('two replicas at once send the same twice at worst, in order, and nothing is left out', async () => {
  const record = await aForwarding(900)
  const receiver = aReceiver()
  const replicas = [record.forwards(receiver), record.forwards(receiver), record.forwards(receiver)]
  for (let i = 0; i < 3; i++) await Promise.all(replicas.map((one) => one.run()))
  expect(firstsOf(receiver.numbers())).toEqual(upTo(900))
  expect(await replicas[0]?.lag()).toBe(0)
})

test('a receiver that is away for hours loses nothing: it is tried less and less often, and said once, as is that it is back', async () => {
  const record = await aForwarding(3)
  const receiver = aReceiver()
  const forward = record.forwards(receiver)
  receiver.isAway = true
  for (const awayMs = 3 * 3_600_000; record.clock.ms < awayMs; record.clock.ms += 1_000) await forward.run()
  // Each minute, and some more at first.
  expect(receiver.tries).toBeGreaterThan(170)
  expect(receiver.tries).toBeLessThan(190)
  await record.happens(4)
  expect(await forward.lag()).toBe(7)
  receiver.isAway = false
  for (let i = 0; i < 61; i++) {
    await forward.run()
    record.clock.ms += 1_000
  }
  expect(receiver.numbers()).toEqual(upTo(7))
  expect(
    record.said.filter(({ message }) => !message.includes('got nothing')).map(({ message }) => message),
  ).toEqual(['the record cannot be forwarded: it is tried until it can', 'the record is forwarded again'])
}, 60_000)

test('what is no entry is told of as such, and what comes after it is sent all the same', async () => {
  const record = await aForwarding(5)
  const links = linksOf(record.connection)
  await links.updateOne({ source: 'act/INC-3' }, { $unset: { mark: 1 } })
  // Beside the others, in the place of none; behind the last, where nobody can count on.
  await links.insertMany([3.5, 5.5, 1e300].map((_id) => ({ _id, source: `beside ${_id}` }) as never))
  const receiver = aReceiver()
  const forward = record.forwards(receiver)
  for (let i = 0; i < 3; i++) await forward.run()
  const strange = { source: null }
  expect(receiver.taken).toEqual([
    expect.objectContaining({ number: 1 }),
    expect.objectContaining({ number: 2 }),
    { number: 3, ...strange },
    { number: 3.5, ...strange },
    expect.objectContaining({ number: 4 }),
    expect.objectContaining({ number: 5 }),
  ])
  expect(record.said.filter(({ level }) => level === 'error')).toEqual([
    { level: 'error', message: 'the record holds what is no entry', fields: { numbers: [3, 3.5], count: 2 } },
  ])
})

test('entries that were removed are missed aloud, and hold up no other', async () => {
  const record = await aForwarding(1)
  const receiver = aReceiver()
  const forward = record.forwards(receiver)
  await forward.run()
  await record.happens(5)
  await linksOf(record.connection).deleteMany({ source: { $in: ['act/INC-3', 'grant/g4/4'] } })
  await forward.run()
  expect(receiver.numbers()).toEqual([1, 2, 5, 6])
  expect(record.said.at(-1)).toMatchObject({ level: 'error', fields: { from: 3, to: 4 } })
})

test('what the receiver does not have is not removed for its age, and what was removed is not missed', async () => {
  const record = await aForwarding(3)
  const receiver = aReceiver()
  const forward = record.forwards(receiver)
  await forward.run()
  await record.happens(3)
  const clock = mongoClock(record.connection)
  await clock.sample()
  const prunes = pruningRecord(
    { chain: record.chain, acts: unrecorded, clock, log: noLog },
    {
      drawn: [],
      keepMs: 1,
      keys: chainKeys([record.key]),
      signers: signersOf([record.key]),
      upTo: () => forward.reached(),
    },
  )
  await prunes()
  expect((await record.chain.after(0, 10)).map(({ number }) => number)).toEqual([4, 5, 6])
  await forward.run()
  expect(receiver.numbers()).toEqual(upTo(6))
  await prunes()
  await forward.run()
  expect(receiver.taken).toHaveLength(6)
  expect([record.told, record.said.filter(({ level }) => level !== 'info')]).toEqual([[], []])
})

describe('a record that was restored from a backup, while the receiver has more of it', () => {
  const before = async () => {
    const record = await aForwarding(0)
    const receiver = aReceiver()
    const forward = record.forwards(receiver)
    for (let i = 0; i < 10; i++) {
      await record.happens(1)
      await forward.run()
    }
    const links = linksOf(record.connection)
    const cutTo = (number: number) => links.deleteMany({ _id: { $gt: number } } as never)
    return { record, receiver, forward, cutTo }
  }
  const words = (taken: readonly ToForward[]) => taken.filter((one) => 'kind' in one)

  test('is told of to the receiver, the admins and the log, once', async () => {
    const { record, receiver, forward, cutTo } = await before()
    await cutTo(6)
    receiver.isAway = true
    await forward.run()
    receiver.isAway = false
    record.clock.ms += 1_000
    for (let i = 0; i < 3; i++) await forward.run()
    expect(words(receiver.taken)).toEqual([
      { kind: 'went-back', had: expect.objectContaining({ number: 10 }) as unknown, from: 6 },
    ])
    expect(record.told).toEqual([expect.stringContaining('does not go on from entry 10')])
    expect(record.said.filter(({ level }) => level === 'error')).toHaveLength(1)
    expect(await forward.lag()).toBe(0)
  })

  test('is sent again from where both are the same, so that no new entry is taken for one that the receiver has', async () => {
    const { record, receiver, forward, cutTo } = await before()
    await cutTo(6)
    await record.happens(6, 'AFTER')
    await forward.run()
    const links = receiver.taken.filter((one): one is Link => 'source' in one && one.source !== null)
    const current = await record.chain.after(0, 100)
    expect(links.map(({ mark }) => mark)).toEqual(
      expect.arrayContaining(current.map((one) => 'mark' in one && one.mark)),
    )
    expect(receiver.numbers().slice(10)).toEqual([7, 8, 9, 10, 11, 12])
  })
})

describe('another place', () => {
  const sentTo = async (
    of: Awaited<ReturnType<typeof aForwarding>>,
    place: string,
    from: number | 'end' | null,
  ) => {
    const receiver = aReceiver()
    const forward = of.forwards(receiver, { place, from })
    await forward.run()
    return { receiver, forward }
  }

  test('gets all where there was none before it, and else what the one before it has not', async () => {
    const record = await aForwarding(3)
    expect((await sentTo(record, 'first', null)).receiver.numbers()).toEqual([1, 2, 3])
    await record.happens(2)
    expect((await sentTo(record, 'second', null)).receiver.numbers()).toEqual([4, 5])
    // The first is asked for once more: nothing that came meanwhile is lost.
    expect((await sentTo(record, 'first', null)).receiver.numbers()).toEqual([4, 5])
  })

  test('begins where it is said to, once', async () => {
    const record = await aForwarding(5)
    expect((await sentTo(record, 'fourth on', 4)).receiver.numbers()).toEqual([4, 5])
    expect((await sentTo(record, 'fourth on', 1)).receiver.numbers()).toEqual([])
    const fromNow = await sentTo(record, 'from now on', 'end')
    expect(fromNow.receiver.numbers()).toEqual([])
    expect((await sentTo(record, 'not there yet', 99)).receiver.numbers()).toEqual([])
    await record.happens(1)
    await fromNow.forward.run()
    expect(fromNow.receiver.numbers()).toEqual([6])
    expect(record.told).toEqual([])
  })

  test('that nobody was sent anything to lacks what it will be sent', async () => {
    const record = await aForwarding(5)
    const lag = (from: number | 'end' | null) => record.forwards(aReceiver(), { from }).lag()
    expect(await Promise.all([lag(null), lag(4), lag('end')])).toEqual([5, 2, 0])
  })
})
