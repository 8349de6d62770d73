import { randomBytes } from 'node:crypto'
import { mkdtemp, statfs, writeFile } from 'node:fs/promises'
import { freemem, tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { freePort } from './free-port.ts'
import { keepServer, type KeptServer } from './kept-server.ts'
import { findMongod } from './mongod-binary.ts'

export interface Mongod {
  /** Connection string of the server, with the admin's credentials where `auth` was asked for. */
  readonly uri: string
  /** Process id of mongod; null when it is not ours (`MONGODB_URI`). */
  readonly pid: number | null
  /** Kills the server and removes its data. May be called twice. Leaves a server that is not ours alone. */
  stop(): Promise<void>
}

export interface MongodOptions {
  /** A replica set of one: needed by transactions and change streams. */
  readonly replicaSet?: boolean
  /** Started to join a replica set `curfew` that another began; whoever starts it adds it there. */
  readonly joins?: true
  /** Creates this admin (role `root`) and turns authorization on. */
  readonly auth?: { readonly user: string; readonly password: string }
  /** Loopback port; a free one unless given. */
  readonly port?: number
  readonly cacheGB?: number
  /** Single commands can be made to fail (`configureFailPoint`). */
  readonly failPoints?: true
  /**
   * Nobody needs its data once it stopped: kept in memory where that has room, and what does not ask for the journal does
   * not wait for it. On a disk that many write to, each waits for all. Not to measure by.
   */
  readonly passing?: true
}

const memory = '/dev/shm'
/** Room for a few of them, each with up to 600 MB, and for whatever else runs. */
const roomyBytes = 6 * 2 ** 30

/**
 * Starts a real mongod on 127.0.0.1 with its data in a temporary folder. It dies, and its data goes, with this
 * process, however that ends. `MONGODB_URI` is used instead where it is set, unless `auth`, `port` or `failPoints` asks for more
 * than somebody else's server can promise.
 */
export async function startMongod(options: MongodOptions = {}): Promise<Mongod> {
  const given = process.env['MONGODB_URI']
  if (given && !options.auth && !options.port && !options.failPoints) {
    return { uri: given, pid: null, stop: async () => {} }
  }
  const binary = await findMongod()
  const base = options.passing && (await hasRoomInMemory()) ? memory : tmpdir()
  const { port, server } = await launchSomewhere(binary, base, options)
  const { pid, stop } = server
  try {
    await prepare(port, options)
  } catch (error) {
    await stop()
    throw error
  }
  return { uri: uriOf(port, options), pid, stop }
}

const portsTried = 5

/** A port that was free may be somebody else's once mongod asks for it: then it is another one. */
async function launchSomewhere(
  binary: string,
  base: string,
  options: MongodOptions,
): Promise<{ port: number; server: KeptServer }> {
  for (let tried = 1; ; tried += 1) {
    const port = options.port ?? (await freePort())
    const folder = await mkdtemp(join(base, 'curfew-mongod-'))
    try {
      return { port, server: await launch(binary, folder, port, options) }
    } catch (error) {
      // By mongod's own word for what it cannot listen on.
      const isTaken = error instanceof Error && error.message.includes('"exitCode":48')
      if (!isTaken || options.port !== undefined || tried === portsTried) throw error
    }
  }
}

/** One whose data is kept in a folder that exists, when it is stopped or killed: whoever started it may start it again there. */
export async function startMongodIn(
  folder: string,
  port: number,
  options: Pick<MongodOptions, 'joins' | 'cacheGB'>,
): Promise<KeptServer> {
  return launch(await findMongod(), folder, port, options, true)
}

async function launch(
  binary: string,
  folder: string,
  port: number,
  options: MongodOptions,
  keepsFolder = false,
): Promise<KeptServer> {
  const args = ['--dbpath', folder, '--port', String(port), '--bind_ip', '127.0.0.1', '--nounixsocket']
  args.push('--wiredTigerCacheSizeGB', String(options.cacheGB ?? 0.5))
  args.push('--setParameter', 'diagnosticDataCollectionEnabled=false')
  // Hundreds of databases come and go, of some fifty files each: those that nobody uses are closed before they are too many.
  args.push('--wiredTigerEngineConfigString', 'file_manager=(close_idle_time=20,close_handle_minimum=200)')
  if (options.failPoints) args.push('--setParameter', 'enableTestCommands=1')
  if (options.replicaSet || options.joins) args.push('--replSet', 'curfew', '--oplogSize', '256')
  if (options.auth) args.push('--auth')
  if (options.auth && options.replicaSet) args.push('--keyFile', await keyFile(folder))
  const isReady = (line: string) => line.includes('"Waiting for connections"')
  return keepServer({ command: [binary, ...args], folder, isReady, keepsFolder })
}

async function hasRoomInMemory(): Promise<boolean> {
  const free = await statfs(memory).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => 0,
  )
  return Math.min(free, freemem()) > roomyBytes
}

/** Starts the replica set and makes the admin, both through mongod's exception for localhost before any user exists. */
async function prepare(port: number, options: MongodOptions): Promise<void> {
  if (!options.replicaSet && !options.auth) return
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`)
  try {
    const admin = client.db('admin')
    if (options.replicaSet) {
      const members = [{ _id: 0, host: `127.0.0.1:${port}` }]
      const journal = options.passing ? { writeConcernMajorityJournalDefault: false } : {}
      await admin.command({ replSetInitiate: { _id: 'curfew', members, ...journal } })
      while (!(await admin.command({ hello: 1 }))['isWritablePrimary']) await pause(20)
    }
    if (options.auth) {
      const { user, password } = options.auth
      await admin.command({ createUser: user, pwd: password, roles: ['root'] })
    }
  } finally {
    await client.close()
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

function uriOf(port: number, { auth, replicaSet }: MongodOptions): string {
  const login = auth ? `${encodeURIComponent(auth.user)}:${encodeURIComponent(auth.password)}@` : ''
  return `mongodb://${login}127.0.0.1:${port}/${replicaSet ? '?replicaSet=curfew' : ''}`
}

async function keyFile(folder: string): Promise<string> {
  const file = join(folder, 'keyfile')
  await writeFile(file, randomBytes(96).toString('base64'), { mode: 0o600 })
  return file
}
