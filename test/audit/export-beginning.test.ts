import { execFile } from 'node:child_process'
import { tmpdir } from 'node:os'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { at } from '../support/builders.ts'
import { written } from '../support/ring.ts'
import { aRecordOf, linksOf } from './a-record.ts'

/** What an export lacks at its beginning is said, as what it lacks in the middle is. */

const root = new URL('../../', import.meta.url)
const typescript = pathToFileURL(fileURLToPath(new URL('node_modules/tsx/dist/loader.mjs', root))).href
const cli = fileURLToPath(new URL('src/cli.ts', root))
const ended = z.object({ code: z.number().default(0), stdout: z.string(), stderr: z.string() })

async function exported(record: Awaited<ReturnType<typeof aRecordOf>>, ...words: readonly string[]) {
  const environment = { MONGODB_URI: record.mongodbUri, AUDIT_KEYS: written(record.key) }
  const run = promisify(execFile)(
    process.execPath,
    ['--import', typescript, cli, 'audit', 'export', ...words],
    {
      cwd: tmpdir(),
      env: { PATH: process.env['PATH'], ...environment },
    },
  )
  const { code, stdout, stderr } = ended.parse(await run.catch((error: unknown) => error))
  const numbers = stdout.split('\n').flatMap((line) => (line === '' ? [] : [Number(/\d+/.exec(line)?.[0])]))
  return { code, stderr, numbers }
}

test('entries that somebody removed from the beginning are missed by an export, as those from the middle are', async () => {
  const record = await aRecordOf([0, 1, 2, 3, 4, 5, 6, 7])
  await linksOf(record.connection).deleteMany({ _id: { $in: [4, 5] } } as never)
  expect(await exported(record)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Missing') as unknown,
    numbers: [1, 2, 3, 6, 7, 8],
  })
  await linksOf(record.connection).deleteMany({ _id: { $lte: 5 } } as never)
  expect(await exported(record)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Missing') as unknown,
    numbers: [6, 7, 8],
  })
}, 60_000)

test('an export of what happened since an instant says where some of that was removed for its age', async () => {
  const record = await aRecordOf([0, 10, 20, 30, 40])
  await record.prunes({ before: at(25) })
  const { stderr, numbers } = await exported(record, '--since', at(5).toISOString())
  expect(numbers).toEqual([4, 5])
  expect(stderr).toContain('removed')
  // Of what happened later nothing is missing.
  expect((await exported(record, '--since', at(35).toISOString())).stderr).toBe('')
}, 60_000)
