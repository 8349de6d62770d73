import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { startScim, type TestScim } from '../../support/scim-server.ts'
import { runCase, scimCase } from './run-case.ts'

const cases = ['cases.json'].flatMap((file) =>
  z.array(scimCase).parse(JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'))),
)

let scim: TestScim
let token2 = ''
beforeAll(async () => {
  scim = await startScim()
  token2 = await scim.newToken('agency')
})
afterAll(() => scim.close())

// What identity providers send, and what broke other servers: each with names of its own, all on one server.
test.each(cases.map((one, i) => [`${one.kind}: ${one.title} (${one.id}, ${one.level})`, one, i] as const))(
  '%s',
  async (_, one, i) => {
    const { url, token } = scim
    expect(await runCase({ url, token, token2 }, one, `r${i.toString(36)}`)).toEqual([])
  },
)
