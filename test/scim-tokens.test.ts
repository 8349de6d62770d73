import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { startScim, type TestScim } from './support/scim-server.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const run = promisify(execFile)
const failed = z.object({ code: z.number(), stderr: z.string() })

let scim: TestScim
beforeAll(async () => {
  scim = await startScim()
})
afterAll(() => scim.close())

/** The command line as a process of its own. */
async function curfew(...words: string[]): Promise<{ code: number; text: string }> {
  const [server = '', query = ''] = scim.database.uri.split('?')
  const environment = {
    PATH: process.env['PATH'],
    MONGODB_URI: `${server.replace(/\/$/, '')}/${scim.database.name}?${query}`,
    PUBLIC_URL: 'https://curfew.acme.example/',
  }
  const command = ['--import', 'tsx', 'src/cli.ts', 'scim', 'token', ...words]
  try {
    const { stdout, stderr } = await run(process.execPath, command, { cwd: root, env: environment })
    return { code: 0, text: stdout + stderr }
  } catch (error) {
    const { code, stderr } = failed.parse(error)
    return { code, text: stderr }
  }
}

test('a token is made, used, listed, replaced and revoked, and is shown once', async () => {
  const made = await curfew('create', 'entra')
  expect(made.text).toContain('https://curfew.acme.example/scim/v2\n')
  const [token = ''] = /\S{43}$/m.exec(made.text) ?? []
  const asked = () => scim.ask('GET', '/Users', undefined, { authorization: `Bearer ${token}` })
  expect((await asked()).status).toBe(200)

  await curfew('create', 'entra')
  const third = await curfew('create', 'entra')
  expect(third.code).toBe(1)
  const [, id = ''] = /curfew scim token revoke (\w+)/.exec(third.text) ?? []
  const list = await curfew('list')
  expect(list.text.split('\n').filter((line) => line.includes('entra'))).toHaveLength(2)
  expect(list.text).toContain(id)
  expect(list.text).not.toContain(token)

  expect((await curfew('revoke', id)).text).toContain(`Revoked ${id} of entra`)
  expect((await asked()).status).toBe(401)
  expect((await curfew('create', 'entra')).code).toBe(0)

  const { connection } = scim.database
  expect(JSON.stringify(await connection.collection('scim_tokens').find().toArray())).not.toContain(token)
  const source = await connection.collection<{ _id: string }>('scim_sources').findOne({ _id: 'entra' })
  expect(source).toMatchObject({ silentAfterMs: 7_200_000, lastRequestAt: expect.any(Date) as Date })
}, 90_000)

test.each([
  [['create', 'Okta Prod']],
  [['create', 'okta', '--silent-after', 'soon']],
  [['revoke', 'nobody']],
  [['give']],
])(
  'curfew scim token %p says what is wrong',
  async (words) => {
    const { code, text } = await curfew(...words)
    expect(code).toBe(1)
    expect(text).not.toContain('    at ')
  },
  30_000,
)
