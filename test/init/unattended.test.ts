import { link, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import dotenv from 'dotenv'
import { aFolder } from './a-folder.ts'

const variables = {
  SLACK_BOT_TOKEN: 'xoxb-1-of-acme',
  SLACK_APP_TOKEN: 'xapp-1-of-acme',
  MONGODB_URI: 'mongodb://curfew:secret-of-curfew@db.acme.example/curfew?replicaSet=rs0',
  ACCESS_URL: 'postgres://curfew@pg.acme.example/postgres',
  ACCESS_PASSWORD: `a #1 "pass" with \${HOME} and $$`,
}
const flags = [
  '--channel',
  'C0123ACCESS',
  '--admins',
  'ada@acme.example',
  '--first',
  'postgres',
  '--role',
  'readers',
]

test('without a terminal and without answers it says which are missing, and how to give them, and writes nothing', async () => {
  const folder = await aFolder()
  const { code, out, errors } = await folder.curfew(['init'])

  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(errors.split('\n').map((line) => line.split(' is not given')[0])).toEqual([
    'Nothing was written. Nobody is asked without a terminal, or with --yes, and these answers are missing or cannot be:',
    '  SLACK_BOT_TOKEN',
    '  SLACK_SIGNING_SECRET or SLACK_APP_TOKEN',
    '  MONGODB_URI',
    '  --channel',
    '  --admins',
    '  --first',
    '',
  ])
  expect(await folder.names()).toEqual([])
}, 60_000)

test('without a terminal the answers come by variables and flags; check passes on what it wrote, and no secret is said', async () => {
  const folder = await aFolder()
  const { code, out, errors } = await folder.curfew(['init', '--yes', ...flags], variables)

  expect({ code, errors }).toEqual({ code: 0, errors: '' })
  expect(out).not.toMatch(/of-acme|secret-of|pass/)
  expect(out).toContain('(not as the only admin: nobody answers their own request)')
  const catalog = await readFile(join(folder.path, 'catalog.yml'), 'utf8')
  expect(catalog).not.toMatch(/acme\.example\/|secret|a #1/)
  expect(dotenv.parse(await readFile(join(folder.path, '.env')))).toMatchObject(variables)
  const checked = await folder.curfew(['check', '--strict-env'])
  expect(checked).toMatchObject({ code: 0, errors: '' })
  expect(checked.out).toMatch(/orders-database +postgres/)
}, 60_000)

test('where Slack is reached by a gateway it is written down too, and what is no address is said', async () => {
  const [folder, another] = [await aFolder(), await aFolder()]
  const gateway = 'https://slack.gateway.acme.example/api/'
  const done = await folder.curfew(['init', '--yes', ...flags], { ...variables, SLACK_API_URL: gateway })
  const wrong = await another.curfew(['init', '--yes', ...flags], { ...variables, SLACK_API_URL: 'slack' })

  expect(done).toMatchObject({ code: 0, errors: '' })
  expect(dotenv.parse(await readFile(join(folder.path, '.env')))).toMatchObject({ SLACK_API_URL: gateway })
  expect(wrong).toMatchObject({ code: 1, errors: 'SLACK_API_URL must be an http or https address\n' })
  expect(await another.names()).toEqual([])
}, 60_000)

test('an answer that cannot be is said by its name, and no part of a secret is repeated', async () => {
  const folder = await aFolder()
  const wrong = ['--channel', 'no channel', '--admins', 'Ada', '--first', 'postgres', '--role', 'readers']
  const { code, errors } = await folder.curfew(['init', ...wrong], {
    ...variables,
    SLACK_BOT_TOKEN: 'xoxp-of-a-user',
    ACCESS_URL: 'postgres://curfew:in-the-url@pg.acme.example/postgres',
  })

  expect(code).toBe(2)
  expect(errors).toMatch(/^ {2}SLACK_BOT_TOKEN: That is a token of a user/m)
  expect(errors).toMatch(/^ {2}--channel: That is no channel/m)
  expect(errors).toMatch(/^ {2}--admins: "ada" is neither/m)
  expect(errors).toMatch(/^ {2}ACCESS_URL: It must be postgres:/m)
  expect(errors).not.toMatch(/of-a-user|in-the-url|of-acme/)
  expect(await folder.names()).toEqual([])
}, 60_000)

test('it never writes over what is there, run twice or in a folder with files, and says what stays and what would be written', async () => {
  const folder = await aFolder()
  await folder.curfew(['init', ...flags], variables)
  const before = await readFile(join(folder.path, '.env'), 'utf8')
  const again = await folder.curfew(['init', ...flags], { ...variables, SLACK_BOT_TOKEN: 'xoxb-another' })
  expect(again).toEqual({
    code: 1,
    out: '',
    errors: [
      'Nothing was written.',
      '  .env is there already, and stays as it is',
      '  catalog.yml is there already, and stays as it is',
      'Run it in an empty folder, or move away what is there.',
      '',
    ].join('\n'),
  })
  expect(await readFile(join(folder.path, '.env'), 'utf8')).toBe(before)

  // A link to nowhere is there too: what is written through it would land elsewhere.
  const other = await aFolder()
  await symlink('/nowhere/catalog.yml', join(other.path, 'catalog.yml'))
  const { code, errors } = await other.curfew(['init', ...flags], variables)
  expect(code).toBe(1)
  expect(errors).toContain('.env would be written\n  catalog.yml is there already')
  expect(await other.names()).toEqual(['catalog.yml'])

  const full = await aFolder()
  await writeFile(join(full.path, 'README.md'), 'ours')
  expect(await full.curfew(['init', ...flags], variables)).toMatchObject({ code: 0 })
  expect(await full.names()).toEqual(['.env', 'README.md', 'catalog.yml'])
  const forced = await full.curfew(['init', '--force'], variables)
  expect(forced.code).toBe(1)
  expect(forced.errors).toContain("Unknown option '--force'")
}, 90_000)

test('what a killed run left beside is told of, with what it had written already, and nothing is written before it is gone', async () => {
  const folder = await aFolder()
  const left = join(folder.path, '.curfew-init-Ab12Cd')
  await mkdir(left)
  await writeFile(join(left, 'catalog.yml'), 'half')
  await link(join(left, 'catalog.yml'), join(folder.path, 'catalog.yml'))
  const { code, errors } = await folder.curfew(['init', ...flags], variables)

  expect(code).toBe(1)
  expect(errors).toContain('left its secrets: rm -r .curfew-init-Ab12Cd catalog.yml\n')
  expect(errors).not.toContain('move away')
  expect(await folder.names()).toEqual(['.curfew-init-Ab12Cd', 'catalog.yml'])
}, 60_000)

test('in a repository of git that would take the secrets in, keeping them out comes first', async () => {
  const folder = await aFolder()
  await mkdir(join(folder.path, '.git/objects'), { recursive: true })
  await mkdir(join(folder.path, '.git/refs'))
  await writeFile(join(folder.path, '.git/HEAD'), 'ref: refs/heads/main\n')
  const { out } = await folder.curfew(['init', ...flags], variables)

  expect(out).toMatch(/1\. Keep the secrets out of git: {2}echo \.env >>\.gitignore/)
}, 60_000)
