import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkCatalog } from '../../src/catalog/check.ts'
import { GOOD, options, withKeys } from './reading.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'check-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function check(text: string, more: { strictEnv?: boolean } = {}) {
  await writeFile(join(folder, 'catalog.yml'), text)
  return checkCatalog(folder, {}, options.kinds, more)
}

test('in CI, where secrets are not, a good catalog passes with a warning', async () => {
  expect(await check(GOOD)).toMatchObject({
    ok: true,
    problems: [],
    warnings: ['catalog.yml:9:10 systems.cluster.url: ${DEMO_URL} is not set'],
  })
})

test('with strict-env a missing variable fails', async () => {
  expect(await check(GOOD, { strictEnv: true })).toEqual({
    ok: false,
    problems: ['catalog.yml:9:10 systems.cluster.url: ${DEMO_URL} is not set'],
    warnings: [],
    summary: '',
  })
})

test('the summary says in a table who may have what, who approves and for how long', async () => {
  const text = withKeys('approvers: { people: [kim@acme.example], groups: ["@dba"] }', 'external: true')
  const { summary } = await check(
    text.replace('    system: cluster', '    system: cluster\n    owner: kim@acme.example'),
  )
  expect(summary.split('\n')).toEqual([
    'SYSTEM   CONNECTOR  PRINCIPAL            TIMEOUT',
    'cluster  demo       email.split("@")[0]  2 s 500 ms',
    '',
    'RESOURCE   NAME             SYSTEM   OWNER             ENTITLEMENTS',
    'orders-db  Orders database  cluster  kim@acme.example  read',
    '',
    'ENTITLEMENT     WHO                                             APPROVED BY                 HOW LONG        CHANNEL',
    'orders-db read  "@engineering" in groups, other workspaces too  1 of @dba kim@acme.example  1 h, up to 8 h  C0123ACCESS',
  ])
})
