import mongoose from 'mongoose'
import type { OwnWay } from '../../src/domain/ports/confirming.ts'
import type { Log } from '../../src/domain/ports/log.ts'
import type { Cast } from '../support/cast.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import { aKey } from '../support/ring.ts'
import type { Person } from '../workspace/people/person.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { aGate, gateCatalog } from './a-gate.ts'
import { aPhone, enrols, publicUrl, type Phone } from './a-phone.ts'
import { as, changeCatalog, eventually, patient, wrongWith } from './acts.ts'
import { linkBehind } from './link-behind.ts'

/** Ways to confirm, on the Home tab of whoever has them. */

const daily = `      daily:
        name: The gate, daily
        target: { gate: main }
        mode: session
        session: { length: 1h, renew: 30m, max: 8h }
        who: '"@contractors" in groups'
`

interface Day {
  readonly stage: Stage
  readonly phone: Phone
  /** Everything the app logged, at any level. */
  readonly logged: string[]
}

async function aDay({ more = daily } = {}): Promise<Day> {
  const logged: string[] = []
  const hears =
    (level: keyof Log) =>
    (message: string, fields?: object): void =>
      void logged.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`)
  const log: Log = { error: hears('error'), warn: hears('warn'), info: hears('info'), debug: hears('debug') }
  const gate = await aGate()
  const stage = await aStage({
    transport: 'http',
    catalog: (cast: Cast) => gateCatalog(cast, { more }),
    env: gate.env,
    confirming: { keys: [aKey('k1')], publicUrl },
    log,
  })
  return { stage, phone: aPhone(stage), logged }
}

const home = async (person: Person, expected: string | RegExp) => {
  await person.opensHome()
  return person.seesHome(expected, patient)
}

async function waysOf({ app, workspace }: Stage, person: Person): Promise<readonly OwnWay[]> {
  const facts = await app.world.directory.facts(as({ workspace }, person))
  return facts === 'unknown' ? [] : app.world.confirming.enrolling.ownWays(facts.person)
}

/** The link behind the button of the modal that this press opens. */
async function pageBehind(person: Person, press: string, button: string): Promise<string> {
  await person.clicks(press, 'home')
  await person.modal(button, patient)
  const link = await linkBehind(person, button)
  await person.closesModal()
  return link
}

test('whoever has a way sees it at home, and neither adds nor removes one there: that takes a page, and who they are', async () => {
  const { stage, phone } = await aDay()
  const { riley, workspace } = stage
  const none = await home(riley, /How you confirm who you are.*You have nothing to confirm with yet/s)
  expect(none.text).toContain('You hold nothing, and nothing waits for you.')
  expect(none.buttons).toEqual(['Request access', 'Add a way to confirm'])
  await enrols(stage, riley, phone, await pageBehind(riley, 'Add a way to confirm', 'Add a way…'))
  const one = await home(riley, /How you confirm who you are.*Phone/s)
  expect(one.buttons).toEqual(['Request access', 'Add a way to confirm', 'Remove…'])

  await riley.clicks('Remove…', 'home')
  const asked = await riley.modal('“Phone” confirms nothing any more', patient)
  expect(asked.text).toMatch(/asks who you are first/)
  const link = await linkBehind(riley, 'Remove…')
  await riley.closesModal()
  const page = await phone.opens(link)
  expect(page.text).toMatch(/The one-time code that your admin gave you/)
  expect(page.text).not.toContain('Phone')
  // A thief of the Slack session has the link, and no more.
  const [way] = await waysOf(stage, riley)
  const forced = await phone.sends(`${link}/remove`, { method: 'passkey', id: way?.id ?? '' })
  expect(forced.text).toMatch(/The one-time code that your admin gave you/)
  expect(await waysOf(stage, riley)).toEqual([way])
  await home(riley, /How you confirm who you are.*Phone/s)
  expect(wrongWith(workspace)).toEqual([])
}, 90_000)

test('the Home tab asks for nothing of it where nothing is confirmed, and has the rest where it cannot be read', async () => {
  const { stage } = await aDay()
  const { riley, workspace } = stage
  const connection = await mongoose.createConnection(stage.environment['MONGODB_URI'] ?? '').asPromise()
  afterThis(() => connection.close())
  await home(riley, /nothing to confirm with/)
  const person = await stage.app.world.people.bySlackUser(riley.id)
  await connection.collection('passkeys').insertOne({ person: person?.id, key: 'nonsense' })
  const broken = await home(riley, /What you have cannot be read now/)
  expect(broken.text).toContain('You hold nothing, and nothing waits for you.')

  await changeCatalog(stage, (text) => text.replace(daily, ''))
  await connection.db?.command({ profile: 2 })
  await riley.opensHome()
  await eventually(
    async () => riley.home?.text ?? '',
    (text) => !/confirm/.test(text),
  )
  await connection.db?.command({ profile: 0 })
  const asked = await connection.collection('system.profile').distinct('ns')
  expect(asked.join()).toMatch(/grants/)
  expect(asked.join()).not.toMatch(/passkeys|totp/)
  expect(riley.home?.buttons).toEqual(['Request access'])
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)
