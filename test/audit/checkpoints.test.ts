import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileSink, webhookSink } from '../../src/audit/checkpoint-sink.ts'
import { readConfig } from '../../src/config.ts'
import { signedCheckpoint, signingKey, type Checkpoint } from '../../src/domain/audit/checkpoint.ts'
import { keepingCheckpoints } from '../../src/operations/by-itself/keep-checkpoint.ts'
import { at } from '../support/builders.ts'
import { aKey, written } from '../support/ring.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'

const key = signingKey('k1', Buffer.alloc(32, 7))
const aCheckpoint = (number: number): Checkpoint =>
  signedCheckpoint({ number, mark: `m${number}` }, at(number), key)

test('checkpoints are lines at the end of a file, each after the one before', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'curfew-checkpoints-'))
  afterThis(() => rm(folder, { recursive: true }))
  const path = join(folder, 'checkpoints.jsonl')
  for (const number of [1, 2]) await fileSink(path).keep(aCheckpoint(number))
  const lines = (await readFile(path, 'utf8')).trim().split('\n')
  expect(lines.map((line): unknown => JSON.parse(line))).toEqual([aCheckpoint(1), aCheckpoint(2)])
})

test('one that is sent counts as kept only once it was answered with success, and goes nowhere else', async () => {
  const answers = [204, 500, 302]
  const sent: string[] = []
  const server = createServer((request, response) => {
    request.setEncoding('utf8').on('data', (part: string) => sent.push(part))
    request.on('end', () => response.writeHead(answers.shift() ?? 200, { location: '/elsewhere' }).end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterThis(() => new Promise((resolve) => server.close(resolve)))
  const { port } = server.address() as AddressInfo
  const sink = webhookSink(`http://127.0.0.1:${port}/`, null)
  await sink.keep(aCheckpoint(1))
  await expect(sink.keep(aCheckpoint(2))).rejects.toThrow('500')
  await expect(sink.keep(aCheckpoint(3))).rejects.toThrow()
  expect(sent.map((text): unknown => JSON.parse(text))).toEqual([1, 2, 3].map(aCheckpoint))
})

test('what could not be kept is tried again, what did not grow is kept once, and a record that was cut is said aloud', async () => {
  let number = 3
  const kept: number[] = []
  let isAway = true
  const keep = keepingCheckpoints(
    {
      chain: { end: () => Promise.resolve({ number, mark: 'm' }) },
      now: () => at(0),
      keep: (one) =>
        isAway ? Promise.reject(new Error('away')) : Promise.resolve(void kept.push(one.number)),
    },
    key,
  )
  await expect(keep()).rejects.toThrow('away')
  isAway = false
  await keep()
  await keep()
  number = 5
  await keep()
  expect(kept).toEqual([3, 5])
  number = 4
  await expect(keep()).rejects.toThrow('it had 5 entries, and has 4')
})

test('checkpoints need a key, and are kept in a file or sent where nobody listens in between', () => {
  const complete = {
    SLACK_BOT_TOKEN: 'xoxb-1',
    SLACK_APP_TOKEN: 'xapp-1',
    MONGODB_URI: 'mongodb://db/curfew',
    CATALOG: './catalog.yml',
  }
  const read = (place: string, keys = written(aKey('k1'))) =>
    readConfig({ ...complete, AUDIT_KEYS: keys, AUDIT_CHECKPOINTS: place }).auditCheckpoints
  expect(read('/var/lib/curfew/checkpoints.jsonl')).toBe('/var/lib/curfew/checkpoints.jsonl')
  expect(read('https://log.example/checkpoints')).toBe('https://log.example/checkpoints')
  expect(() => read('http://log.example/checkpoints')).toThrow(
    'must be a file, an https address or s3://bucket/prefix',
  )
  expect(() => read('ftp://log.example')).toThrow('must be a file, an https address or s3://bucket/prefix')
  expect(() => read('/checkpoints', '')).toThrow('AUDIT_KEYS is needed for checkpoints')
})
