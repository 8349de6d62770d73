import { connect } from '../../src/mongo/connection.ts'
import type { Cast } from '../support/cast.ts'
import { ordersCatalog } from '../support/catalogs.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import { provisionedIn } from '../support/provisioned.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { asks, changeCatalog, listenToLog, patient, wrongWith } from './acts.ts'

/** Admins look people up on their Home tab. */

const vault = `      vault:
        name: Open the vault
        target: { database: orders, role: readWrite }
        who: '"engineering" in groups'
        approvers: { manager: true }
`

/** Ada looks after the orders database alone; Okta knows Riley, and says that Kim manages them and is an engineer. */
async function aCompany(): Promise<Stage> {
  const catalog = (cast: Cast) =>
    ordersCatalog(cast, { more: vault }).replace(
      `who: '!guest'`,
      `who: '!guest'\n        admins: [sam@acme.example]`,
    )
  const stage = await aStage({ catalog, started: false })
  const connection = await connect(stage.environment['MONGODB_URI'] ?? '')
  afterThis(() => connection.close())
  const okta = provisionedIn(connection)
  await okta.source('okta')
  await okta.user('u-kim', { userName: 'kim.there', email: 'kim@acme.example' })
  await okta.user('u-riley', { userName: 'riley.there', email: 'riley@contractor.example', manager: 'u-kim' })
  await okta.group('g-eng', { displayName: 'engineering', users: ['u-kim'] })
  const { world } = await stage.startApp()
  listenToLog(world.log)
  return stage
}

async function opensIt({ ada }: Stage, whom: string): Promise<void> {
  await ada.opensHome()
  await ada.seesHome(/./, patient)
  await ada.clicks('Look somebody up…', 'home')
  await ada.modal('Whom?', patient)
  await ada.chooses('Whom?', whom)
}

test('an admin reads who somebody is by each source, and what they hold, may have and answer, of what the admin looks after', async () => {
  const stage = await aCompany()
  const { riley, ada, workspace } = stage
  await asks(riley, 'orders-db peek 10s')

  await opensIt(stage, 'Riley')
  await ada.submits()
  const about = (await ada.modal(/riley@contractor\.example/, patient)).text
  expect(about).toMatch(/Slack: guest; @contractors/)
  expect(about).toMatch(/okta: riley\.there, active/)
  expect(about).toMatch(/Managed by: .*kim@acme\.example/)
  expect(about).toMatch(/Peek at orders on Orders database: asked for, waits for an answer/)
  expect(about).toMatch(/Read orders on Orders database: yes: the rule is "@contractors" in groups/)
  expect(about).toMatch(/Open the vault on Orders database: no: the rule is "engineering" in groups/)
  expect(about).not.toContain('Read reports')
  await ada.closesModal({ everything: true })

  await opensIt(stage, 'Kim')
  await ada.submits()
  const kim = (await ada.modal(/kim@acme\.example/, patient)).text
  expect(kim).toMatch(/Groups of directories: engineering$/m)
  expect(kim).toMatch(/Manages: riley@contractor\.example/)
  expect(kim).toMatch(/Open the vault on Orders database: approves for those whom they manage/)
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('who is no admin has no such button, and who is none any more reads nothing of anybody', async () => {
  const stage = await aCompany()
  const { kim, ada, workspace } = stage
  await kim.opensHome()
  expect((await kim.seesHome('nothing waits for you', patient)).buttons).toEqual(['Request access'])

  await opensIt(stage, 'Kim')
  await changeCatalog(stage, (text) => text.replaceAll('ada@acme.example', 'sam@acme.example'))
  await ada.submits()
  const refused = await ada.modal('Only the admins of this resource can do that.', patient)
  expect(refused.text).not.toContain('kim.there')
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)
