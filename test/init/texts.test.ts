import dotenv from 'dotenv'
import fc from 'fast-check'
import { parseCatalog } from '../../src/catalog/parse.ts'
import { writeProblem } from '../../src/catalog/problem.ts'
import { connectorKinds } from '../../src/connectors/registry.ts'
import type { Answers } from '../../src/init/answers.ts'
import { catalogText, idOf } from '../../src/init/catalog-text.ts'
import { dotenvLine, envText } from '../../src/init/env-text.ts'
import { admins } from '../../src/init/slack-parts.ts'

const answers: Answers = {
  slackApiUrl: null,
  botToken: 'xoxb-1',
  transport: { kind: 'socket', appToken: 'xapp-1' },
  mongodbUri: 'mongodb://127.0.0.1/curfew',
  channel: 'C0123ACCESS',
  admins: { people: ['ada@acme.example'], domain: 'acme.example' },
  first: {
    kind: 'mongodb',
    name: 'Orders database',
    url: 'mongodb://curfew:pw@orders.acme.example',
    database: 'orders',
    role: 'read',
  },
}
const env = { CATALOG_VARIABLES: 'ACCESS_*', ACCESS_URL: 'mongodb://curfew:pw@orders.acme.example' }

function read(text: string) {
  const reading = parseCatalog([{ file: 'catalog.yml', text }], { env, kinds: connectorKinds })
  if (!reading.ok) throw new Error(reading.problems.map(writeProblem).join('\n'))
  return reading.catalog
}

const oddPasswords = [
  'a#b',
  '#',
  "it's",
  'say "when"',
  '`pwd`',
  '${HOME}',
  '$$',
  'back\\slash',
  'ends with \\',
  '\\n',
  ' around ',
  'two\nlines',
  'two\r\nlines',
  'of all\u2028lines',
  'a=b',
  `"both'`,
  '',
]

test.each(oddPasswords)(
  'the password %j is read back from .env as it was, and spoils no other line',
  (value) => {
    const line = dotenvLine(['ACCESS_PASSWORD', value]) ?? 'none'
    expect(dotenv.parse(`A=1\n${line}\nB=2\n`)).toEqual({ A: '1', ACCESS_PASSWORD: value, B: '2' })
  },
)

test('whatever a value is, it is read back as it was; refused is only what mixes quotes, or backslashes and line ends', () => {
  const unit = fc.constantFrom(...'a b # \' " ` \\ $ { } = ; é n'.split(' '), ' ', '\n', '\r', '\t')
  const text = fc.string({ unit, maxLength: 12 })
  fc.assert(
    fc.property(text, (value) => {
      const line = dotenvLine(['X', value])
      if (line === null) return /['"`]|\\/.test(value)
      return dotenv.parse(`A=1\n${line}\nB=2\n`)['X'] === value
    }),
    { numRuns: 2_000 },
  )
  expect(dotenvLine(['X', `'"\`\\`])).toBeNull()
})

test('what no .env can hold is named, and its value is not', () => {
  const first = {
    kind: 'postgres',
    name: 'Orders',
    url: 'postgres://curfew@pg/postgres',
    password: `'"\`\\secret`,
    role: 'readers',
  } as const
  expect(envText({ ...answers, first }, 'catalog.yml')).toEqual({ unwritable: ['ACCESS_PASSWORD'] })
})

test('whatever people call it, and whatever the role is called, the catalog says just that', () => {
  const letters = 'a Z 9 # \' " ` \\ $ { } [ ] : , & * ! | > % @ - é'.split(' ')
  const odd = fc.string({ unit: fc.constantFrom(...letters, ' ', '\u00a0'), minLength: 1, maxLength: 30 })
  const named = odd.filter((text) => text.trim() !== '')
  fc.assert(
    fc.property(named, odd, (name, role) => {
      const first = {
        ...answers.first,
        name: name.trim(),
        role,
        kind: 'mongodb',
        database: 'orders',
      } as const
      const [resource] = read(catalogText({ ...answers, first })).resources.values()
      expect(resource?.name).toBe(name.trim())
      expect(resource?.entitlements.get('access')?.target).toEqual({ database: 'orders', role })
    }),
  )
})

test.each([
  ['Orders database', 'orders-database'],
  ['  Büro-VPN!', 'buro-vpn'],
  ['2026', '2026'],
  ['null', 'null'],
  ['Help', 'first'],
  ['データ', 'first'],
  ['x'.repeat(50), 'x'.repeat(40)],
])('what is called %j has the id %s, which a catalog takes', (name, id) => {
  expect(idOf(name)).toBe(id)
  const catalog = read(catalogText({ ...answers, first: { ...answers.first, name } }))
  expect([...catalog.resources.keys()]).toEqual([id])
  expect([...catalog.systems.keys()]).toEqual([id])
})

test('admins with odd addresses are written as they are, and only people of the first one’s domain may ask', async () => {
  const read1 = await admins.read(`o'neil+#1{x}@acme.example; sam@elsewhere.example`)
  if (!('is' in read1)) throw new Error(read1.why)
  const [resource] = read(catalogText({ ...answers, admins: read1.is })).resources.values()
  const access = resource?.entitlements.get('access')
  expect(access?.admins).toEqual([`o'neil+#1{x}@acme.example`, 'sam@elsewhere.example'])
  expect(access?.who.source).toBe('email.endsWith("@acme.example")')
})
