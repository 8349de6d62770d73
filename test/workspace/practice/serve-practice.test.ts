import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { z } from 'zod'
import { afterThis, aWorkspace } from '../support/a-workspace.ts'
import type { FromPage } from './protocol.ts'
import { servePractice } from './serve-practice.ts'

async function aPractice() {
  const dir = await mkdtemp(join(tmpdir(), 'practice-'))
  afterThis(() => rm(dir, { recursive: true }))
  await mkdir(join(dir, 'page/assets'), { recursive: true })
  await writeFile(join(dir, 'page/index.html'), '<p>page</p>')
  await writeFile(join(dir, 'page/assets/a.js'), '1')
  await writeFile(join(dir, 'secret.html'), 'secret')
  await writeFile(join(dir, 'catalog.yaml'), 'resources: {}\n')
  const workspace = await aWorkspace()
  const riley = workspace.addPerson({ name: 'Riley' })
  let asked = 0
  const holders = async () => {
    asked += 1
    return [riley.id]
  }
  const door = { id: 'orders', name: 'Orders', holders, tryAs: async () => ({ ok: true, says: '3 orders' }) }
  const practice = await servePractice({
    workspace,
    doors: [door],
    catalogPath: join(dir, 'catalog.yaml'),
    pageDir: join(dir, 'page'),
  })
  afterThis(() => practice.close())
  return { ...practice, workspace, riley, asked: () => asked, host: new URL(practice.url).host }
}

/** Not by fetch: it neither sends another Host nor leaves `..` in a path. */
const get = (url: string, path: string, headers: Record<string, string> = {}, method = 'GET') =>
  new Promise<{ status: number | undefined; headers: NodeJS.Dict<string | string[]>; body: string }>(
    (resolve, reject) => {
      const asked = request(url, { path, headers, method }, (reply) => {
        let body = ''
        reply.on('data', (part: Buffer) => (body += part.toString()))
        reply.on('end', () => resolve({ status: reply.statusCode, headers: reply.headers, body }))
      })
      asked.on('error', reject).end()
    },
  )

const heard = z.looseObject({ type: z.string() })

async function connect(url: string, headers: Record<string, string>) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/live`, { headers })
  const messages: z.infer<typeof heard>[] = []
  const waiting: ((message: z.infer<typeof heard>) => void)[] = []
  socket.on('message', (data: Buffer) => {
    const message = heard.parse(JSON.parse(data.toString()))
    const next = waiting.shift()
    if (next) next(message)
    else messages.push(message)
  })
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  await new Promise<void>((resolve, reject) => socket.once('open', resolve).once('error', reject))
  return {
    closed,
    close: () => socket.close(),
    send: (message: FromPage | object) => socket.send(JSON.stringify(message)),
    next: () =>
      new Promise<z.infer<typeof heard>>((resolve) => {
        const message = messages.shift()
        if (message) resolve(message)
        else waiting.push(resolve)
      }),
  }
}

test('the page is served with a policy that names no other place', async () => {
  const { url } = await aPractice()
  const { status, headers, body } = await get(url, '/?x')
  expect([status, body]).toEqual([200, '<p>page</p>'])
  expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; /)
  expect(String(headers['content-security-policy']).match(/https?:/)).toBeNull()
  expect((await get(url, '/assets/a.js')).headers['content-type']).toMatch('text/javascript')
})

test.each([
  '/../secret.html',
  '/assets/../../secret.html',
  '/%2e%2e/secret.html',
  '/..%2fsecret.html',
  '//secret.html',
])('nothing outside of the page is served: %s', async (path) => {
  const { url } = await aPractice()
  expect((await get(url, path)).status).toBe(404)
})

test('other names and other pages are refused, and so is anything but reading', async () => {
  const { url, host } = await aPractice()
  expect((await get(url, '/', { host: 'evil.example' })).status).toBe(403)
  expect((await get(url, '/', { origin: 'https://evil.example' })).status).toBe(403)
  expect((await get(url, '/', { origin: `http://${host}` })).status).toBe(200)
  expect((await get(url, '/', {}, 'POST')).status).toBe(405)
})

test('only the page itself may connect', async () => {
  const { url, host } = await aPractice()
  await expect(connect(url, { origin: 'https://evil.example' })).rejects.toThrow('403')
  await expect(connect(url, {})).rejects.toThrow('403')
  await expect(connect(url, { host: 'evil.example', origin: 'http://evil.example' })).rejects.toThrow('403')
  ;(await connect(url, { origin: `http://${host}` })).close()
})

test('what is not understood ends the connection', async () => {
  const { url, host, riley } = await aPractice()
  const page = await connect(url, { origin: `http://${host}` })
  page.send({ type: 'act', id: 1, as: riley.id, act: { do: 'drop-everything' } })
  expect(await page.closed).toBe(1008)
})

test('whoever comes back is told only what changed meanwhile', async () => {
  const { url, host, workspace, riley } = await aPractice()
  const first = await connect(url, { origin: `http://${host}` })
  first.send({ type: 'hello' })
  const whole = await first.next()
  expect(whole).toMatchObject({ type: 'entries', isWhole: true })
  first.close()
  await first.closed
  const channel = workspace.addChannel({ name: 'orders', members: [riley] })
  const second = await connect(url, { origin: `http://${host}` })
  second.send({ type: 'hello', run: String(whole.run), since: Number(whole.seq) })
  const rest = z
    .looseObject({ isWhole: z.boolean(), entries: z.array(z.looseObject({ key: z.string() })) })
    .parse(await second.next())
  expect(rest.isWhole).toBe(false)
  expect(rest.entries.map(({ key }) => key)).toContain(channel.id)
  expect(rest.entries.map(({ key }) => key)).not.toContain(riley.id)
  second.close()
})

test('the doors are asked only while a page is open', async () => {
  const { url, host, asked } = await aPractice()
  expect(asked()).toBe(0)
  const page = await connect(url, { origin: `http://${host}` })
  page.send({ type: 'hello' })
  await page.next()
  expect(asked()).toBe(1)
  page.close()
})
