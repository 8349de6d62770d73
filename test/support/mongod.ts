import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { MongoClient } from 'mongodb'
import { freePort } from './free-port.ts'
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
}

const startMs = 20_000

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
  const port = options.port ?? (await freePort())
  const folder = await mkdtemp(join(tmpdir(), 'curfew-mongod-'))
  const keeper = await launch(binary, folder, port, options)
  const stop = async () => {
    keeper.process.stdin.end()
    if (keeper.process.exitCode !== null) return
    keeper.process.ref()
    await once(keeper.process, 'exit')
  }
  try {
    await prepare(port, options)
  } catch (error) {
    await stop()
    throw error
  }
  return { uri: uriOf(port, options), pid: keeper.pid, stop }
}

/** Held by a shell that waits for our end of its pipe to close, which the kernel does even after SIGKILL. */
const keeperScript = `folder=$1; shift
"$@" </dev/null & mongod=$!
echo "mongod is $mongod"
{ cat; kill -9 $mongod; } <&3 >/dev/null 2>&1 &
{ wait $mongod; } 2>/dev/null
rm -rf "$folder"`

async function launch(binary: string, folder: string, port: number, options: MongodOptions) {
  const args = ['--dbpath', folder, '--port', String(port), '--bind_ip', '127.0.0.1', '--nounixsocket']
  args.push('--wiredTigerCacheSizeGB', String(options.cacheGB ?? 0.5))
  args.push('--setParameter', 'diagnosticDataCollectionEnabled=false')
  if (options.failPoints) args.push('--setParameter', 'enableTestCommands=1')
  if (options.replicaSet || options.joins) args.push('--replSet', 'curfew', '--oplogSize', '256')
  if (options.auth) args.push('--auth')
  if (options.auth && options.replicaSet) args.push('--keyFile', await keyFile(folder))
  // `detached`: Ctrl-C reaches us alone, so that we can shut down in order.
  const process = spawn('sh', ['-c', `exec 3<&0; ${keeperScript}`, 'sh', folder, binary, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  })
  const pid = await listening(process)
  process.unref()
  for (const pipe of [process.stdin, process.stdout]) if (pipe instanceof Socket) pipe.unref()
  return { process, pid }
}

/** Resolves to mongod's process id once it accepts connections. Afterwards its log is read and dropped. */
function listening(keeper: ChildProcessByStdio<Writable, Readable, null>): Promise<number> {
  return new Promise((resolve, reject) => {
    let pid = 0
    const last: string[] = []
    const fail = (why: string) => reject(new Error([`mongod ${why}`, ...last.slice(-5)].join('\n')))
    const timer = setTimeout(() => {
      keeper.stdin.end()
      fail(`did not start within ${startMs} ms`)
    }, startMs)
    const lines = createInterface({ input: keeper.stdout })
    lines.on('line', (line) => {
      pid ||= Number(/^mongod is (\d+)$/.exec(line)?.[1] ?? 0)
      last.push(line)
      if (!line.includes('"Waiting for connections"')) return
      clearTimeout(timer)
      lines.close()
      keeper.stdout.resume()
      resolve(pid)
    })
    keeper.once('exit', () => {
      clearTimeout(timer)
      fail('stopped while starting')
    })
  })
}

/** Starts the replica set and makes the admin, both through mongod's exception for localhost before any user exists. */
async function prepare(port: number, options: MongodOptions): Promise<void> {
  if (!options.replicaSet && !options.auth) return
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`)
  try {
    const admin = client.db('admin')
    if (options.replicaSet) {
      const members = [{ _id: 0, host: `127.0.0.1:${port}` }]
      await admin.command({ replSetInitiate: { _id: 'curfew', members } })
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
