import type { Cast } from '../support/cast.ts'
import { ordersCatalog } from '../support/catalogs.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import { freePort } from '../support/free-port.ts'
import { provisionedIn, type ProvisionedData } from '../support/provisioned.ts'
import { connect } from '../../src/mongo/connection.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { aReason, asks, eventually, grantsOf, patient } from './acts.ts'
import { curfew } from './app-process.ts'

/** Who somebody is and may, and who may something, asked from the command line. */

const audit = `      audit:
        name: Audit orders
        target: { database: orders, role: readWrite }
        who: '"engineering" in groups'
        approvers: { manager: true }
`
const byRule = `      look:
        name: Look at orders
        target: { database: orders, role: read }
        mode: standing
        who: '"@dba" in groups'
`
const catalog = (cast: Cast) => ordersCatalog(cast, { more: audit })

interface Company {
  readonly stage: Stage
  readonly okta: ProvisionedData
}

/** Riley is a contractor for Slack and an engineer for Okta, where Kim manages them; Robin is in Okta alone. */
async function aCompany({ more = audit } = {}): Promise<Company> {
  const stage = await aStage({ catalog: (cast) => ordersCatalog(cast, { more }) })
  const connection = await connect(stage.environment['MONGODB_URI'] ?? '')
  afterThis(() => connection.close())
  const okta = provisionedIn(connection)
  await okta.source('okta')
  await okta.user('u-kim', { userName: 'kim.there', email: 'kim@acme.example' })
  await okta.user('u-riley', { userName: 'riley.there', email: 'riley@contractor.example', manager: 'u-kim' })
  await okta.user('u-sam', { userName: 'sam.elsewhere', name: 'Sam Elsewhere', email: 'sam@nowhere.example' })
  await okta.group('g-eng', { displayName: 'engineering', users: ['u-riley'] })
  return { stage, okta }
}

async function rileyReads(stage: Stage): Promise<void> {
  const reason = aReason()
  await asks(stage.riley, 'orders-db read 1h', reason)
  await stage.ada.clicks('Approve 1 h', await stage.ada.sees(reason, stage.orders, patient))
  await eventually(
    () => grantsOf(stage, stage.riley),
    ([grant]) => grant?.status === 'active',
  )
}

async function said(words: readonly string[], environment: Readonly<Record<string, string>>) {
  const { exited, lines } = curfew(words, environment)
  const code = await exited
  return { code, text: lines.join('\n') }
}

test('`curfew people` says of somebody who they are by each source, what they hold, and what they may and why', async () => {
  const { stage } = await aCompany()
  await rileyReads(stage)
  const { environment } = stage

  const [riley, kim, json] = await Promise.all([
    said(['people', 'riley@contractor.example'], environment),
    said(['people', 'kim@acme.example'], environment),
    said(['people', stage.riley.id, '--json'], environment),
  ])

  expect(riley.code).toBe(0)
  expect(riley.text).toMatch(/^Riley \(riley@contractor\.example\)\n/)
  expect(riley.text).toMatch(/Slack: U\w+ \(guest\); @contractors/)
  expect(riley.text).toContain('okta: riley.there, active')
  expect(riley.text).toContain('groups of directories: engineering\n')
  expect(riley.text).toContain('managed by: Kim (kim@acme.example)')
  expect(riley.text).toMatch(/orders-db read +held +\d{4}-\d\d-\d\d \d\d:\d\d UTC/)
  expect(riley.text).toMatch(/orders-db audit +yes +the rule is "engineering" in groups/)
  expect(riley.text).toMatch(/reports-db read +no +the rule is !guest/)
  expect(riley.text).toContain('Answers no requests, and looks after nothing.')

  expect(kim.text).toContain('manages: Riley (riley@contractor.example)')
  expect(kim.text).toMatch(/orders-db audit +no +the rule is "engineering" in groups/)
  expect(kim.text).toMatch(/orders-db audit +1 of 1 +approves for those whom they manage, by their manager/)
  expect(kim.text).toContain('Holds nothing.')

  expect(JSON.parse(json.text)).toMatchObject({
    email: 'riley@contractor.example',
    groups: { slack: ['@contractors'], directories: ['engineering'] },
    manager: { email: 'kim@acme.example' },
    open: [{ resource: 'orders-db', entitlement: 'read', status: 'active' }],
    entitlements: [
      { entitlement: 'read', may: 'yes' },
      { entitlement: 'write', may: 'yes' },
      { entitlement: 'peek', may: 'yes' },
      { entitlement: 'audit', may: 'yes', why: 'the rule is "engineering" in groups' },
      { resource: 'reports-db', entitlement: 'read', may: 'no', isAdmin: false },
    ],
  })
}, 90_000)

test('`curfew people` lists everybody, those too who are in a directory alone; a part of a name that means several lists those', async () => {
  const { stage, okta } = await aCompany()
  await okta.user('u-riley', {
    userName: 'riley.there',
    email: 'riley@contractor.example',
    isActive: false,
    inactiveSince: new Date(),
  })
  const { environment } = stage

  const [all, several, nobody, json] = await Promise.all([
    said(['people'], environment),
    said(['people', 'sam'], environment),
    said(['people', 'nobody-is-called-so'], environment),
    said(['people', '--json'], environment),
  ])

  expect(all.code).toBe(0)
  expect(all.text).toMatch(/^Ada \(ada@acme\.example\) +U\w+ +1 +0$/m)
  expect(all.text).toMatch(/^Kim \(kim@acme\.example\) +U\w+ +okta: active +0 +0$/m)
  expect(all.text).toMatch(
    /^Riley \(riley@contractor\.example\) +U\w+ \(left, says okta, guest\) +okta: not active /m,
  )
  expect(all.text).toMatch(
    /^Sam Elsewhere \(sam@nowhere\.example\) +not seen in Slack: can hold nothing +okta: active$/m,
  )
  expect(several.code).toBe(2)
  expect(several.text).toContain('sam@acme.example')
  expect(several.text).toContain('sam@nowhere.example')
  expect(several.text).not.toContain('ada@acme.example')
  expect(nobody).toEqual({ code: 1, text: 'Nobody is called nobody-is-called-so: see curfew people' })
  expect(JSON.parse(json.text)).toMatchObject({
    notInSlack: [{ source: 'okta', userName: 'sam.elsewhere' }],
    isSomebodyUnread: false,
  })
}, 90_000)

test('`curfew who-can` says who may ask for something, who answers by which list, and who holds it until when', async () => {
  const { stage } = await aCompany()
  await rileyReads(stage)
  const { environment } = stage

  const [read, audit, json, wrong] = await Promise.all([
    said(['who-can', 'orders', 'rea'], environment),
    said(['who-can', 'orders-db/audit'], environment),
    said(['who-can', 'orders-db', 'read', '--json'], environment),
    said(['who-can', 'order-db', 'everything'], environment),
  ])

  expect(read.code).toBe(0)
  expect(read.text).toContain('orders-db read: Read orders, Orders database')
  expect(read.text).toMatch(
    /1 may ask for it\nWHO .*\nRiley \(riley@contractor\.example\) +yes +the rule is "@contractors" in groups\n/,
  )
  expect(read.text).toMatch(/^1 of 1 +Ada \(ada@acme\.example\) +approves, by @dba$/m)
  expect(read.text).toMatch(/^1 of 1 +Sam \(sam@acme\.example\) +approves, by @dba$/m)
  expect(read.text).not.toContain('Kim')
  expect(read.text).toMatch(/Who looks after it\nWHO\nAda \(ada@acme\.example\)\n/)
  expect(read.text).toMatch(
    /1 hold it now\nWHO .*\nRiley \(riley@contractor\.example\) +held +\d{4}-\d\d-\d\d \d\d:\d\d UTC/,
  )
  expect(audit.text).toMatch(
    /Kim \(kim@acme\.example\) +approves for those whom they manage, by their manager/,
  )
  expect(audit.text).toMatch(
    /Ada \(ada@acme\.example\) +stands in as an admin, .* for those whom nobody manages/,
  )
  expect(audit.text).toContain('0 hold it now: nobody')
  expect(JSON.parse(json.text)).toMatchObject({
    resource: 'orders-db',
    may: [{ email: 'riley@contractor.example' }],
    answers: [[{ email: 'ada@acme.example', because: ['@dba'] }, { email: 'sam@acme.example' }]],
    holders: [{ email: 'riley@contractor.example', status: 'active', isStanding: false }],
  })
  expect(wrong.code).toBe(1)
  expect(wrong.text).toContain('order-db everything is no entitlement. Did you mean orders-db? There are:')
  expect(wrong.text).toMatch(/^ {2}orders-db audit$/m)
}, 90_000)

test('`curfew unused` says what nobody held, and who used nothing of what a group opens; by rule is no use', async () => {
  const { stage } = await aCompany({ more: audit + byRule })
  const { app, environment } = stage
  await rileyReads(stage)
  await eventually(
    async () => (await app.world.grants.standing()).filter(({ status }) => status === 'active').length,
    (held) => held === 2,
  )

  const [text, json, never] = await Promise.all([
    said(['unused', '--days', '30'], environment),
    said(['unused', '--json'], environment),
    said(['unused', '--days', 'many'], environment),
  ])

  expect(text.code).toBe(0)
  expect(text.text).toMatch(
    /^The record began .*, less than 30 days ago: what was used before is not known\.$/m,
  )
  expect(text.text).not.toMatch(/^orders-db read/m)
  expect(text.text).toMatch(/^orders-db audit +never +nobody ever asked for it$/m)
  expect(text.text).toMatch(
    /^orders-db look +by rule +2 held it by rule; whether it is used is not known to Curfew$/m,
  )
  expect(text.text).toMatch(/^@contractors +1 +1 +0 +for orders-db read, /m)
  expect(text.text).toMatch(/^engineering +1 +0 +1 +for orders-db audit$/m)
  expect(text.text).toMatch(/^engineering\n {2}used nothing of it: Riley \(riley@contractor\.example\)$/m)
  expect(text.text).toMatch(/^ {2}held by rule; .*: Ada \(ada@acme\.example\), Sam \(sam@acme\.example\)$/m)
  expect(JSON.parse(json.text)).toMatchObject({ days: 90, isRecordWhole: false })
  expect(never.text).toContain('--days is a number from 1 to 3660')
}, 90_000)

test('what the question needs is said all at once; while Slack does not answer nothing is guessed', async () => {
  const stage = await aStage({ started: false, catalog })
  const closed = `http://127.0.0.1:${await freePort()}/api/`

  const [bare, silent, refused] = await Promise.all([
    said(['people'], {}),
    said(['people', 'riley'], { ...stage.environment, SLACK_API_URL: closed }),
    said(['people', 'riley'], { ...stage.environment, SLACK_BOT_TOKEN: 'xoxb-of-another-app' }),
  ])

  expect(bare.code).toBe(1)
  expect(bare.text).toContain(
    'The environment is not complete:\n  SLACK_BOT_TOKEN is not set\n  MONGODB_URI is not set\n  CATALOG is not set',
  )
  expect(silent.code).toBe(1)
  expect(silent.text).toMatch(/^Slack does not say now who people are/m)
  expect(silent.text).not.toMatch(/^\s+at .*:\d+/m)
  expect(refused.code).toBe(1)
  expect(refused.text).toContain('Slack does not accept SLACK_BOT_TOKEN')
  expect(refused.text).not.toContain('xoxb-of-another-app')
}, 90_000)
