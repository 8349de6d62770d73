import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { runInNewContext } from 'node:vm'
import { MongoClient } from 'mongodb'
import { parse } from 'yaml'
import { z } from 'zod'
import { startMongod } from '../support/mongod.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'

/*
 * No engine runs here: the file is judged by the schema of the Compose Specification, and what it would run is run. Not
 * covered: whether the images start with a read-only root.
 */

const deploy = fileURLToPath(new URL('../../deploy/', import.meta.url))
const text = readFileSync(join(deploy, 'compose.yaml'), 'utf8')
const written: unknown = parse(text)
const service = z.looseObject({
  image: z.string(),
  user: z.string(),
  read_only: z.boolean(),
  cap_drop: z.array(z.string()),
  security_opt: z.array(z.string()),
  ports: z.array(z.string()).default([]),
  networks: z.array(z.string()),
  healthcheck: z.looseObject({ test: z.tuple([z.literal('CMD'), z.string()]).rest(z.string()) }),
})
const { services, networks } = z
  .looseObject({
    services: z.looseObject({ curfew: service, mongodb: service }),
    networks: z.record(z.string(), z.looseObject({ internal: z.boolean().default(false) }).nullable()),
  })
  .parse(written)

const dclint = fileURLToPath(new URL('../../node_modules/dclint/bin/dclint.cjs', import.meta.url))
const failed = z.object({ stdout: z.string() })

/** What dclint says of it: by the schema of the specification first, then by its own rules, but for the order of keys, and that what is built has a name. */
async function wrongWith(file: string): Promise<string> {
  const unasked = ['no-build-and-image', 'service-keys-order'].flatMap((rule) => ['--disable-rule', rule])
  try {
    await promisify(execFile)(process.execPath, [dclint, file, '--max-warnings', '0', ...unasked])
    return ''
  } catch (error) {
    return failed.parse(error).stdout
  }
}

test('the compose file is what the Compose Specification allows, with no key that it does not know', async () => {
  expect(await wrongWith(join(deploy, 'compose.yaml'))).toBe('')
  // It tells: a key that was mistyped is found.
  const folder = await mkdtemp(join(tmpdir(), 'curfew-compose-'))
  afterThis(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'compose.yaml'), text.replace('\n    read_only:', '\n    readonly:'))
  expect(await wrongWith(join(folder, 'compose.yaml'))).toContain('must NOT have additional properties')
}, 30_000)

test('nobody in it is root, may become root, or writes to their root', () => {
  for (const one of Object.values(services)) {
    const { user, read_only, cap_drop, security_opt, image } = service.parse(one)
    expect(user).not.toMatch(/^(0|root)?(:|$)/)
    expect({ read_only, cap_drop, security_opt }).toEqual({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    })
    expect(image).not.toMatch(/:latest$/)
  }
})

test('MongoDB is reached by Curfew alone, and Curfew from this machine alone', () => {
  expect(services.mongodb.ports).toEqual([])
  expect(services.mongodb.networks.map((name) => networks[name]?.internal)).toEqual([true])
  expect(services.curfew.ports.every((port) => port.startsWith('127.0.0.1:'))).toBe(true)
})

test('what it is built of is there', async () => {
  const { build } = z.looseObject({ build: z.string() }).parse(services.curfew)
  await access(join(deploy, build, 'Dockerfile'))
})

/** Runs what MongoDB's shell is given, with what this test has for its `db`. */
async function inTheShell(words: string, db: object): Promise<void> {
  const done: unknown = runInNewContext(`(async () => { ${words} })()`, { db })
  await done
}

test('the health check of MongoDB makes a replica set of it by itself, once, and is healthy while it has a primary', async () => {
  const mongod = await startMongod({ joins: true })
  afterThis(() => mongod.stop())
  const client = await new MongoClient(`${mongod.uri.split('?')[0] ?? ''}?directConnection=true`).connect()
  afterThis(() => client.close())
  const admin = client.db('admin')
  const words = (services.mongodb.healthcheck.test.at(-1) ?? '')
    .replace("'rs0'", "'curfew'")
    .replace('mongodb:27017', new URL(mongod.uri).host)
  const db = {
    hello: () => admin.command({ hello: 1 }),
    adminCommand: (command: Record<string, unknown>) => admin.command(command),
  }

  expect(await db.hello()).toMatchObject({ isWritablePrimary: false })
  await inTheShell(words, db)
  // Where it elects still, the check fails, as the set is there.
  for (let isPrimary = false; !isPrimary;)
    isPrimary = await inTheShell(words, db).then(
      async () => (await db.hello())['isWritablePrimary'] === true,
      (error: unknown) => {
        expect(error).toMatchObject({ codeName: 'AlreadyInitialized' })
        return false
      },
    )
  expect(await db.adminCommand({ replSetGetStatus: 1 })).toMatchObject({ set: 'curfew', myState: 1 })
}, 60_000)

test('the health check of Curfew is healthy when /livez is, and only then', async () => {
  let status = 200
  const server = createServer(
    ({ url }, response) => void response.writeHead(url === '/livez' ? status : 404).end(),
  )
  await once(server.listen(0, '127.0.0.1'), 'listening')
  afterThis(async () => server.close())
  const address = server.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  const [, program, ...words] = services.curfew.healthcheck.test
  const isHealthy = () =>
    promisify(execFile)(
      program === 'node' ? process.execPath : program,
      words.map((word) => word.replace('3000', String(port))),
    ).then(
      () => true,
      () => false,
    )

  expect(await isHealthy()).toBe(true)
  status = 503
  expect(await isHealthy()).toBe(false)
}, 30_000)
