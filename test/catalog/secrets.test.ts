import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { parseCatalog } from '../../src/catalog/parse.ts'
import { writeProblem } from '../../src/catalog/problem.ts'
import { secretFingerprintOf } from '../../src/catalog/fingerprint.ts'
import { changed, complaints, GOOD, options, read, withKeys } from './reading.ts'

const withSetting = (line: string) => changed('    principal', `    ${line}\n    principal`)

test('a variable that is not set is an error that names the key and the variable', () => {
  const wrong = ['catalog.yml:9:10 systems.cluster.url: ${DEMO_URL} is not set']
  expect(complaints(GOOD, { env: { CATALOG_VARIABLES: 'DEMO_*' } })).toEqual(wrong)
  expect(complaints(GOOD, { env: { ...options.env, DEMO_URL: '' } })).toEqual(wrong)
})

test('where files are only checked, it is a warning, and what depends on it is not judged', () => {
  const texts = [{ file: 'catalog.yml', text: withSetting('port: ${DEMO_PORT}') }]
  const reading = parseCatalog(texts, {
    ...options,
    env: { CATALOG_VARIABLES: 'DEMO_*' },
    missingVariables: 'warning',
  })
  expect(reading.ok).toBe(true)
  expect(reading.warnings.map(writeProblem)).toEqual([
    'catalog.yml:9:10 systems.cluster.url: ${DEMO_URL} is not set',
    'catalog.yml:10:11 systems.cluster.port: ${DEMO_PORT} is not set',
  ])
})

/** Whatever the environment is to hold for Curfew itself, as its own reader names it. */
const ownNames = [
  ...readFileSync('src/config.ts', 'utf8').matchAll(/(?<=^ {2})[A-Z][A-Z_]+(?=:)/gm),
  'SLACK_LATER_SECRET',
  'CATALOG_VARIABLES',
]
  .map(String)
  // Where AWS is is no secret, and systems of a catalog may be there too.
  .filter((name) => !name.startsWith('AWS_'))

test.each(ownNames)('no file can use %s, which is for Curfew itself, whatever the operator lists', (name) => {
  const text = withSetting(`headers: { a: "x \${${name}}" }`)
  const wrong = `catalog.yml:10:19 systems.cluster.headers.a: \${${name}} is Curfew's own: no catalog may use it`
  const list = `DEMO_*,${name},SLACK_*`
  expect(complaints(text, { env: { ...options.env, [name]: 'mine', CATALOG_VARIABLES: list } })).toEqual([
    wrong,
  ])
  expect(complaints(text, { env: { [name]: 'mine' }, missingVariables: 'warning' })).toContain(wrong)
})

test('a file reaches the variables that the operator lists, by name or by how they begin, and no other', () => {
  const reaches = (name: string, list: string) => {
    const env = { DEMO_URL: 'demo://here', [name]: 'text', CATALOG_VARIABLES: `DEMO_URL,${list}` }
    const complaint = `systems.cluster.password: \${${name}} is not opened to catalogs: see CATALOG_VARIABLES`
    const said = complaints(withSetting(`password: \${${name}}`), { env })
    expect(said).toEqual(said.length === 0 ? [] : [`catalog.yml:10:15 ${complaint}`])
    return said.length === 0
  }
  expect(reaches('ORDERS_PASSWORD', 'ORDERS_*')).toBe(true)
  expect(reaches('ORDERS_PASSWORD', ' X , ORDERS_PASSWORD ')).toBe(true)
  expect(reaches('ORDERS_PASSWORD', 'ORDERS_PASS')).toBe(false)
  expect(reaches('ORDERS_PASSWORD', 'BILLING_*')).toBe(false)
  expect(reaches('ORDERS_PASSWORD', '*, .*')).toBe(false)
  expect(reaches('AWS_SECRET_ACCESS_KEY', 'ORDERS_*')).toBe(false)
  expect(reaches('CURFEW_ORDERS', 'ORDERS_*')).toBe(false)
})

test('where nothing is listed, a file reaches what begins with CURFEW_; what else it names is as good as not set', () => {
  const env = { CURFEW_DEMO: 'demo://here', DEMO_URL: 'demo://here' }
  expect(complaints(changed('${DEMO_URL}', '${CURFEW_DEMO}'), { env })).toEqual([])
  const wrong =
    'catalog.yml:9:10 systems.cluster.url: ${DEMO_URL} is not opened to catalogs: see CATALOG_VARIABLES'
  expect(complaints(GOOD, { env })).toEqual([wrong])
  const texts = [{ file: 'catalog.yml', text: GOOD }]
  const checked = parseCatalog(texts, { ...options, env, missingVariables: 'warning' })
  expect(checked.warnings.map(writeProblem)).toEqual([wrong])
  expect(checked.ok && checked.catalog.systems.get('cluster')?.settings).toBeUndefined()
})

test('variables are filled in inside text, in lists and maps, and nowhere but in settings', () => {
  const env = {
    DEMO_URL: 'demo://here',
    HOST: 'db.example',
    TOKEN: 'abc',
    CATALOG_VARIABLES: 'DEMO_*, HOST,TOKEN',
  }
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
  const env = { ...options.env, DEMO_URL: 'demo://${OTHER}$&', OTHER: 'secret' }
  expect(read(GOOD, { env }).systems.get('cluster')?.settings).toEqual({ url: 'demo://${OTHER}$&' })
})

test.each(['${not a name}', '${}', '${OPEN', '${1X}'])('%s is no reference, and is refused', (reference) => {
  expect(complaints(withSetting(`password: "${reference}"`))).toEqual([
    'catalog.yml:10:15 systems.cluster.password: has a "${" that is not a reference such as ${NAME}; write "$${" for the text itself',
  ])
})

test('what a connector says of a bad value is passed on as long as it does not hold the value', () => {
  expect(complaints(GOOD, { env: { ...options.env, DEMO_URL: 'http://hunter2' } })).toEqual([
    'catalog.yml:9:10 systems.cluster.url: must start with demo://',
  ])
  expect(
    complaints(withSetting('user: ${DEMO_USER}'), { env: { ...options.env, DEMO_USER: 'hunter 2' } }),
  ).toEqual(['catalog.yml:10:11 systems.cluster.user: is not right; its value is not shown'])
  expect(
    complaints(withSetting('password: ${DEMO_P}'), { env: { ...options.env, DEMO_P: 'throw-hunter2' } }),
  ).toEqual(['catalog.yml:7:3 systems.cluster: cannot be used by its connector'])
})

test('no value of a variable is ever in a complaint, whatever it is and wherever it is wrong', () => {
  const secret = fc.string({ minLength: 5, maxLength: 40 }).map((text) => `§${text}§`)
  const settings = [
    'url: ${DEMO_S}',
    'url: demo://*${DEMO_S}',
    'port: ${DEMO_S}',
    'user: "${DEMO_S} x"',
    'password: throw${DEMO_S}',
    'headers: ${DEMO_S}',
    'headers: { a: [ "${DEMO_S}" ] }',
  ]
  fc.assert(
    fc.property(secret, fc.constantFrom(...settings), (value, setting) => {
      const text = setting.startsWith('url') ? changed('url: ${DEMO_URL}', setting) : withSetting(setting)
      const said = complaints(text, { env: { ...options.env, DEMO_S: value } })
      expect(said).not.toEqual([])
      for (const complaint of said) expect(complaint).not.toContain(value)
    }),
  )
})

test('a changed setting or secret changes the fingerprint of its system, and nothing else does', () => {
  const fingerprint = (text: string, env = options.env) =>
    read(text, { env }).systems.get('cluster')?.settingsFingerprint
  expect(fingerprint(withKeys('how: x'))).toBe(fingerprint(GOOD))
  expect(fingerprint(GOOD, { ...options.env, DEMO_URL: 'demo://there' })).not.toBe(fingerprint(GOOD))
  expect(fingerprint(withSetting('timeout: 3s'))).not.toBe(fingerprint(GOOD))
  expect(secretFingerprintOf('x')).toMatch(/^[0-9a-f]{32}$/)
})
