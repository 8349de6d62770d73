import type { Published } from '../../src/domain/connector.ts'
import { publishedRoutes } from '../../src/web/published.ts'
import { serveWeb } from '../../src/web/server.ts'
import { noLog } from '../support/no-log.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'

/** A server on which `hosts` publishes what this reads, and `orders-db` nothing. */
async function whereHostsPublish(read: Published['read']) {
  const said: string[] = []
  const hosts = { connector: { publishes: { type: 'application/octet-stream', read } }, timeoutMs: 300 }
  const asked = { times: 0 }
  const systems = new Map<string, { connector: { publishes?: Published }; timeoutMs: number }>([
    ['hosts', hosts],
    ['orders-db', { connector: {}, timeoutMs: 300 }],
  ])
  const log = { ...noLog, warn: (message: string) => void said.push(message) }
  const published = publishedRoutes((id) => {
    asked.times += 1
    return systems.get(id) ?? null
  }, log)
  const web = await serveWeb({ port: 0, slack: null, rooms: { '/published': published } })
  afterThis(() => web.close())
  return { url: `http://127.0.0.1:${web.port}/published`, said, asked }
}

test('anybody may fetch what a system publishes, and is told when they have it already', async () => {
  let bytes = Uint8Array.from([1, 0, 255])
  const { url } = await whereHostsPublish(async () => bytes)
  const first = await fetch(`${url}/hosts?now`)
  const etag = first.headers.get('etag') ?? ''
  const known = { headers: { 'if-none-match': `"other", ${etag}` } }
  const again = await fetch(`${url}/hosts`, known)
  bytes = Uint8Array.from([2])
  const changed = await fetch(`${url}/hosts`, known)
  expect(first.status).toBe(200)
  expect(Object.fromEntries(first.headers)).toMatchObject({
    'content-type': 'application/octet-stream',
    'content-length': '3',
    'cache-control': 'no-cache',
  })
  expect([...new Uint8Array(await first.arrayBuffer())]).toEqual([1, 0, 255])
  expect([again.status, (await again.arrayBuffer()).byteLength]).toEqual([304, 0])
  expect([changed.status, ...new Uint8Array(await changed.arrayBuffer())]).toEqual([200, 2])
})

test.each(['orders-db', 'nobody', '', 'hosts/more', '%E0%A4%A', '..%2Fhosts'])(
  'nothing is published at %j',
  async (path) => {
    const { url } = await whereHostsPublish(async () => Uint8Array.from([1]))
    expect((await fetch(`${url}/${path}`)).status).toBe(404)
  },
)

test('only reading is served', async () => {
  const { url } = await whereHostsPublish(async () => Uint8Array.from([1]))
  expect((await fetch(`${url}/hosts`, { method: 'POST', body: 'x' })).status).toBe(404)
})

test('what cannot be read now is said, with no word of why, and never served as nothing', async () => {
  const { url, said } = await whereHostsPublish(() => Promise.reject(new Error('hunter2')))
  const answer = await fetch(`${url}/hosts`)
  expect([answer.status, await answer.text()]).toEqual([503, '{"error":"it cannot be read now"}'])
  expect(said).toEqual(['what a system publishes could not be read'])
})

test('what is read for one who asked before is not what others get who ask later; it is read once for all of them', async () => {
  let [reads, truth] = [0, 1]
  let letGo = () => {}
  const gate = new Promise<void>((resolve) => (letGo = resolve))
  const { url, asked } = await whereHostsPublish(async () => {
    reads += 1
    const read = truth
    await gate
    return Uint8Array.from([read])
  })
  const answer = async () => new Uint8Array(await (await fetch(`${url}/hosts`)).arrayBuffer())[0]
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2))
  }
  const first = answer()
  await until(() => reads === 1)
  truth = 2
  const later = Promise.all([answer(), answer(), answer()])
  await until(() => asked.times === 4)
  letGo()
  expect([await first, ...(await later)]).toEqual([1, 2, 2, 2])
  expect(reads).toBe(2)
})
