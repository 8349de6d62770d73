import type { Cast } from '../support/cast.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import { startOpenIdProvider, type TestOpenIdProvider } from '../support/openid-provider.ts'
import { aKey } from '../support/ring.ts'
import { aSigningBrowser } from '../support/sign-in.ts'
import type { Person } from '../workspace/people/person.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { aGate, gateCatalog, type Gate } from './a-gate.ts'
import { anAuthenticatorApp } from './an-authenticator-app.ts'
import { aPhone, enrols, optionsOn, publicUrl, type Phone } from './a-phone.ts'
import { toldInRecord } from './in-the-record.ts'
import { linkBehind } from './link-behind.ts'
import { changeCatalog, eventually, onlyGrantOf, patient, wrongWith } from './acts.ts'

/** Access that is begun and renewed by confirming who one is, without an admin. */

const daily = (session: string) => `      daily:
        name: The gate, daily
        target: { gate: main }
        mode: session
        session: ${session}
        who: '"@contractors" in groups'
`

const key = aKey('k1')

interface Day {
  readonly stage: Stage
  readonly gate: Gate
  readonly phone: Phone
}

async function aDay(
  session = '{ length: 30s, renew: 25s, max: 45s }',
  { confirm = '', url = publicUrl }: { confirm?: string; url?: string | null } = {},
): Promise<Day> {
  const gate = await aGate()
  const stage = await aStage({
    transport: 'http',
    catalog: (cast: Cast) =>
      gateCatalog(cast, { more: daily(session) }).replace('\ndefaults:', `${confirm}\ndefaults:`),
    env: gate.env,
    confirming: { keys: [key], publicUrl: url },
    auditKeys: [aKey('a1')],
  })
  return { stage, gate, phone: aPhone(stage) }
}

/** The form, sent: the modal has a link by then. */
const asks = async (person: Person): Promise<void> => {
  await person.runs('/request-access gate daily')
  await person.modal('No review needed. Confirm that it is you to begin', patient)
  await person.submits()
}
const begins = async (person: Person): Promise<string> => {
  await asks(person)
  const link = await linkBehind(person, 'Confirm…')
  await person.closesModal()
  return link
}
const isEnrolled = async ({ stage, phone }: Day, person: Person): Promise<void> => {
  await asks(person)
  await enrols(stage, person, phone, await linkBehind(person, 'Add a way to confirm'))
  await person.closesModal()
}
const held = (gate: Gate, names: string) =>
  eventually(
    async () => [...gate.holders].join(),
    (now) => now === names,
    patient.withinMs,
  )

test('confirmed, it is held without an admin; confirmed again, without a gap; then it ends, and is begun anew', async () => {
  const day = await aDay()
  const { stage, gate, phone } = day
  const { riley, workspace } = stage
  await isEnrolled(day, riley)
  await riley.sees(/You can confirm with a new passkey now, “Phone”/, 'dm', patient)

  const link = await begins(riley)
  const page = await phone.opens(link)
  expect(page.text).toMatch(
    /For Riley \(riley@contractor\.example\) \. Riley opens The gate, daily on The gate for 30 s/,
  )
  const done = await phone.confirms(link)
  expect(done.text).toMatch(/You have The gate, daily on The gate until/)
  await riley.sees(/You have The gate, daily/, 'dm', patient)
  await held(gate, 'riley')

  await riley.clicks(
    'Confirm again',
    await riley.sees(/The gate, daily on The gate ends/, 'dm', { withinMs: 30_000 }),
  )
  const again = await linkBehind(riley, 'Confirm…')
  await riley.closesModal()
  expect((await phone.confirms(again)).text).toMatch(/You have The gate, daily/)
  const grant = await onlyGrantOf(stage, riley)
  expect(grant.confirmations.map(({ method }) => method)).toEqual(['passkey', 'passkey'])
  expect(gate.calls.filter(({ action }) => action === 'take')).toEqual([])

  await riley.sees(/45 s are the most; begin anew then/, 'dm', { withinMs: 30_000 })
  await held(gate, '')
  await riley.sees(/ended.*checked, it is gone/, 'dm', { withinMs: 30_000 })
  expect((await phone.confirms(await begins(riley))).text).toMatch(/You have The gate, daily/)
  await held(gate, 'riley')
  expect(wrongWith(workspace)).toEqual([])
}, 150_000)

test('a link does nothing by being opened, once the thing is done shows what came of it, and is nobody else’s', async () => {
  const day = await aDay('{ length: 10m, renew: 9m, max: 1h }')
  const { stage, gate, phone } = day
  const { riley } = stage
  await isEnrolled(day, riley)
  const link = await begins(riley)
  const looked = [await phone.opens(link), await phone.opens(link)]
  expect(looked.map(({ status }) => status)).toEqual([200, 200])
  expect([...gate.holders]).toEqual([])

  const stranger = aPhone(stage)
  const foreign = JSON.stringify(stranger.passkey.gets(optionsOn(looked[0]?.html ?? '')))
  expect((await stranger.sends(`${link}/passkey`, { body: foreign })).text).toMatch(/Not confirmed/)
  const fromElsewhere = { origin: 'https://elsewhere.example', 'sec-fetch-site': 'cross-site' }
  expect((await phone.sends(`${link}/totp`, { code: '123456' }, fromElsewhere)).status).toBe(403)
  for (const body of ['', 'null', '{}', '[]', 'x'.repeat(5_000)])
    expect((await phone.sends(`${link}/passkey`, { body })).status).not.toBe(500)
  expect([...gate.holders]).toEqual([])

  const another = await begins(riley)
  const { html } = await phone.opens(another)
  expect((await phone.sends(`${another}/not-me`, {})).text).toMatch(/the admins were told/)
  await stage.ada.sees(/Riley.* did not ask to confirm something/, 'dm', patient)
  const late = JSON.stringify(phone.passkey.gets(optionsOn(html)))
  expect((await phone.sends(`${another}/passkey`, { body: late })).status).toBe(410)
  expect([...gate.holders]).toEqual([])
}, 60_000)

test('pressed twice at once it is done once, and both see what came of it', async () => {
  const day = await aDay('{ length: 10m, renew: 9m, max: 1h }')
  const { stage, gate, phone } = day
  const { riley } = stage
  await isEnrolled(day, riley)
  const link = await begins(riley)
  const { html } = await phone.opens(link)
  const body = JSON.stringify(phone.passkey.gets(optionsOn(html)))
  const answers = await Promise.all([1, 2, 3].map(() => phone.sends(`${link}/passkey`, { body })))
  for (const { text } of answers) expect(text).toMatch(/You have The gate, daily/)
  expect((await phone.opens(link)).text).toMatch(/You have The gate, daily/)
  await held(gate, 'riley')
  expect(gate.calls.filter(({ action }) => action === 'give')).toHaveLength(1)
  const grant = await onlyGrantOf(stage, riley)
  expect(grant.confirmations).toHaveLength(1)
}, 60_000)

test('what changed since the link was made is not confirmed by it', async () => {
  const day = await aDay('{ length: 10m, renew: 9m, max: 1h }')
  const { stage, gate, phone } = day
  const { riley } = stage
  await isEnrolled(day, riley)
  const link = await begins(riley)
  await changeCatalog(stage, (text) => text.replace('length: 10m, renew', 'length: 20m, renew'))
  expect((await phone.opens(link)).text).toMatch(/This changed since the link was made/)
  const shut = await begins(riley)
  const { html } = await phone.opens(shut)
  const body = JSON.stringify(phone.passkey.gets(optionsOn(html)))
  await changeCatalog(stage, (text) => text.replace(/(max: 1h \}\n\s+who: )'[^']*'/, `$1'"@dba" in groups'`))
  expect((await phone.sends(`${shut}/passkey`, { body })).text).toMatch(/cannot be had now/)
  expect([...gate.holders]).toEqual([])
}, 60_000)

test('an admin who ends it ends it for good: the link of before renews nothing', async () => {
  const day = await aDay('{ length: 40s, renew: 39s, max: 1h }\n        warn: 36s')
  const { stage, gate, phone } = day
  const { riley } = stage
  await isEnrolled(day, riley)
  await phone.confirms(await begins(riley))
  await held(gate, 'riley')
  await riley.clicks(
    'Confirm again',
    await riley.sees(/The gate, daily on The gate ends/, 'dm', { withinMs: 30_000 }),
  )
  const again = await linkBehind(riley, 'Confirm…')
  await riley.closesModal()
  await riley.clicks("I'm done", await riley.sees(/You have The gate, daily/, 'dm', patient), {
    confirm: true,
  })
  await held(gate, '')
  expect((await phone.confirms(again)).text).toMatch(/Too late|ended/)
  expect([...gate.holders]).toEqual([])
}, 90_000)

const openId = ({ issuer, clientId, clientSecret }: TestOpenIdProvider): string => `
confirm:
  methods: [oidc]
  oidc:
    issuer: ${issuer}
    clientId: ${clientId}
    clientSecret: ${clientSecret}
`

test('a sign-in at the identity provider confirms, of the browser that pressed and of its owner alone', async () => {
  const provider = await startOpenIdProvider({ redirectUris: [`${publicUrl}/confirm/oidc`] })
  afterThis(() => provider.stop())
  const of = (email: string) => ({ email, isVerified: true })
  provider.accounts.set('idp-riley', of('riley@contractor.example'))
  provider.accounts.set('idp-mallory', of('mallory@acme.example'))
  const { stage, gate, phone } = await aDay('{ length: 10m, renew: 9m, max: 1h }', {
    confirm: openId(provider),
  })
  const { riley } = stage
  const link = await begins(riley)
  const leaves = async (as: string, from = phone): Promise<string> => {
    const { html } = await from.sends(`${link}/oidc`, {})
    const [, url = ''] = /<a href="([^"]+)"/.exec(html) ?? []
    return aSigningBrowser().goes(url.replaceAll('&amp;', '&'), { as, backTo: `${publicUrl}/confirm/oidc` })
  }

  expect((await phone.opens(await leaves('idp-mallory'))).text).toMatch(
    /account that signed in there is not yours/,
  )
  await riley.sees(/Somebody opened a link that was made for you/, 'dm', patient)
  expect((await aPhone(stage).opens(await leaves('idp-riley'))).text).toMatch(/begun in another browser/)
  // Both pressed, and each has a sign-in of their own: Riley's browser brings back Mallory's.
  await leaves('idp-riley')
  const mallorys = await leaves('idp-riley', aPhone(stage))
  expect((await phone.opens(mallorys)).text).toMatch(/begun in another browser/)
  expect([...gate.holders]).toEqual([])

  expect((await phone.opens(await leaves('idp-riley'))).text).toMatch(/You have The gate, daily/)
  await held(gate, 'riley')
  const grant = await onlyGrantOf(stage, riley)
  expect(grant.confirmations.map(({ method }) => method)).toEqual(['oidc'])
  expect(await toldInRecord(stage, 'account-linked')).toBeGreaterThan(0)
}, 90_000)

test('without a page six digits are typed into the form, and one that was used begins nothing', async () => {
  const { stage, gate } = await aDay('{ length: 10m, renew: 9m, max: 1h }', { url: null })
  const { riley } = stage
  await riley.runs('/request-access gate daily')
  await riley.modal('Six digits of your authenticator app', patient)
  await riley.closesModal()
  const app = await anAuthenticatorApp(stage, riley, key)
  const types = async (code: string): Promise<void> => {
    await riley.runs('/request-access gate daily')
    await riley.modal('Six digits of your authenticator app', patient)
    await riley.types('Six digits of your authenticator app', code)
    await riley.submits()
  }

  await types(app.codeAt(0))
  await riley.modal('Curfew has no page here', patient)
  await riley.closesModal()
  await app.enrols()
  await types('12345')
  await riley.modal('a code has six digits', patient)
  await riley.closesModal()
  expect([...gate.holders]).toEqual([])
  const code = app.codeAt(0)
  await types(code)
  await held(gate, 'riley')
  await riley.closesModal()
  await riley.clicks("I'm done", await riley.sees(/You have The gate, daily/, 'dm', patient), {
    confirm: true,
  })
  await riley.sees(/checked, it is gone/, 'dm', patient)
  await types(code)
  await riley.modal('that code was used already', patient)
  expect([...gate.holders]).toEqual([])
}, 90_000)
