import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const root = join(import.meta.dirname, '..')
const stamp = join(root, 'dist/.built-from')

/** Compiles `src` to `dist`, unless that is what `dist` was compiled from. Resolves with the entry's path. */
export async function buildApp(): Promise<string> {
  const wanted = await fingerprint()
  const built = await readFile(stamp, 'utf8').catch(() => '')
  if (built !== wanted) {
    await promisify(execFile)(
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
      {
        cwd: root,
      },
    )
    await writeFile(stamp, wanted)
  }
  return join(root, 'dist/cli.js')
}

async function fingerprint(): Promise<string> {
  const files = (await readdir(join(root, 'src'), { recursive: true }))
    .filter((file) => file.endsWith('.ts'))
    .sort()
  const hash = createHash('sha256')
  for (const file of [
    ...files.map((name) => join('src', name)),
    'tsconfig.json',
    'tsconfig.build.json',
    'package-lock.json',
  ]) {
    hash.update(`${file}\n`).update(await readFile(join(root, file)))
  }
  return hash.digest('hex')
}
