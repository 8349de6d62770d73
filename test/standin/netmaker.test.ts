import { z } from 'zod'
import { setTimeout as sleep } from 'node:timers/promises'
import { startNetmakerStandIn, type NetmakerStandIn } from '../support/netmaker.ts'

/*
 * That the traps of the real server bite whoever does not know them, so that passing the stand-in means something.
 */

let standIn: NetmakerStandIn
let token: string
beforeAll(async () => {
  standIn = await startNetmakerStandIn()
  token = await standIn.aToken('admin')
})
afterEach(async () => {
  await standIn.order({ do: 'release' })
  await standIn.order({ do: 'broker', isOpen: true })
  await standIn.order({ do: 'gap', ms: 2 })
})
afterAll(() => standIn.stop())

const client = z.looseObject({
  clientid: z.string(),
  privatekey: z.string(),
  dns: z.string(),
  address: z.string(),
})
const listed = z.array(client).nullable()

async function api(method: string, path: string, body?: object, authorization = `Bearer ${token}`) {
  const response = await fetch(`${standIn.url}${path}`, {
    method,
    headers: { authorization },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  let read: unknown = text
  try {
    read = JSON.parse(text)
  } catch {
    // Not everything it says is JSON.
  }
  return { status: response.status, body: read }
}
const refusal = (status: number, message: string) => ({
  status,
  body: { Code: status, Message: message, Response: null },
})

let made = 0
async function aPlace(given: object = {}) {
  const network = `net-${made++}`
  await standIn.order({ do: 'network', network })
  const name = `riley-${made++}`
  const [told] = await standIn.clients(network, [{ clientid: name, enabled: true, ...given }])
  const node = (await standIn.tell()).gatewayNodes.find((one) => one.network === network)?.node ?? ''
  const path = `/api/extclients/${network}/${name}`
  return { network, name, told: told!, node, path, list: `/api/extclients/${network}` }
}
const full = {
  dns: '10.9.9.9',
  extraallowedips: ['192.168.7.0/24'],
  deniednodeacls: { 'node-1': {} },
  postup: 'up',
  postdown: 'down',
  tags: { 'net.laptops': {} },
}

test('a change that leaves the client id out destroys the client', async () => {
  const { name, path } = await aPlace()
  expect(await api('PUT', path, { enabled: false })).toEqual(refusal(500, 'unable to get record key'))
  expect(await standIn.client(name)).toBeUndefined()
})

test('a change that says another client id renames the client', async () => {
  const { name, path, told } = await aPlace()
  const renamed = `renamed-${made++}`
  await api('PUT', path, { clientid: renamed, enabled: true })
  expect(await standIn.client(name)).toBeUndefined()
  expect(await standIn.client(renamed)).toMatchObject({ address: told.address, privatekey: told.privatekey })
})

test('a change wipes what it leaves out, keeps some of it, and does not move the time of the last change', async () => {
  const { name, path, told } = await aPlace(full)
  await api('PUT', path, { clientid: name })
  expect(await standIn.client(name)).toEqual({
    ...told,
    enabled: false,
    dns: '',
    extraallowedips: null,
    postup: '',
    postdown: '',
    tags: null,
  })
})

test('the private key is blank in the list, and there alone', async () => {
  const { name, path, list, told } = await aPlace()
  const [inList] = listed.parse((await api('GET', list)).body) ?? []
  const alone = client.parse((await api('GET', path)).body)
  const changed = client.parse((await api('PUT', path, { clientid: name, enabled: false })).body)
  const file = await api('GET', `${path}/file`)
  expect(inList?.privatekey).toBe('')
  expect([alone.privatekey, changed.privatekey]).toEqual([told.privatekey, told.privatekey])
  expect(file.body).toContain(`PrivateKey = ${told.privatekey}`)
})

test('an empty DNS is told as that of the gateway where one client is asked for, and as it is in the list', async () => {
  const { path, list } = await aPlace()
  const [inList] = listed.parse((await api('GET', list)).body) ?? []
  expect(inList?.dns).toBe('')
  expect(client.parse((await api('GET', path)).body).dns).not.toBe('')
})

test('the list has no pages, and is null for none and for an unknown network', async () => {
  const { network, list } = await aPlace()
  const names = Array.from({ length: 3_000 }, (_, i) => ({ clientid: `m${i}-${network}` }))
  await standIn.clients(network, names)
  expect(listed.parse((await api('GET', `${list}?page=2&per_page=10`)).body)).toHaveLength(3_001)
  const empty = `net-${made++}`
  await standIn.order({ do: 'network', network: empty })
  expect(await api('GET', `/api/extclients/${empty}`)).toEqual({ status: 200, body: null })
  expect(await api('GET', '/api/extclients/no-such-network')).toEqual({ status: 200, body: null })
})

test('a change finds the client by its name in all networks; an unknown network is 400, a missing client 500', async () => {
  const { name } = await aPlace()
  const { network: other } = await aPlace()
  const body = { clientid: name, enabled: false }
  expect((await api('PUT', `/api/extclients/${other}/${name}`, body)).status).toBe(200)
  expect((await standIn.client(name))?.enabled).toBe(false)
  expect((await api('PUT', `/api/extclients/no-such-network/${name}`, body)).status).toBe(400)
  expect(await api('PUT', `/api/extclients/${other}/nobody`, body)).toEqual(refusal(500, 'client not found'))
  expect(await api('GET', `/api/extclients/${other}/nobody`)).toEqual(refusal(500, 'no result found'))
})

test('a client that is being changed is missing', async () => {
  const { name, path, list } = await aPlace()
  await standIn.order({ do: 'hold' })
  const changing = api('PUT', path, { clientid: name, enabled: true })
  while ((await standIn.client(name)) !== undefined) await sleep(5)
  expect(await api('GET', path)).toEqual(refusal(500, 'no result found'))
  expect((await api('GET', list)).body).toBeNull()
  expect(await api('PUT', path, { clientid: name })).toEqual(refusal(500, 'client not found'))
  await standIn.order({ do: 'release' })
  expect((await changing).status).toBe(200)
  expect((await api('GET', path)).status).toBe(200)
})

test('of changes of one client at the same time some fail, and the client survives', async () => {
  const { name, path } = await aPlace()
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, i) => api('PUT', path, { clientid: name, enabled: i % 2 === 0 })),
  )
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 500]))
  expect(await standIn.client(name)).toBeDefined()
})

test('whoever is created while a client is changed gets its address', async () => {
  const { name, path, network, node, told } = await aPlace()
  await standIn.order({ do: 'forget-calls' })
  await standIn.order({ do: 'hold' })
  const changing = api('PUT', path, { clientid: name, enabled: true })
  while ((await standIn.client(name)) !== undefined) await sleep(5)
  const creating = api('POST', `/api/extclients/${network}/${node}`, {})
  while ((await standIn.tell()).mostAtOnce.network < 2) await sleep(5)
  await standIn.order({ do: 'release' })
  await changing
  const created = client.parse((await creating).body)
  expect(created.address).toBe(told.address)
  expect((await standIn.client(name))?.address).toBe(told.address)
})

test('a change takes the client out of rules, and deletes those in which it was alone on a side', async () => {
  const { name, path, network } = await aPlace()
  for (const [rule, sources] of [
    ['alone', [name]],
    ['shared', [name, 'grace']],
    ['others', ['grace']],
  ] as const)
    await standIn.order({ do: 'rule', rule: { name: rule, network, sources, destinations: ['db-node'] } })
  await api('PUT', path, { clientid: name, enabled: true })
  const rules = (await standIn.tell()).rules.filter((rule) => rule.network === network)
  expect(rules.map((rule) => [rule.name, rule.sources])).toEqual([
    ['shared', ['grace']],
    ['others', ['grace']],
  ])
})

test('many at once are answered before they are changed; unknown names are skipped, and fields wiped', async () => {
  const { name, network } = await aPlace(full)
  const path = `/api/v1/extclients/${network}/bulk/status`
  await standIn.order({ do: 'hold' })
  const answer = await api('PUT', path, { ids: [name, 'nobody'], enabled: false })
  const atOnce = await standIn.client(name)
  await standIn.order({ do: 'release' })
  while ((await standIn.client(name))?.enabled !== false) await sleep(5)
  expect(answer.status).toBe(202)
  expect(JSON.stringify(answer.body)).not.toContain('privatekey')
  // As it was, or in the gap of its change: never changed yet.
  expect(atOnce?.enabled).not.toBe(false)
  expect(await standIn.client(name)).toMatchObject({ dns: full.dns, postup: '', postdown: '', tags: null })
  expect((await api('PUT', path, { ids: [], enabled: false })).status).toBe(400)
  const unknown = await api('PUT', '/api/v1/extclients/no-such-network/bulk/status', {
    ids: [name],
    enabled: true,
  })
  expect(unknown.status).toBe(400)
})

test('deleting succeeds for whoever is missing too', async () => {
  const { path, name } = await aPlace()
  expect([(await api('DELETE', path)).status, (await api('DELETE', path)).status]).toEqual([200, 200])
  expect((await api('DELETE', `/api/extclients/no-such-network/${name}`)).status).toBe(200)
})

test('two creates of one name at the same time both succeed, with two keys, and one of them stays', async () => {
  const { network, node } = await aPlace()
  const clientid = `twice-${made++}`
  await standIn.order({ do: 'gap', ms: 200 })
  const [one, other] = await Promise.all(
    [1, 2].map(async () =>
      client.parse((await api('POST', `/api/extclients/${network}/${node}`, { clientid })).body),
    ),
  )
  expect(one?.privatekey).not.toBe(other?.privatekey)
  expect([one?.privatekey, other?.privatekey]).toContain((await standIn.client(clientid))?.privatekey)
  expect((await api('POST', `/api/extclients/${network}/${node}`, { clientid })).status).toBe(400)
})

test('a create goes to the network of the gateway, whatever the address says', async () => {
  const { network, node } = await aPlace()
  const created = client.parse((await api('POST', `/api/extclients/elsewhere/${node}`, {})).body)
  expect(created['network']).toBe(network)
  expect(await api('POST', `/api/extclients/${network}/no-such-node`, {})).toEqual(
    refusal(400, 'ingress does not exist'),
  )
  for (const clientid of ['four', 'a'.repeat(33), 'with space', 'dot.ted'])
    expect((await api('POST', `/api/extclients/${network}/${node}`, { clientid })).status).toBe(400)
})

test('without its broker a change is answered and read back, and no gateway hears of it', async () => {
  const { name, path, network, told } = await aPlace({ enabled: false })
  const hears = async () =>
    (await standIn.tell()).gateways.some(
      (one) => one.network === network && one.peers.includes(told.publickey),
    )
  await standIn.order({ do: 'broker', isOpen: false })
  expect((await api('PUT', path, { clientid: name, enabled: true })).status).toBe(200)
  expect((await standIn.client(name))?.enabled).toBe(true)
  await sleep(600)
  expect(await hears()).toBe(false)
  await standIn.order({ do: 'broker', isOpen: true })
  await api('PUT', path, { clientid: name, enabled: true })
  while (!(await hears())) await sleep(20)
  await api('PUT', path, { clientid: name, enabled: false })
  while (await hears()) await sleep(5)
})

test('who is let in, and with which words not', async () => {
  const { list } = await aPlace()
  const status = await api('GET', '/api/server/status', undefined, '')
  expect(status).toMatchObject({ status: 200, body: { version: 'v1.5.1', is_broker_conn_open: true } })
  const refused = async (authorization: string) => (await api('GET', list, undefined, authorization)).body
  expect(await refused('')).toMatchObject({ Code: 401, Message: 'unauthorized' })
  expect(await refused(token)).toMatchObject({ Message: 'unauthorized' })
  expect((await api('GET', list, undefined, `Whatever ${token} more`)).status).toBe(200)
  const access = '/api/v1/users/access_token'
  const tokenOf = z.object({ Response: z.object({ AuthToken: z.string() }) })
  const asked = { name: 'curfew', user_name: 'admin' }
  const dead = tokenOf.parse((await api('POST', access, asked)).body).Response.AuthToken
  expect(await refused(`Bearer ${dead}`)).toMatchObject({ Message: 'unauthorized' })
  const until = new Date(Date.now() + 60_000)
  const alive = tokenOf.parse((await api('POST', access, { ...asked, expires_at: until })).body).Response
    .AuthToken
  expect((await api('GET', list, undefined, `Bearer ${alive}`)).status).toBe(200)
  expect(await api('POST', access, { ...asked, user_name: 'nobody' })).toEqual(
    refusal(401, 'record not found'),
  )
})

test('an unknown path is plain text, and a wrong method says nothing', async () => {
  expect(await api('GET', '/api/no/such/path')).toEqual({ status: 404, body: '404 page not found\n' })
  expect(await api('PATCH', '/api/networks')).toEqual({ status: 405, body: '' })
  expect((await api('GET', '/api/networks/no-such-network')).status).toBe(404)
})
