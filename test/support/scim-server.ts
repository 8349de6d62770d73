import { z } from 'zod'
import { unrecorded } from '../../src/domain/ports/acts.ts'
import type { Log } from '../../src/domain/ports/log.ts'
import { mongoActs } from '../../src/mongo/acts.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { mongoScim, scimActs } from '../../src/mongo/scim/store.ts'
import { mongoScimTokenDesk, mongoScimTokens } from '../../src/mongo/scim/tokens.ts'
import { recordedScim } from '../../src/operations/recorded-scim.ts'
import { scimPath } from '../../src/web/scim/path.ts'
import { scimRoutes } from '../../src/web/scim/routes.ts'
import { serveWeb } from '../../src/web/server.ts'
import { aDatabase, type TestDatabase } from './database.ts'
import { freePort } from './free-port.ts'
import { noLog } from './no-log.ts'

/** What tests look at: of a resource, a list or an error. */
const told = z.looseObject({
  id: z.string().default(''),
  userName: z.string().optional(),
  displayName: z.string().optional(),
  active: z.boolean().optional(),
  members: z.array(z.object({ value: z.string() })).optional(),
  meta: z.object({ version: z.string(), location: z.string() }).partial().default({}),
  totalResults: z.number().optional(),
  Resources: z.array(z.looseObject({ id: z.string() })).default([]),
  scimType: z.string().optional(),
  detail: z.string().optional(),
})

export interface ScimAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: z.output<typeof told>
}

/** The real SCIM server on a database of its own, and somebody who asks it. */
export interface TestScim {
  readonly url: string
  readonly token: string
  readonly database: TestDatabase
  /** Whom the server said each write concerned, in order. */
  readonly changes: (readonly string[])[]
  newToken(source: string): Promise<string>
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<ScimAnswer>
  close(): Promise<void>
}

export async function startScim({
  log = noLog,
  server,
  limits,
  isRecorded = false,
}: {
  log?: Log
  /** Connection string of the test's own mongod. */
  server?: string
  limits?: { atOnce: number; mostWaiting: number; longestMs: number }
  /** What is written stands in the record. */
  isRecorded?: boolean
} = {}): Promise<TestScim> {
  const database = await aDatabase(server)
  const { connection } = database
  await ensureIndexes(connection)
  const desk = mongoScimTokenDesk(connection)
  const newToken = async (source: string) => {
    const made = await desk.create(source, 'ada', undefined)
    if (!('token' in made)) throw new Error('there are two already')
    return made.token
  }
  const changes: (readonly string[])[] = []
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const url = `${origin}${scimPath}`
  const room = scimRoutes({
    store: recordedScim(mongoScim(connection, log), {
      acts: scimActs(isRecorded ? mongoActs(connection) : unrecorded),
      log,
    }),
    tokens: mongoScimTokens(connection, log),
    publicUrl: origin,
    log,
    changed: ({ users }) => changes.push(users),
    ...(limits === undefined ? {} : { limits }),
  })
  const web = await serveWeb({ port, slack: null, rooms: { [scimPath]: room } })
  const token = await newToken('okta')
  return {
    url,
    token,
    database,
    changes,
    newToken,
    ask: async (method, path, body, headers = {}) => {
      const response = await fetch(url + path, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json', ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const text = await response.text()
      const isJson = response.headers.get('content-type')?.includes('json') ?? false
      const given: unknown = isJson ? JSON.parse(text) : {}
      return {
        status: response.status,
        headers: response.headers,
        text,
        json: told.parse(given),
      }
    },
    close: async () => {
      await web.close()
      await database.drop()
    },
  }
}
