import { written } from '../support/ring.ts'
import { aRecordOf } from './a-record.ts'
import { piped } from './piped.ts'

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
