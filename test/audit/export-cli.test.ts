import { execFile } from 'node:child_process'
import { tmpdir } from 'node:os'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { written } from '../support/ring.ts'
import { aRecordOf } from './a-record.ts'

const root = new URL('../../', import.meta.url)
const typescript = pathToFileURL(fileURLToPath(new URL('node_modules/tsx/dist/loader.mjs', root))).href
const cli = fileURLToPath(new URL('src/cli.ts', root))

const ended = z.object({ code: z.number().default(0), stdout: z.string(), stderr: z.string() })

/** Runs the command, and whatever follows it in the pipe; the code is that of the pipe, as of `set -o pipefail`. */
async function piped(environment: Readonly<Record<string, string>>, words: string, into = '') {
  const script = `set -o pipefail; "$0" --import "$1" "$2" ${words} ${into}`
  return ended.parse(
    await promisify(execFile)('bash', ['--norc', '-c', script, process.execPath, typescript, cli], {
      cwd: tmpdir(),
      env: { PATH: process.env['PATH'], ...environment },
      maxBuffer: 50_000_000,
    }).catch((error: unknown) => error),
  )
}

test('whoever reads only its beginning ends an export without a word, and one of an unknown format is told which there are', async () => {
  // More than fits into a pipe.
  const record = await aRecordOf(Array.from({ length: 3_000 }, (_, n) => n))
  const environment = { MONGODB_URI: record.mongodbUri, AUDIT_KEYS: written(record.key) }
  const [whole, head, strange] = await Promise.all([
    piped(environment, 'audit export --format cef'),
    piped(environment, 'audit export', '| head -n 1'),
    piped(environment, 'audit export --format constructor'),
  ])
  expect(whole).toMatchObject({ code: 0, stderr: '' })
  expect(whole.stdout.match(/^CEF:0\|/gm)).toHaveLength(3_000)
  // As any program ends that a closed pipe ended.
  expect(head).toMatchObject({ code: 141, stderr: '' })
  expect(JSON.parse(head.stdout)).toMatchObject({ number: 1 })
  expect(strange).toMatchObject({ code: 1, stdout: '' })
  expect(strange.stderr).toMatch(/cef or ocsf/)
}, 60_000)
