import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { aDatabase } from './database.ts'
import { startMongod } from './mongod.ts'

const module = new URL('./mongod.ts', import.meta.url).href
const starts = `import { startMongod } from '${module}'
const { pid } = await startMongod({ cacheGB: 0.25, auth: { user: 'root', password: 'secret' } })
console.log(pid)
setInterval(() => {}, 1000)`

async function firstLine(input: Readable): Promise<string> {
  for await (const line of createInterface({ input })) return line
  throw new Error('the starter ended without a word')
}

const onLinux = process.platform === 'linux' ? test : test.skip

onLinux('the server and its data are gone a moment after its starter was killed', async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', starts], {
    env: { ...process.env, NODE_OPTIONS: '', MONGODB_URI: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const pid = Number(await firstLine(child.stdout))
  const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0')
  const folder = command[command.indexOf('--dbpath') + 1]!
  expect(existsSync(folder)).toBe(true)

  child.kill('SIGKILL')

  const until = performance.now() + 3_000
  while ((existsSync(`/proc/${pid}`) || existsSync(folder)) && performance.now() < until) await sleep(20)
  expect({ server: existsSync(`/proc/${pid}`), data: existsSync(folder) }).toEqual({
    server: false,
    data: false,
  })
})

test('with auth, nobody gets in without the password', async () => {
  const server = await startMongod({ auth: { user: 'root', password: 'p@ss:/word' } })
  const stranger = new MongoClient(`mongodb://${new URL(server.uri).host}/`)
  const admin = new MongoClient(server.uri)
  try {
    await expect(stranger.db('shop').collection('orders').findOne({})).rejects.toMatchObject({ code: 13 })
    expect(await admin.db('shop').collection('orders').findOne({})).toBeNull()
  } finally {
    await Promise.all([stranger.close(), admin.close()])
    await server.stop()
  }
})

test('a test database is a real one: transactions work, and nothing is left of it', async () => {
  const database = await aDatabase()
  const { connection, name, uri } = database
  await connection.transaction(async (session) => {
    await connection.collection('things').insertOne({ kind: 'thing' }, { session })
  })
  expect(await connection.collection('things').countDocuments()).toBe(1)
  if (!process.env['CURFEW_TEST_MONGODB_URI']) return database.drop()

  await database.drop()

  const client = new MongoClient(uri)
  const { databases } = await client.db().admin().listDatabases({ nameOnly: true })
  await client.close()
  expect(databases.map((one) => one.name)).not.toContain(name)
})
