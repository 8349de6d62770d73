import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isLink } from '../../src/domain/audit/chain.ts'
import { isOfGrant, readRecorded } from '../../src/domain/audit/recorded.ts'
import { mongoChain } from '../../src/mongo/audit.ts'
import { connect } from '../../src/mongo/connection.ts'
import { aStage } from '../support/curfew.ts'
import { freePort } from '../support/free-port.ts'
import { aKey } from '../support/ring.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { aCard, eventually, patient } from './acts.ts'
import { curfew } from './app-process.ts'

/** What is done in Slack stands in a record that shows whether anybody changed it. */

test('what Riley asked and Ada approved is recorded within seconds, by the app as it runs; its checkpoint tells that the end was cut off', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'curfew-record-'))
  afterThis(() => rm(folder, { recursive: true }))
  const checkpoints = join(folder, 'checkpoints.jsonl')
  const stage = await aStage({ auditKeys: [aKey('k1')], started: false })
  const { ada, environment } = stage
  const env = { ...environment, AUDIT_CHECKPOINTS: checkpoints, PORT: String(await freePort()) }
  const app = curfew(['start'], env)
  await app.says('curfew is running', 30_000)
  await ada.clicks('Approve 1 h', await aCard(stage, 'orders-db read 1h'))
  const connection = await connect(environment['MONGODB_URI'] ?? '')
  afterThis(() => connection.close())
  const chain = mongoChain(connection)
  const types = async () =>
    (await chain.after(0, 100))
      .filter(isLink)
      .flatMap((link) => readRecorded(link) ?? [])
      .filter(isOfGrant)
      .map(({ happened }) => happened.type)
  await eventually(types, (all) => all.includes('given'), patient.withinMs)
  expect(await types()).toEqual(['asked', 'approved', 'given'])
  await eventually(
    () => readFile(checkpoints, 'utf8').catch(() => ''),
    (text) => text.includes('"number":4'),
    30_000,
  )
  const says = async (words: readonly string[]) => {
    const run = curfew(words, env)
    return { code: await run.exited, text: run.lines.join('\n') }
  }
  const verify = () => says(['audit', 'verify', '--checkpoints', checkpoints])
  const whoHeld = (atMs: number) =>
    says(['who-held', 'orders-db', 'read', '--at', new Date(atMs).toISOString()])
  const now = Date.now()
  const holder = await whoHeld(now)
  expect(holder.text).toMatch(
    /Riley .*held still +Ada .*a customer waits[\s\S]*stands in the record as it was written/,
  )
  expect(holder.code).toBe(0)
  expect((await whoHeld(now - 3_600_000)).text).toContain('Nobody held it')
  const { text: told } = await eventually(
    () => says(['history', 'Ada']),
    ({ text }) => text.includes('1 entries of Ada'),
    15_000,
  )
  expect(told).toMatch(
    /#\d+ +approved +orders-db read, for Riley .*by Ada[\s\S]*stands in the record as it was written/,
  )
  const day = (ms: number) => new Date(ms).toISOString()
  const reviewed = await says([
    'report',
    'access-review',
    '--from',
    day(now - 60_000),
    '--to',
    day(now + 60_000),
  ])
  expect([reviewed.code, reviewed.text]).toEqual([
    0,
    expect.stringMatching(/verified: none[\s\S]*orders-db read[\s\S]*Riley[\s\S]*held still[\s\S]*Ada/),
  ])
  await connection
    .collection('holdings')
    .updateMany({}, { $set: { 'subject.id': 'mallory', 'subject.name': 'Mallory' } })
  const forged = await whoHeld(now)
  expect([forged.code, forged.text]).toEqual([1, expect.stringContaining('NOT AS RECORDED')])

  // That it was asked for stands there too.
  await eventually(
    async () => (await chain.after(0, 100)).filter(isLink).map(({ text }) => text),
    (texts) => texts.filter((text) => text.includes('"who-held orders-db read')).length === 3,
    patient.withinMs,
  )
  const last = (await chain.end()).number
  await eventually(
    () => readFile(checkpoints, 'utf8'),
    (text) => text.includes(`"number":${last},`),
    30_000,
  )
  app.kill('SIGTERM')
  await app.exited
  const whole = await verify()
  expect([whole.code, whole.text]).toEqual([0, expect.stringContaining('None of them was changed')])
  await connection.collection<{ _id: number }>('chain').deleteOne({ _id: last })
  const short = await verify()
  expect([short.code, short.text]).toEqual([
    1,
    expect.stringContaining(`there were ${last} entries, now there are ${last - 1}`),
  ])
}, 90_000)
