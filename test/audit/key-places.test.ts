import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig, readParts } from '../../src/config.ts'
import { aKey, written } from '../support/ring.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'

/** The keys of the record stand where whoever runs Curfew keeps secrets: in the environment, a file, or a key service. */

const complete = {
  SLACK_BOT_TOKEN: 'xoxb-1-2-3',
  SLACK_APP_TOKEN: 'xapp-1-2-3',
  MONGODB_URI: 'mongodb://127.0.0.1/curfew?replicaSet=rs0',
  CATALOG: './catalog.yml',
}
const key = aKey('k1')
const keysOf = (places: Record<string, string>) => readConfig({ ...complete, ...places }).auditKeys

test('in a file, or printed by a command', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'curfew-keys-'))
  afterThis(() => rm(folder, { recursive: true }))
  const file = join(folder, 'audit-keys')
  await writeFile(file, `${written(key)}\n`)
  expect(keysOf({ AUDIT_KEYS: written(key) })).toEqual([key])
  expect(keysOf({ AUDIT_KEYS_FILE: file })).toEqual([key])
  expect(keysOf({ AUDIT_KEYS_COMMAND: `cat '${file}'` })).toEqual([key])
  expect(keysOf({})).toBeNull()
})

test('where they cannot be had nothing starts, and nothing of them is said', () => {
  expect(() => keysOf({ AUDIT_KEYS_FILE: '/nowhere/at/all' })).toThrow('AUDIT_KEYS_FILE names cannot be read')
  expect(() => keysOf({ AUDIT_KEYS_COMMAND: 'echo secret-words; exit 3' })).toThrow(/^(?!.*secret-words)/s)
  expect(() => keysOf({ AUDIT_KEYS_COMMAND: 'exit 3' })).toThrow('AUDIT_KEYS_COMMAND printed no keys')
  expect(() => keysOf({ AUDIT_KEYS_COMMAND: 'echo no-key' })).toThrow('AUDIT_KEYS')
  const both = { AUDIT_KEYS: written(key), AUDIT_KEYS_FILE: '/keys' }
  expect(() => keysOf(both)).toThrow('AUDIT_KEYS and AUDIT_KEYS_FILE are set')
  expect(readParts({ ...complete, ...both }).wrong.get('AUDIT_KEYS')).toContain('in one place')
})

test('how long the record is kept is a day at least, and is of a record', () => {
  const keep = (AUDIT_KEEP: string, AUDIT_KEYS = written(key)) =>
    readConfig({ ...complete, AUDIT_KEYS, AUDIT_KEEP }).auditKeepMs
  expect(keep('400d')).toBe(400 * 86_400_000)
  for (const wrong of ['1h', 'long', '-3d']) expect(() => keep(wrong)).toThrow('AUDIT_KEEP')
  expect(() => keep('400d', '')).toThrow('AUDIT_KEYS is needed')
})
