import { connectorKinds } from '../../src/connectors/registry.ts'
import { complaints, GOOD } from './reading.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr'

/** The complaints about a catalog with these two systems. */
function ofTwo(one: string, other: string, env: Record<string, string> = {}): string[] {
  const system = (id: string, settings: string) => `  ${id}: { ${settings}, principal: email }\n`
  const text = GOOD.replace(
    /^ {2}cluster:[^]*?(?=^resources:)/m,
    () => system('cluster', one) + system('twin', other),
  )
  return complaints(text, { env: { ...env, CATALOG_VARIABLES: 'ORDERS_*' }, kinds: connectorKinds }).filter(
    (complaint) => !complaint.includes('target'),
  )
}
const mongodb = (url: string, more = '') => `connector: mongodb, url: "${url}"${more}`
const webhook = (url: string) => `connector: webhook, url: "${url}", secret: ${SECRET}`

const REFUSED = [
  'catalog.yml:8:3 systems.twin: leads to the same place as the system "cluster" at catalog.yml:7:3: each would take back what the other gives; describe it once',
]

test.each([
  ['the same address', mongodb('mongodb://a:x@db.example/'), mongodb('mongodb://a:x@db.example/')],
  ['another login', mongodb('mongodb://a:x@db.example/'), mongodb('mongodb://b:y@db.example/')],
  ['capitals', mongodb('mongodb://db.example/'), mongodb('mongodb://DB.Example/')],
  ['its usual port', mongodb('mongodb://db.example'), mongodb('mongodb://db.example:27017/')],
  ['a dot at the end', mongodb('mongodb://db.example'), mongodb('mongodb://db.example./')],
  [
    'members in another order',
    mongodb('mongodb://a.example,b.example/'),
    mongodb('mongodb://b.example,a.example/'),
  ],
  [
    'a member more',
    mongodb('mongodb://a.example,b.example/'),
    mongodb('mongodb://b.example,c.example,d.example/'),
  ],
  ['a member named twice', mongodb('mongodb://a.example/'), mongodb('mongodb://a.example,a.example:27017/')],
  [
    'capitals of a cluster',
    mongodb('mongodb+srv://c0.db.example/'),
    mongodb('mongodb+srv://C0.db.Example./'),
  ],
  [
    'a timeout of its own',
    mongodb('mongodb://db.example/'),
    mongodb('mongodb://db.example/', ', timeout: 5s'),
  ],
  ['capitals of a host', webhook('https://gate.example/hook'), webhook('https://Gate.Example/hook')],
  ['the usual port of https', webhook('https://gate.example/hook'), webhook('https://gate.example:443/hook')],
  ['a slash at the end', webhook('https://gate.example/hook'), webhook('https://gate.example/hook/')],
  ['no path at all', webhook('https://gate.example'), webhook('https://gate.example/')],
])('two systems that lead to one server, but for %s, are refused by both names', (_, one, other) => {
  expect(ofTwo(one, other)).toEqual(REFUSED)
})

test.each([
  ['another host', mongodb('mongodb://a.example/'), mongodb('mongodb://b.example/')],
  ['another port', mongodb('mongodb://a.example/'), mongodb('mongodb://a.example:27018/')],
  [
    'users kept elsewhere',
    mongodb('mongodb://a.example/'),
    mongodb('mongodb://a.example/', ', authDatabase: orders'),
  ],
  ['another path', webhook('https://gate.example/orders'), webhook('https://gate.example/Orders')],
  ['another connector', mongodb('mongodb://gate.example/'), webhook('https://gate.example/')],
])('two systems of %s are two', (_, one, other) => {
  expect(ofTwo(one, other)).toEqual([])
})

test('the address that a variable holds counts, and is not told', () => {
  const env = { ORDERS_URL: 'mongodb://secret.example/', ORDERS_COPY: 'mongodb://secret.example:27017' }
  expect(ofTwo(mongodb('${ORDERS_URL}'), mongodb('${ORDERS_COPY}'), env)).toEqual(REFUSED)
})

test('where variables are not set, two systems that are written alike are one', () => {
  expect(ofTwo(mongodb('${ORDERS_URL}'), mongodb('${ORDERS_URL}'))).toContain(REFUSED[0])
  expect(ofTwo(mongodb('${ORDERS_URL}'), mongodb('${ORDERS_OTHER}'))).not.toContain(REFUSED[0])
})
