import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { riley } from '../support/builders.ts'
import { listening, type Listening } from '../web/devices/listening.ts'

const program = fileURLToPath(new URL('../../reporter/curfew-report.mjs', import.meta.url))

/** What stands before Curfew answers 200 with a page of its own, as a sign-in does. */
const page = createServer((_, answer) => {
  answer.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in first</html>')
})
let curfew: Listening
let folder: string
let pageUrl = ''
beforeAll(async () => {
  curfew = await listening()
  await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve))
  pageUrl = `http://127.0.0.1:${z.object({ port: z.number() }).parse(page.address()).port}`
})
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'curfew-report-'))
  const { code } = await runs(['enrol', curfew.url, '--code', await curfew.codeFor(riley)])
  expect(code).toBe(0)
  const file = join(folder, 'device.json')
  await writeFile(file, (await readFile(file, 'utf8')).replace(curfew.url, pageUrl))
})
afterEach(() => rm(folder, { recursive: true }))
afterAll(async () => {
  page.close()
  await curfew.close()
})

async function runs(args: readonly string[]) {
  const child = spawn(process.execPath, [program, ...args, '--folder', folder], { stdio: 'pipe' })
  let out = ''
  child.stdout.on('data', (data: Buffer) => (out += data.toString()))
  child.stdin.end()
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, out }
}

test('what nobody of Curfew answered is not said to be reported', async () => {
  const sent = await runs(['send'])
  expect(sent.out).not.toContain('Reported')
  expect(sent.code).toBe(1)
})

test('`curfew-report remove` forgets nothing while Curfew was not reached: its key still counts there', async () => {
  const removed = await runs(['remove'])
  expect(removed.out).not.toContain('is no device any more')
  expect(await readdir(folder)).toEqual(['device.json'])
})
