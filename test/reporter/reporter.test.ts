import { spawn } from 'node:child_process'
import { chmod, copyFile, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { removeDeviceKey } from '../../src/operations/devices/remove-key.ts'
import { riley, sam } from '../support/builders.ts'
import { listening, type Listening } from '../web/devices/listening.ts'

const program = fileURLToPath(new URL('../../reporter/curfew-report.mjs', import.meta.url))

let curfew: Listening
let folder: string
beforeAll(async () => {
  curfew = await listening()
})
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'curfew-report-'))
})
afterEach(() => rm(folder, { recursive: true }))
afterAll(() => curfew.close())

function begin(args: readonly string[], typed = '') {
  const child = spawn(process.execPath, [program, ...args, '--folder', folder], { stdio: 'pipe' })
  const said = { out: '', err: '' }
  child.stdout.on('data', (data: Buffer) => (said.out += data.toString()))
  child.stderr.on('data', (data: Buffer) => (said.err += data.toString()))
  child.stdin.end(typed)
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  return { child, said, ended }
}

async function runs(args: readonly string[], typed?: string) {
  const { said, ended } = begin(args, typed)
  return { code: await ended, ...said }
}

const file = () => join(folder, 'device.json')
const kept = async () =>
  JSON.parse(await readFile(file(), 'utf8')) as { device: string; counter: number; privateKey: string }

async function enrolled(person = riley) {
  const { code, err } = await runs(['enrol', curfew.url, '--code', await curfew.codeFor(person)])
  if (code !== 0) throw new Error(err)
  return (await kept()).device
}

test('the machine that this runs on is enrolled by a typed code, and then reports what it is', async () => {
  const { code, out } = await runs(['enrol', curfew.url], `${await curfew.codeFor(riley)}\n`)
  expect(out).toContain('now a device of Riley (riley@acme.example)')
  expect(code).toBe(0)
  const { device } = await kept()
  const shown = await runs(['show'])
  const body = JSON.parse(shown.out) as { attributes: Record<string, unknown> }
  expect(body.attributes).toMatchObject({ os: process.platform === 'darwin' ? 'macos' : process.platform })
  const sent = await runs(['send'])
  expect(sent).toMatchObject({ code: 0, out: 'Reported.\n', err: '' })
  const known = await curfew.device(device)
  expect(known?.owner?.id).toBe(riley.id)
  const values = Object.fromEntries(
    Object.entries(known?.said ?? {}).map(([name, { value }]) => [name, value]),
  )
  expect(values).toEqual(body.attributes)
})

test('its key is for nobody else to read, and no more is used once others can', async () => {
  await enrolled()
  expect((await stat(file())).mode & 0o777).toBe(0o600)
  expect(await readdir(folder)).toEqual(['device.json'])
  expect((await kept()).privateKey).toContain('PRIVATE KEY')
  await chmod(file(), 0o644)
  const sent = await runs(['send'])
  expect(sent.code).toBe(1)
  expect(sent.err).toContain('Others can read')
})

test('a wrong code enrols nothing, and says what to do; the next one does', async () => {
  const wrong = await runs(['enrol', curfew.url, '--code', '22222-22222'])
  expect(wrong).toMatchObject({ code: 1, out: '' })
  expect(wrong.err).toContain('Ask for a new one')
  expect((await runs(['send'])).err).toContain('not enrolled')
  await enrolled()
  const again = await runs(['enrol', curfew.url, '--code', await curfew.codeFor(sam)])
  expect(again.code).toBe(1)
  expect(again.err).toContain('First: curfew-report remove')
})

test('two of it at once, and a machine that was put back to an earlier state, go on being heard', async () => {
  const device = await enrolled()
  await copyFile(file(), join(folder, 'earlier'))
  const both = await Promise.all([runs(['send']), runs(['send'])])
  expect(both.map(({ code }) => code)).toEqual([0, 0])
  for (let n = 0; n < 3; n++) await runs(['send'])
  await copyFile(join(folder, 'earlier'), file())
  await chmod(file(), 0o600)
  expect((await runs(['send'])).code).toBe(0)
  expect((await kept()).counter).toBe((await curfew.world.deviceKeys.get(device))?.counter)
})

test('it reports again and again, and ends by itself once it was removed', async () => {
  const device = await enrolled()
  const counter = async () => (await curfew.world.deviceKeys.get(device))?.counter ?? 0
  const { said, ended } = begin(['run', '--every', '1s'])
  while ((await counter()) < 3) await new Promise((resolve) => setTimeout(resolve, 50))
  await removeDeviceKey(curfew.world, { sourceId: device, by: riley })
  expect(await ended).toBe(1)
  expect(said.err).toContain('This device was removed')
})

test('it waits while the server is away, and says so', async () => {
  await enrolled()
  const { url } = curfew
  const text = await readFile(file(), 'utf8')
  await writeFile(file(), text.replace(url, 'http://127.0.0.1:9'))
  const { child, said, ended } = begin(['run', '--every', '1s'])
  while (said.err.split('does not answer').length < 3) await new Promise((resolve) => setTimeout(resolve, 50))
  await writeFile(file(), text)
  while (!said.out.includes('Reported.')) await new Promise((resolve) => setTimeout(resolve, 50))
  child.kill()
  await ended
})

test('taken back, it is none any more, here and there, and can be enrolled as a new one', async () => {
  const device = await enrolled()
  expect((await runs(['remove'])).code).toBe(0)
  expect((await curfew.world.deviceKeys.get(device))?.isRemoved).toBe(true)
  expect(await readdir(folder)).toEqual([])
  expect(await enrolled()).not.toBe(device)
})

test('npm starts it by a link of its own', async () => {
  const link = join(folder, 'curfew-report')
  await symlink(program, link)
  const child = spawn(link, ['show'], { stdio: 'pipe' })
  let out = ''
  child.stdout.on('data', (data: Buffer) => (out += data.toString()))
  expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0)
  expect(JSON.parse(out)).toHaveProperty('attributes.os')
})

test('a code is not sent where others could read it, nor to what is no address', async () => {
  for (const server of ['http://curfew.acme.example', 'curfew.acme.example', 'ftp://127.0.0.1']) {
    const { code, err } = await runs(['enrol', server, '--code', '22222-22222'])
    expect(code).toBe(1)
    expect(err).toMatch(/is not https|is no address/)
  }
  for (const args of [[], ['enrol'], ['send', 'more'], ['--what']]) expect((await runs(args)).code).toBe(2)
})
