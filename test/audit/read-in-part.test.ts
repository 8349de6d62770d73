import { execFile } from 'node:child_process'
import { tmpdir } from 'node:os'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { report } from '../../src/audit/report.ts'
import { at, riley } from '../support/builders.ts'
import { written } from '../support/ring.ts'
import { aRecord } from './a-record.ts'

/** What is read only in part ends as programs do that a closed pipe ended, and not as if the record were wrong. */

const root = new URL('../../', import.meta.url)
const typescript = pathToFileURL(fileURLToPath(new URL('node_modules/tsx/dist/loader.mjs', root))).href
const cli = fileURLToPath(new URL('src/cli.ts', root))
const ended = z.object({ code: z.number().default(0), stdout: z.string(), stderr: z.string() })

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

/** Of Riley there is more than fits into a pipe. */
async function aRecordOfRiley() {
  const record = await aRecord()
  for (let i = 0; i < 30; i++)
    await record.happened(
      `g${i}`,
      [
        { type: 'given', at: at(i), heldBefore: false },
        ...Array.from({ length: 80 }, (_, n) => ({ type: 'tried-now' as const, at: at(n), by: riley })),
      ],
      {
        subject: { ...riley, id: `p${i}`, slack: { ...riley.slack, userId: `U${i}` } },
        reason: 'x'.repeat(3_000),
      },
    )
  await record.records()
  await record.catchesUp()
  return { MONGODB_URI: record.mongodbUri, AUDIT_KEYS: written(record.key) }
}

test('whoever reads only the beginning of a history or of a review ends it without a word', async () => {
  const environment = await aRecordOfRiley()
  const [history, json, review] = await Promise.all([
    piped(environment, 'history URILEY', '| head -n 1'),
    piped(environment, 'history URILEY --json', '| head -n 1'),
    piped(environment, 'report access-review --quarter 2026-Q1', '| head -n 1'),
  ])
  expect([history.stderr, json.stderr, review.stderr]).toEqual(['', '', ''])
  expect([history.code, json.code, review.code]).toEqual([141, 141, 141])
}, 60_000)

test('a format that is none is refused, whatever it is called', async () => {
  const record = await aRecord()
  for (const format of ['constructor', 'toString', '__proto__'])
    await expect(
      record.asked(report, 'access-review', '--quarter', '2026-Q1', '--format', format),
    ).rejects.toThrow('curfew report')
})
