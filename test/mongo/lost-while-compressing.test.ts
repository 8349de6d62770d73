import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { collectionOf, connect } from '../../src/mongo/connection.ts'
import { uriOf } from '../support/curfew.ts'
import { startMongod } from '../support/mongod.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'

test('what is still being compressed when its connection closes comes back, where the address asks for that', async () => {
  const server = await startMongod({ replicaSet: true })
  afterThis(() => server.stop())
  const place = uriOf(server.uri, 'asked')
  const connection = await connect(`${place}${place.includes('?') ? '&' : '?'}compressors=zlib`)
  afterThis(() => connection.close(true))
  const notes = collectionOf<{ _id: string; note?: string }>(connection, 'notes')
  await Promise.all(
    Array.from({ length: 4 }, (_, i) => notes.updateOne({ _id: `${i}` }, { $set: {} }, { upsert: true })),
  )
  const { pid } = server
  if (pid === null) throw new Error('not a server of ours')
  const note = randomBytes(6_000_000).toString('base64')
  let open = 4
  for (let i = 0; i < 4; i++) {
    const ended = () => void (open -= 1)
    void notes.insertOne({ _id: `much ${i}`, note }).then(ended, ended)
  }
  process.kill(pid, 'SIGKILL')
  const untilMs = performance.now() + 15_000
  while (open > 0 && performance.now() < untilMs) await sleep(20)
  expect(open).toBe(0)
}, 60_000)
