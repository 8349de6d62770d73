import fc from 'fast-check'
import { parseCatalog } from '../../src/catalog/parse.ts'
import { writeProblem } from '../../src/catalog/problem.ts'
import { secretFingerprintOf } from '../../src/catalog/fingerprint.ts'
import { changed, complaints, GOOD, options, read, withKeys } from './reading.ts'

const withSetting = (line: string) => changed('    principal', `    ${line}\n    principal`)

test('a variable that is not set is an error that names the key and the variable', () => {
  const wrong = ['catalog.yml:9:10 systems.cluster.url: ${DEMO_URL} is not set']
  expect(complaints(GOOD, { env: {} })).toEqual(wrong)
  expect(complaints(GOOD, { env: { DEMO_URL: '' } })).toEqual(wrong)
})

test('where files are only checked, it is a warning, and what depends on it is not judged', () => {
  const texts = [{ file: 'catalog.yml', text: withSetting('port: ${PORT}') }]
  const reading = parseCatalog(texts, { ...options, env: {}, missingVariables: 'warning' })
  expect(reading.ok).toBe(true)
  expect(reading.warnings.map(writeProblem)).toEqual([
    'catalog.yml:9:10 systems.cluster.url: ${DEMO_URL} is not set',
    'catalog.yml:10:11 systems.cluster.port: ${PORT} is not set',
  ])
})

test('variables are filled in inside text, in lists and maps, and nowhere but in settings', () => {
  const env = { DEMO_URL: 'demo://here', HOST: 'db.example', TOKEN: 'abc' }
  const text = changed('${DEMO_URL}', 'demo://${HOST}/x?$${HOST}')
    .replace('    principal', '    headers: { authorization: "Bearer ${TOKEN}" }\n    principal')
    .concat('        how: "psql ${HOST}"\n')
  const catalog = read(text, { env })
  expect(catalog.systems.get('cluster')?.settings).toEqual({
    url: 'demo://db.example/x?${HOST}',
    headers: { authorization: 'Bearer abc' },
  })
  expect(catalog.resources.get('orders-db')?.entitlements.get('read')?.how).toBe('psql ${HOST}')
})

test('a variable fills its own place only: it cannot name another', () => {
  const env = { DEMO_URL: 'demo://${OTHER}$&', OTHER: 'secret' }
  expect(read(GOOD, { env }).systems.get('cluster')?.settings).toEqual({ url: 'demo://${OTHER}$&' })
})

test.each(['${not a name}', '${}', '${OPEN', '${1X}'])('%s is no reference, and is refused', (reference) => {
  expect(complaints(withSetting(`password: "${reference}"`))).toEqual([
    'catalog.yml:10:15 systems.cluster.password: has a "${" that is not a reference such as ${NAME}; write "$${" for the text itself',
  ])
})

test('what a connector says of a bad value is passed on as long as it does not hold the value', () => {
  expect(complaints(GOOD, { env: { DEMO_URL: 'http://hunter2' } })).toEqual([
    'catalog.yml:9:10 systems.cluster.url: must start with demo://',
  ])
  expect(complaints(withSetting('user: ${USER}'), { env: { ...options.env, USER: 'hunter 2' } })).toEqual([
    'catalog.yml:10:11 systems.cluster.user: is not right; its value is not shown',
  ])
  expect(complaints(withSetting('password: ${P}'), { env: { ...options.env, P: 'throw-hunter2' } })).toEqual([
    'catalog.yml:7:3 systems.cluster: cannot be used by its connector',
  ])
})

test('no value of a variable is ever in a complaint, whatever it is and wherever it is wrong', () => {
  const secret = fc.string({ minLength: 5, maxLength: 40 }).map((text) => `§${text}§`)
  const settings = [
    'url: ${S}',
    'url: demo://*${S}',
    'port: ${S}',
    'user: "${S} x"',
    'password: throw${S}',
    'headers: ${S}',
    'headers: { a: [ "${S}" ] }',
  ]
  fc.assert(
    fc.property(secret, fc.constantFrom(...settings), (value, setting) => {
      const text = setting.startsWith('url') ? changed('url: ${DEMO_URL}', setting) : withSetting(setting)
      const said = complaints(text, { env: { ...options.env, S: value } })
      expect(said).not.toEqual([])
      for (const complaint of said) expect(complaint).not.toContain(value)
    }),
  )
})

test('a changed setting or secret changes the fingerprint of its system, and nothing else does', () => {
  const fingerprint = (text: string, env = options.env) =>
    read(text, { env }).systems.get('cluster')?.settingsFingerprint
  expect(fingerprint(withKeys('how: x'))).toBe(fingerprint(GOOD))
  expect(fingerprint(GOOD, { DEMO_URL: 'demo://there' })).not.toBe(fingerprint(GOOD))
  expect(fingerprint(withSetting('timeout: 3s'))).not.toBe(fingerprint(GOOD))
  expect(secretFingerprintOf('x')).toMatch(/^[0-9a-f]{32}$/)
})
