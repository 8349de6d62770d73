import mongoose from 'mongoose'
import type { OwnWay } from '../../src/domain/ports/confirming.ts'
import type { Log } from '../../src/domain/ports/log.ts'
import type { Cast } from '../support/cast.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import { aKey } from '../support/ring.ts'
import type { Person } from '../workspace/people/person.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { aGate, gateCatalog } from './a-gate.ts'
import { aPhone, enrols, oneTimeCode, optionsOn, publicUrl, type Phone } from './a-phone.ts'
import { as, changeCatalog, eventually, patient, wrongWith } from './acts.ts'
import { linkBehind } from './link-behind.ts'
import { hearsActs } from '../support/heard-acts.ts'

/** Ways to confirm, on the Home tab of whoever has them; and what an admin does for whoever has none, or lost them. */

const daily = `      daily:
        name: The gate, daily
        target: { gate: main }
        mode: session
        session: { length: 1h, renew: 30m, max: 8h }
        who: '"@contractors" in groups'
`

const sure = { confirm: true }

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

async function looksUp(admin: Person, whom: string): Promise<void> {
  await home(admin, /./)
  await admin.clicks('Look somebody up…', 'home')
  await admin.modal('Whom?', patient)
  await admin.chooses('Whom?', whom)
  await admin.submits()
  await admin.modal('Slack:', patient)
}

async function makesCode(admin: Person): Promise<string> {
  await admin.clicks('One-time code…', 'modal', sure)
  const { text } = await admin.modal('Give it in person', patient)
  return /\b[2-9A-Z]{5}-[2-9A-Z]{5}\b/.exec(text)?.[0] ?? ''
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

test('whoever shows who they are removes one of their ways: once, and they hear of it', async () => {
  const { stage, phone } = await aDay()
  const { riley, workspace } = stage
  await home(riley, /nothing to confirm with/)
  await enrols(stage, riley, phone, await pageBehind(riley, 'Add a way to confirm', 'Add a way…'))
  const [way] = await waysOf(stage, riley)
  await home(riley, /How you confirm who you are.*Phone/s)
  const link = await pageBehind(riley, 'Remove…', 'Remove…')
  const shown = await phone.sends(`${link}/code`, { code: await oneTimeCode(stage, riley) })
  const [, to = ''] = /action="(\/confirm\/enrol\/[^"]+)\/remove"/.exec(shown.html) ?? []
  const acts = hearsActs(stage.app.world)
  const remove = () => phone.sends(`${publicUrl}${to}/remove`, { method: 'passkey', id: way?.id ?? '' })
  const removed = await remove()
  expect(removed.status).toBe(200)
  expect(removed.html).not.toContain(`${to}/remove`)
  expect(await waysOf(stage, riley)).toEqual([])
  await riley.sees(/Your passkey “Phone” confirms nothing any more/, 'dm', patient)
  await home(riley, /nothing to confirm with/)
  await remove()
  expect(acts).toEqual(['way-removed: done', 'way-removed: dropped'])
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

test('an admin makes a code that only they see, once; with it somebody is enrolled, and hears who made it', async () => {
  const { stage, phone, logged } = await aDay()
  const { riley, ada, workspace } = stage
  const acts = hearsActs(stage.app.world)
  await home(riley, /nothing to confirm with/)
  const link = await pageBehind(riley, 'Add a way to confirm', 'Add a way…')
  await looksUp(ada, 'Riley')
  const code = await makesCode(ada)
  expect(code).not.toBe('')
  await riley.sees(
    /@Ada \(ada@acme\.example\) made a one-time code.*gives? it to you in person/,
    'dm',
    patient,
  )
  await ada.closesModal({ everything: true })
  await looksUp(ada, 'Riley')
  expect(ada.openModal?.text).not.toContain(code)
  await ada.closesModal({ everything: true })

  const { html } = await phone.sends(`${link}/code`, { code })
  const [, to = ''] = /action="(\/confirm\/enrol\/[^"]+)\/passkey"/.exec(html) ?? []
  const body = JSON.stringify(phone.passkey.creates(optionsOn(html)))
  const added = await phone.sends(`${publicUrl}${to}/passkey`, { body, label: 'Phone' })
  expect(added.text).toContain('You can confirm with your passkey now')

  expect(acts).toEqual(['way-code-made: done', 'way-added: done'])
  const half = code.split('-')
  const left = workspace.calls.filter(({ args }) => half.some((part) => JSON.stringify(args).includes(part)))
  expect(left.map(({ method }) => method)).toEqual(['views.update'])
  for (const part of half) expect(logged.join('\n')).not.toContain(part)
  expect(
    logged.filter((line) => /an admin made a one-time code.*Ada \(ada@acme\.example\)/.test(line)),
  ).toHaveLength(1)
  expect(wrongWith(workspace)).toEqual([])
}, 90_000)

test('an admin removes all that somebody confirms with, who hears of it; what was opened before adds nothing', async () => {
  const { stage, phone, logged } = await aDay()
  const { riley, ada, kim, workspace } = stage
  await home(riley, /nothing to confirm with/)
  await enrols(stage, riley, phone, await pageBehind(riley, 'Add a way to confirm', 'Add a way…'))
  const stale = await pageBehind(riley, 'Add a way to confirm', 'Add a way…')
  await looksUp(ada, 'Riley')
  const acts = hearsActs(stage.app.world)
  await ada.clicks('Remove all ways…', 'modal', sure)
  await ada.modal(/Riley \(riley@contractor\.example\) confirms with nothing any more: 1 removed/, patient)
  await riley.sees(/@Ada \(ada@acme\.example\) removed all that you confirmed with/, 'dm', patient)
  expect(acts).toEqual(['ways-removed: done'])
  await ada.closesModal({ everything: true })
  await home(riley, /nothing to confirm with/)
  expect((await phone.opens(stale)).status).toBe(410)
  expect(logged.join('\n')).toMatch(
    /an admin removed all that somebody confirms with.*Ada \(ada@acme\.example\)/,
  )

  await looksUp(ada, 'Ada')
  expect(ada.openModal?.buttons).toEqual([])
  await ada.closesModal({ everything: true })
  expect((await home(kim, 'Request access')).buttons).not.toContain('Look somebody up…')
  expect(wrongWith(workspace)).toEqual([])
}, 90_000)

test('who is an admin no more when they press makes no code, and nobody hears of one', async () => {
  const { stage, logged } = await aDay()
  const { riley, ada, workspace } = stage
  await home(riley, /nothing to confirm with/)
  await looksUp(ada, 'Riley')
  await changeCatalog(stage, (text) => text.replaceAll('ada@acme.example', 'sam@acme.example'))
  await ada.clicks('One-time code…', 'modal', sure)
  await ada.modal('Only the admins', patient)
  expect(riley.dms.map(({ plain }) => plain).join()).not.toContain('one-time code')
  expect(logged.join('\n')).not.toContain('an admin made a one-time code')
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)
