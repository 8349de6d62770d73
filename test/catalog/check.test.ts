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
  return checkCatalog(folder, { CATALOG_VARIABLES: 'DEMO_*' }, options.kinds, more)
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
    '',
    'ENTITLEMENT     RULE       GROUPS THAT MUST EXIST',
    'orders-db read  who        @engineering',
    'orders-db read  approvers  @dba',
  ])
})

test('the summary says of each rule which groups it names, and of none that the domain of an e-mail is one', async () => {
  const text = withKeys(
    `onBehalf: 'groups.exists(g, g == "@leads")'`,
    `auto: [{ because: on call, when: '"@oncall" in groups && email.endsWith("@acme.example")' }]`,
    'review:',
    '  stages:',
    `    - { approvers: { groups: ["@dba", "@sre"], who: '["@a", "@b"].exists(g, g in groups)' }, quiet: { groups: ["@boss"] } }`,
    `    - { approvers: { who: guest }, escalate: { after: 1h, to: { groups: ["@late"] } }, otherwise: { who: '"@c" in groups' } }`,
  )
  const { summary } = await check(text)
  expect(summary.split('\n').slice(-9)).toEqual([
    'ENTITLEMENT     RULE                     GROUPS THAT MUST EXIST',
    'orders-db read  who                      @engineering',
    'orders-db read  onBehalf                 @leads',
    'orders-db read  auto "on call"           @oncall',
    'orders-db read  stages[0].approvers      @dba @sre',
    'orders-db read  stages[0].approvers.who  @a @b',
    'orders-db read  stages[0].quiet          @boss',
    'orders-db read  stages[1].otherwise.who  @c',
    'orders-db read  stages[1].escalate.to    @late',
  ])
})

test('where a condition goes by the zone that people set themselves, the summary says what that is worth', async () => {
  const text = withKeys(
    `auto: [{ because: by day, when: 'now.getHours(zone) < 18' }]`,
    `approvers: { who: 'zone == "Europe/Berlin"' }`,
    `onBehalf: 'now.getHours("Europe/Berlin") < 18'`,
  )
  const { ok, problems, warnings, summary } = await check(text)
  expect({ ok, problems, warnings: warnings.length }).toEqual({ ok: true, problems: [], warnings: 1 })
  const worth =
    'mentions zone, which people set themselves in Slack: it keeps nobody out; write the zone, such as now.getHours("Europe/Berlin")'
  expect(summary.split('\n').filter((line) => line.startsWith('note: '))).toEqual([
    `note: orders-db read: auto "by day" ${worth}`,
    `note: orders-db read: approvers.who ${worth}`,
  ])
})

describe('what people are asked to confirm by', () => {
  const all = { PUBLIC_URL: 'https://curfew.acme.example', PORT: '3000', CURFEW_KEYS: 'k1:…' }
  const asking = withKeys('confirm: mfa').replace(
    '\ndefaults:',
    '\nconfirm: { methods: [passkey, totp] }\ndefaults:',
  )

  test.each([
    ['where nothing asks for it nothing is missing', GOOD, {}, []],
    [
      'each way that cannot work is named with what is not set',
      asking,
      { CURFEW_KEYS: 'k1:…' },
      [
        'nobody can confirm by passkey: PUBLIC_URL is not set',
        'nobody can confirm by passkey: PORT is not set',
      ],
    ],
    ['where all is set nothing is missing', asking, all, []],
  ] as const)('%s', async (_, text, env, lacks) => {
    await writeFile(join(folder, 'catalog.yml'), text)
    const lenient = await checkCatalog(folder, { ...options.env, ...env }, options.kinds)
    expect(lenient).toMatchObject({ ok: true, problems: [], warnings: lacks })
    const strict = await checkCatalog(folder, { ...options.env, ...env }, options.kinds, { strictEnv: true })
    expect(strict).toMatchObject({ ok: lacks.length === 0, problems: lacks, warnings: [] })
  })
})
