import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from './free-port.ts'
import { freeze } from './freeze.ts'
import { keepServer } from './kept-server.ts'

const run = promisify(execFile)
const installed = fileURLToPath(new URL('../servers/node_modules/', import.meta.url))
/** PostgreSQL refuses to run as root: then it runs as `nobody`. */
const nobody = { uid: 65_534, gid: 65_534 }

export const postgresVersions = [15, 16, 18] as const
export type PostgresVersion = (typeof postgresVersions)[number]

export interface Postgres {
  readonly port: number
  readonly superuser: { readonly user: string; readonly password: string }
  urlOf(user: string, password: string, port?: number): string
  /** It accepts connections and says nothing, until what this resolves to is called. */
  freeze(): Promise<() => void>
  stop(): Promise<void>
}

/** Whether ./scripts/servers has installed this version. */
export const isInstalled = (version: PostgresVersion): boolean => existsSync(binary(version, 'postgres'))

/** The same for tests: where they must not be skipped, one that is missing is an error. */
export function hasPostgres(version: PostgresVersion): boolean {
  const isThere = isInstalled(version)
  if (!isThere && process.env['CI']) throw new Error(`PostgreSQL ${version} is not here: ./scripts/servers`)
  return isThere
}

/** A real PostgreSQL on 127.0.0.1, with its data in a temporary folder. Both go with this process, however that ends. */
export async function startPostgres(version: PostgresVersion): Promise<Postgres> {
  const as = process.getuid?.() === 0 ? nobody : undefined
  const folder = await mkdtemp(join(tmpdir(), 'curfew-postgres-'))
  const data = join(folder, 'data')
  const superuser = { user: 'postgres', password: randomBytes(12).toString('hex') }
  const passwordFile = join(folder, 'password')
  await writeFile(passwordFile, superuser.password)
  await chmod(passwordFile, 0o644)
  if (as) await chown(folder, as.uid, as.gid)
  const init = ['-D', data, '-U', superuser.user, `--pwfile=${passwordFile}`, '--auth=scram-sha-256']
  init.push('--no-sync', '--encoding=UTF8', '--locale=C.UTF-8', '--no-instructions')
  await run(binary(version, 'initdb'), init, { ...as, cwd: folder })
  const port = await freePort()
  const settings = { fsync: 'off', unix_socket_directories: '', listen_addresses: '127.0.0.1', port }
  const options = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])
  const { pid, stop } = await keepServer({
    command: [binary(version, 'postgres'), '-D', data, ...options],
    folder,
    isReady: (line) => line.includes('database system is ready to accept connections'),
    as,
    // It looks for no home and no settings of ours.
    env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', PGTZ: 'UTC' },
  })
  const urlOf = (user: string, password: string, at = port) =>
    `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${at}/postgres`
  return {
    port,
    superuser,
    urlOf,
    freeze: async () => {
      const thaws: (() => void)[] = []
      // The one that accepts first: it could start more of the others meanwhile.
      for (const one of [pid, ...(await childrenOf(pid))]) thaws.push(await freeze(one))
      return () => {
        for (const thaw of thaws) thaw()
      }
    },
    stop,
  }
}

const binary = (version: PostgresVersion, name: string) =>
  join(installed, `postgres-${version}`, 'native', 'bin', name)

async function childrenOf(pid: number): Promise<number[]> {
  const found: number[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (Number(parent) === pid) found.push(Number(name))
  }
  return found
}
