import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { opensFiles } from '../../src/config.ts'
import { readSecret, secret } from '../../src/connectors/secret.ts'
import { failureOf } from '../../src/testing/contract.ts'

test.each([
  ['/run/secrets/orders', true],
  ['/run/secrets/deeper/orders', true],
  ['/etc/curfew/token', true],
  ['/etc/curfew/token2', false],
  ['/run/secrets/../shadow', false],
  ['/run/secrets', false],
  ['/run/secretsorders', false],
  ['/proc/self/environ', false],
  ['run/secrets/orders', false],
])('of the files that were listed, is %s opened to catalogs? %s', (path, isOne) => {
  const opens = opensFiles({ CATALOG_FILES: '/run/secrets/*, /etc/curfew/token' })
  expect(opens(path)).toBe(isOne)
})

test('where nothing is listed no file is opened to catalogs', () => {
  expect(opensFiles({})('/run/secrets/orders')).toBe(false)
})

test('a file that is not opened is refused for good, and not read', async () => {
  const hidden: string[] = []
  const surroundings = { hide: (text: string) => void hidden.push(text), opens: opensFiles({}) }
  const failure = await failureOf(readSecret({ file: '/etc/hostname' }, surroundings))
  expect(failure).toMatchObject({ retryable: false, happened: 'no' })
  expect(failure.message).toBe('The secret in /etc/hostname is not opened to catalogs: see CATALOG_FILES')
  expect(hidden).toEqual([])
})

test('an opened file is read anew each time, without the line break at its end, and is kept out of the log', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'curfew-secret-'))
  const file = join(folder, 'token')
  const hidden: string[] = []
  const surroundings = {
    hide: (text: string) => void hidden.push(text),
    opens: opensFiles({ CATALOG_FILES: `${folder}/*` }),
  }
  const read: string[] = []
  for (const text of ['first\n', 'second']) {
    await writeFile(file, text)
    read.push(await readSecret({ file }, surroundings))
  }
  await writeFile(file, '\n')
  const empty = await failureOf(readSecret({ file }, surroundings))
  await rm(folder, { recursive: true })
  const gone = await failureOf(readSecret({ file }, surroundings))
  expect(read).toEqual(['first', 'second'])
  expect(hidden).toEqual(['first', 'second'])
  for (const failure of [empty, gone]) expect(failure).toMatchObject({ retryable: true, happened: 'no' })
})

test.each([
  ['a-token', true],
  [{ file: '/run/secrets/token' }, true],
  [{ file: 'token' }, false],
  ['', false],
  [{ file: '/run/secrets/token', more: 1 }, false],
  [42, false],
])('the catalog is told whether %j is a secret', (value, isOne) => {
  expect(secret.safeParse(value).success).toBe(isOne)
})
