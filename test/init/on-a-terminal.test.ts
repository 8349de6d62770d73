import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import dotenv from 'dotenv'
import { aWorkspace } from '../workspace/support/a-workspace.ts'
import { aFolder, type Folder } from './a-folder.ts'
import { arrowUp, aTerminal, ctrlC, ctrlD, enter, type SomebodysTerminal } from './a-terminal.ts'

const url = 'mongodb://curfew:p%40ss-of-orders@orders.acme.example/?authSource=admin'
const uri = 'mongodb://curfew:p%23ss-of-curfew@db.acme.example/curfew?replicaSet=rs0'
const appToken = 'xapp-1-A0123-4567-89abcdef'

const variablesIn = async (folder: Folder) => dotenv.parse(await readFile(join(folder.path, '.env')))

async function answers(terminal: SomebodysTerminal, question: string, answer: string): Promise<void> {
  await terminal.sees(question)
  terminal.types(answer + enter)
}

test('whoever answers five questions has a .env of their own and a catalog that passes, and no secret was on the screen', async () => {
  const workspace = await aWorkspace()
  const access = workspace.addChannel({ name: 'access', app: true })
  const folder = await aFolder()
  const terminal = aTerminal(folder, ['init'], { SLACK_API_URL: workspace.apiUrl })
  await terminal.sees('1 of 5')
  await answers(terminal, 'Bot token', workspace.botToken)
  await answers(terminal, 'App-level token', workspace.appToken)
  await terminal.sees('2 of 5')
  await answers(terminal, 'Address', uri)
  await terminal.sees('3 of 5')
  await answers(terminal, 'Channel', '#access')
  await terminal.sees('4 of 5')
  await answers(terminal, 'E-mails', 'Ada@acme.example, sam@acme.example')
  await terminal.sees('5 of 5')
  await answers(terminal, 'Kind', 'mongodb')
  await answers(terminal, 'What people call it', '')
  await answers(terminal, 'Address', url)
  await answers(terminal, 'Role to give', 'orders/read')
  await terminal.sees('Written: .env (only you can read it) and catalog.yml.')
  await terminal.sees('/invite @Curfew')
  for (const command of ['check --reach', 'doctor', 'start']) await terminal.sees(`src/cli.ts ${command}`)

  expect(await terminal.exited).toBe(0)
  expect(await folder.names()).toEqual(['.env', 'catalog.yml'])
  expect((await stat(join(folder.path, '.env'))).mode & 0o777).toBe(0o600)
  expect(await variablesIn(folder)).toEqual({
    SLACK_BOT_TOKEN: workspace.botToken,
    SLACK_APP_TOKEN: workspace.appToken,
    SLACK_API_URL: workspace.apiUrl,
    MONGODB_URI: uri,
    CATALOG: './catalog.yml',
    CATALOG_VARIABLES: 'ACCESS_*',
    ACCESS_URL: url,
  })
  for (const secret of [workspace.botToken, workspace.appToken, 'ss-of-curfew', 'ss-of-orders'])
    expect(terminal.shown()).not.toContain(secret)
  const checked = await folder.curfew(['check', '--strict-env'])
  expect(checked).toMatchObject({ code: 0, errors: '' })
  expect(checked.out).toMatch(/orders-database access .*1 of ada@acme.example sam@acme.example/)
  expect(checked.out).toContain(access.id)
}, 90_000)

test('what cannot be is said with what to do instead, and asked for again', async () => {
  const folder = await aFolder()
  const terminal = aTerminal(folder, ['init'])
  await answers(terminal, 'Bot token', appToken)
  await answers(terminal, 'The bot token begins with xoxb-', 'xoxb')
  await answers(terminal, 'must be a bot token', '')
  await answers(terminal, 'Nothing came', 'xoxb-1')
  await answers(terminal, 'App-level token', 'xoxb-1')
  await answers(terminal, 'It is neither', '0123456789abcdef0123456789abcdef')
  await answers(terminal, 'Address', 'db.acme.example/curfew')
  await answers(terminal, 'must start with mongodb://', 'mongodb://db.acme.example')
  await answers(terminal, 'It names no database', 'mongodb://db.acme.example/curfew?colour=red')
  await answers(terminal, 'option colour is not supported', 'mongodb://db.acme.example/curfew')
  await answers(terminal, 'Channel', 'the access channel')
  await answers(terminal, 'That is no channel', 'https://acme.slack.com/archives/C0123ACCESS')
  await answers(terminal, 'E-mails', 'ada')
  await answers(terminal, '"ada" is neither an e-mail nor a Slack user id', 'U012AB3CD')
  await answers(terminal, 'At least one e-mail', 'U012AB3CD ada@acme.example')
  await answers(terminal, 'Kind', 'vpn')
  await answers(terminal, 'It is one of webhook', 'Webhook')
  await answers(terminal, 'What people call it', 'Office VPN')
  await answers(terminal, 'Address', 'http://vpn.acme.example')
  await answers(terminal, 'It must be https', 'https://vpn.acme.example/curfew')
  await terminal.sees('Lead https://your.address/slack/events to port 3000')

  expect(await terminal.exited).toBe(0)
  const { SLACK_SIGNING_SECRET, PORT, ACCESS_SECRET } = await variablesIn(folder)
  expect({ SLACK_SIGNING_SECRET, PORT }).toEqual({
    SLACK_SIGNING_SECRET: '0123456789abcdef0123456789abcdef',
    PORT: '3000',
  })
  expect(ACCESS_SECRET).toMatch(/^whsec_[\w+/]{43}=$/)
  expect(terminal.shown()).not.toContain(ACCESS_SECRET)
  expect(await folder.curfew(['check', '--strict-env'])).toMatchObject({ code: 0, errors: '' })
}, 90_000)

test('a channel that Slack does not know, or a token that it does not, is said, and its id is taken', async () => {
  const workspace = await aWorkspace()
  const folder = await aFolder()
  const asks = async (token: string): Promise<SomebodysTerminal> => {
    const terminal = aTerminal(folder, ['init'], { SLACK_API_URL: workspace.apiUrl, SLACK_BOT_TOKEN: token })
    await terminal.sees('SLACK_BOT_TOKEN is given.')
    await answers(terminal, 'App-level token', appToken)
    await answers(terminal, 'Address', '')
    await answers(terminal, 'Channel', '#no-such')
    return terminal
  }
  const [known, unknown] = await Promise.all([asks(workspace.botToken), asks('xoxb-other')])

  await known.sees('There is no #no-such that the app sees')
  await unknown.sees('Slack does not accept the bot token')
  await answers(unknown, 'Channel, #name', 'C0123ACCESS')
  await unknown.sees('4 of 5')
  expect(unknown.shown()).not.toContain('xoxb-other')
}, 90_000)

test.each([
  ['Ctrl-C', ctrlC],
  ['the end of the input', ctrlD],
])(
  '%s in the middle writes nothing, and says so',
  async (_name, key) => {
    const folder = await aFolder()
    const terminal = aTerminal(folder, ['init'])
    await answers(terminal, 'Bot token', 'xoxb-1-of-acme')
    await answers(terminal, 'App-level token', appToken)
    await terminal.sees('Address')
    terminal.types(key)

    await terminal.sees('Ended. Nothing was written.')
    expect(await terminal.exited).toBe(130)
    expect(await folder.names()).toEqual([])
  },
  60_000,
)

test('neither the arrow keys nor what was pasted too much of bring a secret to the screen', async () => {
  const folder = await aFolder()
  const terminal = aTerminal(folder, ['init'])
  await terminal.sees('Bot token')
  terminal.types(`xoxb-1-of-acme${enter}`)
  await terminal.sees('App-level token')
  terminal.types(`${appToken}${enter}`)
  await terminal.sees('Address')
  // A clipboard with another secret below: its rest would be the answer to what is asked next, where answers are shown.
  terminal.types(`${uri}${enter}xoxb-below${enter}xoxb-half`)
  await terminal.sees('Channel')
  terminal.types(arrowUp + arrowUp + enter)

  await terminal.sees('Nothing came')
  await answers(terminal, 'Channel, #name', 'C0123ACCESS')
  await terminal.sees('4 of 5')
  expect(terminal.shown()).not.toMatch(/of-acme|xapp-1-|ss-of-curfew|below|half/)
}, 60_000)
