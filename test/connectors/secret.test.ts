import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { opensFiles } from '../../src/config.ts'
import { command } from '../../src/connectors/command/command.ts'
import { kubernetes } from '../../src/connectors/kubernetes/kubernetes.ts'
import { ldap } from '../../src/connectors/ldap/ldap.ts'
import { scim } from '../../src/connectors/scim/scim.ts'
import { readSecret, secret } from '../../src/connectors/secret.ts'
import type { Connector, ConnectorKind } from '../../src/domain/connector.ts'
import { failureOf, surroundings } from '../../src/testing/contract.ts'

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

/** A secret on a disk that does not answer (NFS, or what a vault mounts), as a pipe that nobody writes to. */
describe('a secret whose file cannot be read in time', () => {
  let folder = ''
  let file = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'curfew-secret-'))
    file = join(folder, 'secret')
    await promisify(execFile)('mkfifo', [file])
  })
  afterEach(async () => {
    // Whoever waits for it still is let go.
    const pipe = await open(file, constants.O_RDWR)
    await pipe.write('late\n')
    await pipe.close()
    await rm(folder, { recursive: true })
  })

  test('keeps a call no longer than its time, and nothing else from being read', async () => {
    const asked = { hide: () => undefined, opens: () => true }
    const signal = AbortSignal.timeout(50)
    const failures = await Promise.all(
      Array.from({ length: 32 }, () => failureOf(readSecret({ file }, asked, signal))),
    )
    const other = join(folder, 'other')
    await writeFile(other, 'read')
    expect(await readSecret({ file: other }, asked, AbortSignal.timeout(2_000))).toBe('read')
    expect(new Set(failures.map(({ message }) => message))).toEqual(
      new Set([`The secret in ${file} cannot be read in time`]),
    )
    for (const failure of failures) expect(failure).toMatchObject({ retryable: true, happened: 'no' })
  })

  test.each([
    [
      'ldap',
      () =>
        connected(ldap, {
          url: 'ldap://127.0.0.1:1',
          bind: { dn: 'cn=a', password: { file } },
          people: { base: 'dc=a', attribute: 'uid' },
        }),
      { group: 'cn=a' },
    ],
    [
      'ldap, its ca',
      () =>
        connected(ldap, {
          url: 'ldaps://127.0.0.1:1',
          ca: { file },
          bind: { dn: 'cn=a', password: 'x' },
          people: { base: 'dc=a', attribute: 'uid' },
        }),
      { group: 'cn=a' },
    ],
    ['scim', () => connected(scim, { url: 'http://127.0.0.1:1', token: { file } }), { group: 'g' }],
    [
      'scim, its client',
      () =>
        connected(scim, {
          url: 'http://127.0.0.1:1',
          oauth: { url: 'http://127.0.0.1:1', clientId: 'a', clientSecret: { file } },
        }),
      { group: 'g' },
    ],
    [
      'kubernetes',
      () => connected(kubernetes, { url: 'http://127.0.0.1:1', token: { file } }),
      { namespace: 'a', role: 'b' },
    ],
    [
      'kubernetes, its ca',
      () => connected(kubernetes, { url: 'http://127.0.0.1:1', token: 'x', ca: { file } }),
      { namespace: 'a', role: 'b' },
    ],
    [
      'command',
      () => connected(command, { run: ['/bin/true'], env: { CURFEW_TOKEN: { file } } }),
      { group: 'g' },
    ],
  ])('%s: the call ends when its time is up', async (_, connect, target) => {
    const connector = connect()
    const startedAt = performance.now()
    const failure = await failureOf(
      connector.has({ principal: 'ada', target, signal: AbortSignal.timeout(200) }),
    )
    const tookMs = performance.now() - startedAt
    await connector.close()
    expect(failure).toMatchObject({ retryable: true, happened: 'no' })
    expect(tookMs).toBeLessThan(1_500)
  })
})

function connected<Settings>(kind: ConnectorKind<Settings>, settings: object): Connector {
  return kind.connect(kind.settings.parse(settings), surroundings(300))
}

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
