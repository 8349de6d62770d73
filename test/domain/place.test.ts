import { unused } from '../../src/domain/connector.ts'
import { mongodb } from '../../src/connectors/mongodb/mongodb.ts'
import { webhook } from '../../src/connectors/webhook/webhook.ts'
import { isSamePlace } from '../../src/domain/place.ts'

const secret = `whsec_${Buffer.alloc(32).toString('base64')}`

async function placeOf(url: string, authDatabase = 'admin'): Promise<string> {
  const connector = url.startsWith('mongodb')
    ? mongodb.connect({ url, authDatabase }, unused(100))
    : webhook.connect({ url, secret, headers: {}, lag: 0, late: 0 }, unused(100))
  await connector.close()
  return connector.where
}

test.each([
  [
    'mongodb://a.example,b.example/?replicaSet=rs',
    'mongodb://b.example:27017,A.example:27017/?replicaSet=rs',
  ],
  ['mongodb://a.example,b.example/?replicaSet=rs', 'mongodb://a.example,b.example,c.example/?replicaSet=rs'],
  ['mongodb://a.example,b.example/?replicaSet=rs', 'mongodb://u:p@b.example,c.example/orders?replicaSet=rs'],
  ['mongodb+srv://Cluster.example/', 'mongodb+srv://cluster.example/orders'],
  ['https://gate.example/curfew', 'https://GATE.example:443/curfew/'],
  ['https://gate.example', 'https://gate.example/'],
])('%s and %s are one place', async (one, other) => {
  expect(isSamePlace(await placeOf(one), await placeOf(other))).toBe(true)
})

test.each([
  ['https://gate.example/curfew?tenant=a', 'https://gate.example/curfew?tenant=b'],
  ['mongodb://a.example,b.example/', 'mongodb://c.example,d.example/'],
  ['mongodb://a.example/', 'mongodb://a.example:27018/'],
  ['https://gate.example/a', 'https://gate.example/b'],
  ['https://gate.example/a', 'https://gate.example/A'],
  ['https://gate.example/a,b', 'https://gate.example/a,c'],
  ['https://gate.example/a', 'https://gate.example:8443/a'],
  ['http://localhost/a', 'https://localhost/a'],
])('%s and %s are two', async (one, other) => {
  expect(isSamePlace(await placeOf(one), await placeOf(other))).toBe(false)
})

test('users that were made in another database are of another place', async () => {
  const url = 'mongodb://a.example/'
  expect(isSamePlace(await placeOf(url), await placeOf(url, 'orders'))).toBe(false)
})
