import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { access, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const pageDir = fileURLToPath(new URL('../page', import.meta.url))
const root = fileURLToPath(new URL('../../..', import.meta.url))

/** Builds the practice page and returns where it is. The directory is named after the sources: the same sources are
 *  built once, and two who build at the same time do not tread on each other. */
export async function buildPage({ into = join(root, '.cache/practice') } = {}): Promise<string> {
  const outDir = join(into, await hashOf(pageDir))
  if (await isThere(outDir)) return outDir
  await mkdir(into, { recursive: true })
  const beside = join(into, `building-${randomUUID()}`)
  try {
    await build(beside)
    await dropOld(into)
    await rename(beside, outDir)
  } catch (error) {
    await rm(beside, { recursive: true, force: true })
    if (!(await isThere(outDir))) throw error
  }
  return outDir
}

/** Vite in a process of its own: in Jest's sandbox its native parts do not know their own objects. */
async function build(outDir: string): Promise<void> {
  const vite = join(dirname(find('vite/package.json')), 'bin/vite.js')
  const config = join(pageDir, 'vite.config.ts')
  await promisify(execFile)(process.execPath, [vite, 'build', '--config', config, '--outDir', outDir], {
    cwd: pageDir,
    timeout: 120_000,
    env: { ...process.env, NODE_OPTIONS: '' },
  })
}

const { resolve: find } = createRequire(import.meta.url)

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

/** Earlier builds; servers hold theirs in memory. Unfinished ones are left to whoever is at them. */
async function dropOld(into: string): Promise<void> {
  const names = await readdir(into)
  const old = names.filter((name) => /^[0-9a-f]{16}$/.test(name))
  await Promise.all(old.map((name) => rm(join(into, name), { recursive: true, force: true })))
}

/** Of all source files by name and content, and of the tools that turn them into a page. */
async function hashOf(dir: string): Promise<string> {
  const hash = createHash('sha256')
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const tools = ['vite', 'preact'].map((name) => find(`${name}/package.json`))
  for (const path of [...paths.sort(), ...tools])
    hash
      .update(relative(root, path))
      .update('\0')
      .update(await readFile(path))
  return hash.digest('hex').slice(0, 16)
}
