import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { mongoClock } from '../../src/mongo/clock.ts'
import { collectionOf, connect } from '../../src/mongo/connection.ts'
import { mongoGrantCounts } from '../../src/mongo/grant-counts.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { uriOf } from '../support/curfew.ts'
import { freeze } from '../support/freeze.ts'
import { startMongod } from '../support/mongod.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'

/*
 * The driver's pool hands out a connection until it has heard that it closed. What is asked of it in the moment before
 * that must come back too: whoever waits for ever holds whatever it works on.
 */

/** Every socket that is made from here on. */
function sockets(): readonly Socket[] {
  const made: Socket[] = []
  const note = (message: unknown): void => {
    const { socket } = z.object({ socket: z.instanceof(Socket) }).parse(message)
    made.push(socket)
  }
  subscribe('net.client.socket', note)
  afterThis(async () => void unsubscribe('net.client.socket', note))
  return made
}

/** A server of its own, which can be killed or frozen, and a pool of a few connections to it. */
async function aServer() {
  const server = await startMongod({ replicaSet: true })
  afterThis(() => server.stop())
  const made = sockets()
  const connection = await connect(uriOf(server.uri, 'asked'))
  afterThis(() => connection.close(true))
  const notes = collectionOf<{ _id: string; note?: string }>(connection, 'notes')
  await Promise.all(
    Array.from({ length: 10 }, (_, i) =>
      notes.updateOne({ _id: `${i}` }, { $set: { note: '' } }, { upsert: true }),
    ),
  )
  const pid = server.pid
  if (pid === null) throw new Error('not a server of ours')
  return { pid, made, connection, notes }
}

/** Each that did not come to an end in time. */
async function unsettled(asked: readonly Promise<unknown>[], withinMs: number): Promise<number> {
  let open = asked.length
  for (const one of asked) {
    const ended = () => void (open -= 1)
    void one.then(ended, ended)
  }
  const untilMs = performance.now() + withinMs
  while (open > 0 && performance.now() < untilMs) await sleep(20)
  return open
}

test('what is asked of a connection that is just closing comes back', async () => {
  const { pid, made, notes } = await aServer()
  const asked: Promise<unknown>[] = []
  for (const socket of made)
    socket.once('finish', () =>
      setImmediate(() => {
        const one = notes.findOneAndUpdate({ _id: '1' }, { $set: { note: 'asked' } }, { upsert: true })
        asked.push(one.catch(() => null))
      }),
    )
  process.kill(pid, 'SIGKILL')
  const untilMs = performance.now() + 5_000
  while (asked.length === 0 && performance.now() < untilMs) await sleep(5)
  expect(asked.length).toBeGreaterThan(0)
  expect(await unsettled(asked, 10_000)).toBe(0)
})

test('more than a frozen server takes is given up like all else that is asked of it', async () => {
  const { pid, notes } = await aServer()
  const thaw = await freeze(pid)
  afterThis(async () => thaw())
  const much = 'x'.repeat(8_000_000)
  const asked = Array.from({ length: 3 }, (_, i) => notes.insertOne({ _id: `much ${i}`, note: much }))
  expect(await unsettled(asked, 20_000)).toBe(0)
})

test('what may take so long and no longer ends by then on a server that is frozen', async () => {
  const { pid, connection } = await aServer()
  await ensureIndexes(connection)
  const clock = mongoClock(connection)
  await clock.sample()
  const counter = mongoGrantCounts(connection, clock)
  await counter.counts()
  const thaw = await freeze(pid)
  afterThis(async () => thaw())
  // Before the driver itself notices, which takes up to 5 s.
  expect(await unsettled([counter.counts(), clock.sample()], 2_600)).toBe(0)
})
