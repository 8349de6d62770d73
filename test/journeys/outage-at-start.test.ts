import { z } from 'zod'
import { readConfig } from '../../src/config.ts'
import { createLog } from '../../src/log.ts'
import { start } from '../../src/main.ts'
import { aStage } from '../support/curfew.ts'
import { freePort } from '../support/free-port.ts'
import { eventually } from './acts.ts'
import { curfew } from './app-process.ts'
import { aBreakableMongod } from './own-mongod.ts'

// Agenda leaves its failed connection as a rejection that nobody handles: cli.ts logs those and goes on.
const ignored = (): void => undefined
beforeAll(() => void process.on('unhandledRejection', ignored))
afterAll(() => void process.off('unhandledRejection', ignored))

/** Far more than a start needs on a busy machine: what hangs does so for ever. */
const patienceMs = 60_000

const again = { errorCode: 10107 }

async function aServerThatFails(data: object): Promise<string> {
  const { uri, failPoint } = await aBreakableMongod()
  await failPoint({ times: 2 }, data)
  return uri
}

test.each([
  ['a failover while our indexes are made', { failCommands: ['createIndexes'], ...again }],
  [
    'a connection that breaks while our indexes are made',
    { failCommands: ['createIndexes'], closeConnection: true },
  ],
  ['a failover while the time is asked for', { failCommands: ['hello'], ...again }],
  [
    'a failover while jobs are written',
    { failCommands: ['findAndModify', 'update'], ...again, namespace: 'test.jobs' },
  ],
  [
    "a failover while the jobs' index is made",
    { failCommands: ['createIndexes'], ...again, namespace: 'test.jobs' },
  ],
  [
    "a connection that breaks while the jobs' index is made",
    { failCommands: ['createIndexes'], closeConnection: true, namespace: 'test.jobs' },
  ],
])(
  '%s, at the start, is an outage like any other: neither does the start end, nor is nothing taken back for ever',
  async (_, data) => {
    const stage = await aStage({ started: false })
    const MONGODB_URI = await aServerThatFails(data)
    const config = readConfig({ ...stage.environment, MONGODB_URI })
    const log = createLog('error')
    const said: string[] = []
    log.warn = log.error = (words) => void said.push(words)
    const outcome = await Promise.race([
      start(config, { log, environment: { ...stage.environment } }).then(
        (running) => {
          void running.stop()
          return 'started'
        },
        (error: unknown) => `ended: ${String(error)}`,
      ),
      new Promise((resolve) => setTimeout(() => resolve(`hangs: ${said.join(', ')}`), patienceMs)),
    ])
    expect(outcome).toBe('started')
  },
  patienceMs + 20_000,
)

test(
  'a server that shuts down while the first sweep looks up what is due: it runs, and sweeps, all the same',
  async () => {
    const stage = await aStage({ started: false })
    const MONGODB_URI = await aServerThatFails({
      failCommands: ['find'],
      errorCode: 91,
      namespace: 'test.grants',
    })
    const app = curfew(['start'], { ...stage.environment, MONGODB_URI, PORT: String(await freePort()) })
    await app.says('curfew is running', patienceMs)
    const { port } = z.object({ port: z.number() }).parse(JSON.parse(app.lines.at(-1) ?? ''))
    await eventually(
      async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status,
      (status) => status === 200,
    )
  },
  patienceMs + 20_000,
)
