import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { z } from 'zod'
import { healthRoutes } from '../../src/web/health.ts'
import { serveWeb } from '../../src/web/server.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'

/** How long a client is borne with that sends this, and then a letter now and then, for ever. */
async function bearsWith(port: number, begins: string): Promise<number> {
  const startMs = performance.now()
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(begins)
  const letters = setInterval(() => socket.write('x'), 20)
  await new Promise((resolve) => socket.resume().once('close', resolve))
  clearInterval(letters)
  return performance.now() - startMs
}

test('whoever sends headers or a body a letter at a time is cut off when their time is up, not at the next look round', async () => {
  const limits = { headersMs: 400, requestMs: 800 }
  const web = await serveWeb({
    port: 0,
    slack: (request) => request.resume(),
    rooms: { '/': healthRoutes({}) },
    limits,
  })
  afterThis(() => web.close())

  const [headersMs, bodyMs] = await Promise.all([
    bearsWith(web.port, 'GET /livez HTTP/1.1\r\nhost: a\r\nx-slow: '),
    bearsWith(web.port, 'POST /slack/events HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\n'),
  ])

  expect(headersMs).toBeGreaterThan(300)
  expect(headersMs).toBeLessThan(3_000)
  expect(bodyMs).toBeGreaterThan(600)
  expect(bodyMs).toBeLessThan(3_500)
}, 60_000)

test('by default that is 10 s for headers and 15 s for all of it, the look round included', async () => {
  const web = await serveWeb({
    port: 0,
    slack: (request) => request.resume(),
    rooms: { '/': healthRoutes({}) },
  })
  afterThis(() => web.close())

  const [headersMs, bodyMs] = await Promise.all([
    bearsWith(web.port, 'GET /livez HTTP/1.1\r\nhost: a\r\nx-slow: '),
    bearsWith(web.port, 'POST /slack/events HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\n'),
  ])

  expect(headersMs).toBeLessThan(11_000)
  expect(bodyMs).toBeLessThan(16_000)
}, 60_000)

test("the image's health check says yes of what serves, no of what does not, and needs nothing but node", async () => {
  const dockerfile = await readFile('Dockerfile', 'utf8')
  const written = /^HEALTHCHECK [^[]*CMD (\[.+\])$/m.exec(dockerfile)?.[1] ?? '[]'
  const [command = '', ...words] = z.array(z.string()).parse(JSON.parse(written))
  const web = await serveWeb({ port: 0, slack: null, rooms: { '/': healthRoutes({ mongodb: () => false }) } })
  const code = (port: number) =>
    new Promise((resolve) => {
      const child = execFile(command, words, { env: { PATH: process.env['PATH'], PORT: String(port) } })
      child.once('exit', resolve)
    })

  expect(command).toBe('node')
  expect(await code(web.port)).toBe(0)
  await web.close()
  expect(await code(web.port)).toBe(1)
  expect(dockerfile).toMatch(/^ENV PORT=(\d+)\n(.*\n)*EXPOSE \1$/m)
}, 30_000)
