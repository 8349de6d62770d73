import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Secret, TOTP } from 'otpauth'
import { BSON, MongoClient } from 'mongodb'
import { startFleetStandin } from '../standin/fleet/server.ts'
import { aBillingDatabase } from '../support/billing-database.ts'
import { aCertificate } from '../support/certificate.ts'
import { aStage } from '../support/curfew.ts'
import { signed } from '../support/devices-server.ts'
import { earlyInAStep } from '../support/early-in-a-step.ts'
import { freePort } from '../support/free-port.ts'
import { anIdentityProvider } from '../support/identity-provider.ts'
import { startOpenIdProvider } from '../support/openid-provider.ts'
import { hasPostgres } from '../support/postgres.ts'
import { aKey, written } from '../support/ring.ts'
import { aSigningBrowser } from '../support/sign-in.ts'
import { anHttpWire, aWire, type Wire } from '../support/wire.ts'
import { aReceiver } from '../tracing/receiver.ts'
import { aMachineKey, fine, iso, sends } from '../web/devices/listening.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { scimAccessTo } from './a-company.ts'
import { withSession } from './a-confirmer.ts'
import { aGate, gateCatalog } from './a-gate.ts'
import { aPhone, oneTimeCode, publicUrl } from './a-phone.ts'
import { aReason, asks, patient } from './acts.ts'
import { curfew } from './app-process.ts'
import { linkBehind } from './link-behind.ts'

/** A day in which every secret is used, in a process as people run it that logs all it can; and where any of them came out. */

const testOnPostgres = hasPostgres(18) ? test : test.skip
const random = () => randomBytes(18).toString('hex')
const slow = { withinMs: 40_000 }

/** As addresses, forms, JSON, and what carries bytes as text would write it. By our own words, not by the log's. */
function writingsOf(secret: string): Map<string, string> {
  const bytes = Buffer.from(secret)
  const json = (text: string) => JSON.stringify(text).slice(1, -1)
  const base64 = [0, 1, 2].map((before) => {
    const shifted = Buffer.concat([Buffer.alloc(before, 'x'), bytes])
    // What surrounds it changes the letters at both ends.
    return shifted.toString('base64').slice(before === 0 ? 0 : 4, Math.floor(shifted.length / 3) * 4)
  })
  const writings = {
    'in an address': encodeURIComponent(secret),
    'in an address, in small letters': encodeURIComponent(secret).replace(/%../g, (one) => one.toLowerCase()),
    'in JSON': json(secret),
    'in JSON in JSON': json(json(secret)),
    'in hexadecimal': bytes.toString('hex'),
    'in UTF-16': Buffer.from(secret, 'utf16le').toString('latin1'),
    ...Object.fromEntries(base64.map((found, i) => [`in base64, behind ${i}`, found])),
    ...Object.fromEntries(
      base64.map((found, i) => [
        `in base64url, behind ${i}`,
        found.replaceAll('+', '-').replaceAll('/', '_'),
      ]),
    ),
  }
  const others = Object.entries(writings).filter(([, writing]) => writing !== secret && writing.length > 5)
  return new Map([['as it is', secret], ...others])
}

interface Came {
  /** Where it came out: "the log". */
  readonly from: string
  readonly text: string
}

const links =
  /what Slack is sent \(POST \/api\/views\.update\)|the answer to (?:GET|POST) \/(?:confirm|show)\/…\S*/

/** Where each is meant to come out, and nowhere else. */
const meant: Readonly<Record<string, RegExp>> = {
  SLACK_BOT_TOKEN: /what Slack is sent \(POST \/api\/[\w.]+\)/,
  'the token of Fleet': /what Fleet is sent \(GET \/api\/v1\/fleet\/hosts\)/,
  'the ticket to enrol by': links,
  'the ticket to confirm by': links,
  'the ticket to be shown by': links,
  'the ticket of who proved who they are': /the answer to (?:GET|POST) \/confirm\/enrol\/\S+/,
  'the letters that the app is given': /the answer to (?:GET|POST) \/confirm\/enrol\/…\S*/,
  'the code of a device': /what Slack is sent \(POST \/api\/views\.update\)/,
  'the password that was made': /the answer to POST \/show\/…/,
  'the cookie of a sign-in': /the answer to POST \/confirm\/enrol\/…\/oidc/,
  // In an address, and in the database until it comes back: of no use without that cookie, of which there is a hash.
  'the state of a sign-in': /the answer to POST \/confirm\/enrol\/…\/oidc|the database/,
}
const isMeant = (name: string, from: string): boolean =>
  new RegExp(`^(?:${meant[name]?.source ?? '$.'})$`).test(from)

interface Found {
  readonly name: string
  readonly from: string
  readonly form: string
}

function foundIn(came: readonly Came[], secrets: ReadonlyMap<string, string>): Found[] {
  const all = came.map(({ from, text: of }) => ({ from: from.replace(/[\w-]{43}/g, '…'), text: of }))
  return [...secrets].flatMap(([name, secret]) =>
    [...writingsOf(secret)].flatMap(([form, writing]) =>
      all.flatMap(({ from, text: of }) => (of.includes(writing) ? [{ name, from, form }] : [])),
    ),
  )
}

/** Who may read the database has all that was ever written to it, also what was replaced. */
async function everWritten(uri: string): Promise<string> {
  const client = await new MongoClient(uri).connect()
  try {
    const db = client.db()
    const collections = await db.listCollections().toArray()
    const now = await Promise.all(collections.map(({ name }) => db.collection(name).find().toArray()))
    const ofUs = new RegExp(`^${db.databaseName}\\.|^admin\\.\\$cmd$`)
    const then = await client.db('local').collection('oplog.rs').find({ ns: ofUs }).toArray()
    const own = then.filter(
      ({ o, ns }) => ns !== 'admin.$cmd' || BSON.EJSON.stringify(o).includes(db.databaseName),
    )
    return BSON.EJSON.stringify([now, own])
  } finally {
    await client.close()
  }
}

/** What takes the record in, over TLS. */
async function aSiem() {
  const certificate = await aCertificate()
  const taken: string[] = []
  const server = createServer(certificate, (request, response) => {
    void text(request).then((body) => {
      taken.push(`${request.rawHeaders.join('\n')}\n${body}`)
      response.end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterThis(async () => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { taken, port, caPath: certificate.path }
}

/** This address, by way of a wire that keeps what goes over it. */
async function tapped(address: string, wireTo: (port: number) => Promise<Wire>) {
  const url = new URL(address)
  const wire = await wireTo(Number(url.port))
  url.port = String(wire.port)
  return { wire, url: url.href }
}

async function aDay() {
  const database = await aBillingDatabase([])
  if (database === null) throw new Error('it was there a moment ago')
  let isGone = false
  const stopBilling = async () => {
    if (!isGone) await database.stop()
    isGone = true
  }
  afterThis(stopBilling)
  const [gate, fleet, siem, traces] = [
    await aGate(),
    await startFleetStandin([]),
    await aSiem(),
    await aReceiver(),
  ]
  afterThis(() => fleet.stop())
  const provider = await startOpenIdProvider({ redirectUris: [`${publicUrl}/confirm/oidc`] })
  afterThis(() => provider.stop())
  provider.accounts.set('idp-sam', { email: 'sam@acme.example', isVerified: true })

  // The app's own MongoDB asks for a password too.
  const mongodb = new URL(process.env['CURFEW_TEST_MONGODB_URI'] ?? '')
  const mongodbPassword = random()
  const root = await new MongoClient(mongodb.href).connect()
  const user = `curfew-${random()}`
  await root.db('admin').command({ createUser: user, pwd: mongodbPassword, roles: ['root'] })
  afterThis(async () => {
    await root.db('admin').command({ dropUser: user })
    await root.close()
  })
  mongodb.username = user
  mongodb.password = mongodbPassword
  mongodb.searchParams.set('authSource', 'admin')

  const secrets = new Map<string, string>()
  const secret = (name: string, value: string): string => {
    secrets.set(name, value)
    return value
  }
  secret('the password of MongoDB', mongodbPassword)
  const [ring, auditKey] = [aKey('k1'), aKey('a1')]
  secret('the key of CURFEW_KEYS', ring.base64)
  secret('the key of AUDIT_KEYS', auditKey.base64)
  const forwardSecret = secret('AUDIT_FORWARD_SECRET', `whsec_${randomBytes(32).toString('base64')}`)
  const forwardToken = secret('the token in AUDIT_FORWARD', random())
  const metricsToken = secret('METRICS_TOKEN', random())
  const tracesKey = secret('the key of the traces', random())
  const mdmSecret = secret('the secret of the webhook', `whsec_${randomBytes(24).toString('base64')}`)
  const nudgeSecret = secret('the secret of Fleet’s webhook', random())
  secret('the token of Fleet', fleet.token)
  secret('the secret of the gate', gate.env.GATE_SECRET)
  secret('the password of the billing database', database.curfewPassword)
  secret('the secret at the identity provider', provider.clientSecret)

  const [outGate, outFleet, outBilling] = [
    await tapped(gate.env.GATE_URL, anHttpWire),
    await tapped(fleet.url, anHttpWire),
    await tapped(database.curfewUrl, aWire),
  ]
  const sections = `
confirm:
  methods: [oidc, totp]
  oidc: { issuer: '${provider.issuer}', clientId: ${provider.clientId}, clientSecret: "\${GATE_OIDC_SECRET}" }
devices:
  sources:
    mdm: { kind: webhook, secret: "\${GATE_MDM_SECRET}" }
    fleet: { kind: fleet, url: "${outFleet.url.replace(/\/$/, '')}", token: "\${GATE_FLEET_TOKEN}", webhookSecret: "\${GATE_NUDGE_SECRET}" }
    laptops: { kind: report }
  fit: { laptop: { when: 'device.firewall' } }
`
  const billing = `  billing: { connector: postgres, url: "\${GATE_BILLING_URL}", password: "\${GATE_BILLING_PASSWORD}", owner: curfew_owner, principal: email, handOver: page }\n`
  const stage = await aStage({
    transport: 'http',
    started: false,
    mongodb: mongodb.href,
    catalog: (cast) =>
      gateCatalog(cast, { more: withSession() })
        .replace('\ndefaults:', `${sections}\ndefaults:`)
        .replace('\nresources:', `${billing}\nresources:`).concat(`
  billing-db:
    name: Billing database
    system: billing
    entitlements:
      read: { name: Read invoices, target: { role: billing_readers, login: temporary }, who: '"@contractors" in groups' }
      write: { name: Write invoices, target: { role: billing_readers }, who: '!guest', device: laptop }
`),
    env: {
      ...gate.env,
      GATE_URL: outGate.url,
      GATE_BILLING_URL: outBilling.url,
      GATE_BILLING_PASSWORD: database.curfewPassword,
      GATE_MDM_SECRET: mdmSecret,
      GATE_NUDGE_SECRET: nudgeSecret,
      GATE_FLEET_TOKEN: fleet.token,
      GATE_OIDC_SECRET: provider.clientSecret,
      PUBLIC_URL: publicUrl,
    },
    confirming: { keys: [ring], publicUrl },
  })
  const { workspace } = stage
  secret('SLACK_BOT_TOKEN', workspace.botToken)
  secret('SLACK_SIGNING_SECRET', workspace.signingSecret)
  secret(
    'the password of the orders database',
    new URL(stage.environment['ORDERS_MONGODB_URL'] ?? '').password,
  )

  const slack = await tapped(workspace.apiUrl, anHttpWire)
  const innerPort = await freePort()
  const web = await anHttpWire(innerPort, Number(stage.environment['PORT']))
  const environment = {
    ...stage.environment,
    LOG_LEVEL: 'debug',
    PORT: String(innerPort),
    SLACK_API_URL: slack.url,
    AUDIT_KEYS: written(auditKey),
    AUDIT_FORWARD: `https://localhost:${siem.port}/in?token=${forwardToken}`,
    AUDIT_FORWARD_SECRET: forwardSecret,
    AUDIT_FORWARD_CA: siem.caPath,
    METRICS_TOKEN: metricsToken,
    ...traces.environment({ OTEL_EXPORTER_OTLP_HEADERS: `x-api-key=${tracesKey}` }),
  }
  const outward = {
    gate: outGate.wire,
    Fleet: outFleet.wire,
    'the billing database': outBilling.wire,
    Slack: slack.wire,
  }
  return { stage, environment, secrets, secret, database, stopBilling, siem, traces, web, outward, gate }
}
type Day = Awaited<ReturnType<typeof aDay>>

/** By an app on Riley's phone, and by Sam's sign-in at the identity provider. */
async function enrol({ stage, secret, web }: Day) {
  const { riley, sam } = stage
  const [phone, sams] = [aPhone(stage), aPhone(stage)]
  const linkOf = async (person: typeof riley) => {
    await person.opensHome()
    await person.seesHome('Add a way to confirm', slow)
    await person.clicks('Add a way to confirm', 'home')
    const link = await linkBehind(person, 'Add a way…')
    await person.closesModal()
    return link
  }
  const link = await linkOf(riley)
  secret('the ticket to enrol by', link.split('/').at(-1) ?? '')
  const code = secret('the one-time code', await oneTimeCode(stage, riley))
  const { html } = await phone.sends(`${link}/code`, { code })
  const [, letters = ''] = /class="letters">([^<]+)</.exec(html) ?? []
  const [, to = ''] = /action="(\/confirm\/enrol\/[^"]+)\/totp"/.exec(html) ?? []
  const app = secret('what the authenticator app shares', letters.replaceAll(' ', ''))
  secret('the letters that the app is given', letters)
  secret('the ticket of who proved who they are', to.split('/').at(-1) ?? '')
  const totp = new TOTP({ secret: Secret.fromBase32(app) })
  const codeAt = (ms: number) => totp.generate({ timestamp: Date.now() + ms })
  await earlyInAStep()
  const added = await phone.sends(`${publicUrl}${to}/totp`, { code: codeAt(-30_000) })
  expect(added.text).toContain('You can confirm with')

  const left = await sams.sends(`${await linkOf(sam)}/oidc`, {})
  const [, url = ''] = /<a href="([^"]+)"/.exec(left.html) ?? []
  const browser = aSigningBrowser()
  const back = await browser.goes(url.replaceAll('&amp;', '&'), { as: 'idp-sam', backTo: publicUrl })
  const { answer } = web.exchanges.findLast(({ asked }) => asked.endsWith('/oidc')) ?? { answer: '' }
  secret('the cookie of a sign-in', /__Host-curfew-confirm=[^.]+\.([\w-]+);/.exec(String(answer))?.[1] ?? '')
  secret('the state of a sign-in', new URL(back).searchParams.get('state') ?? '')
  secret('the code of the identity provider', new URL(back).searchParams.get('code') ?? '')
  expect((await sams.opens(back)).text).toMatch(/An authenticator app/)
  return { phone, codeAt }
}

testOnPostgres(
  'not one secret of a whole day is in the log, in traces, in the record, in Slack, in the database, or on a page but the one that is to show it',
  async () => {
    const day = await aDay()
    const { stage, environment, secrets, secret, database, siem, traces, web, outward, gate } = day
    const { riley, ada, access, workspace } = stage
    const okta = await scimAccessTo(stage, 'okta')
    secret('the token of the directory', okta.token)
    const app = curfew(['start'], environment)
    await app.says('curfew is running', 60_000)

    // The directory writes, and a stranger tries to.
    const idp = anIdentityProvider(okta)
    await idp.makesGroup('engineering', [await idp.hires({ name: 'Sam', email: 'sam@acme.example' })])
    await idp.send('POST', '/Users', { userName: 7, password: okta.token })
    await idp.send('PUT', `/Users/${okta.token.slice(0, 20)}`, {})
    await anIdentityProvider({ ...okta, token: secret('a wrong token', random()) }).send('GET', '/Users')

    // Confirmed, and begun.
    const { phone, codeAt } = await enrol(day)
    await riley.runs('/request-access gate daily')
    await riley.modal('No review needed', slow)
    await riley.submits()
    const link = await linkBehind(riley, 'Confirm…')
    await riley.closesModal()
    secret('the ticket to confirm by', link.split('/').at(-1) ?? '')
    await phone.sends(`${link}/totp`, { code: '000000' })
    expect((await phone.sends(`${link}/totp`, { code: codeAt(0) })).text).toMatch(/You have|being given/)

    // Approved, made, and handed over.
    const reason = aReason()
    await asks(riley, 'billing-db read', reason)
    await ada.clicks('Approve 1 h', await ada.sees(reason, access, slow))
    await riley.clicks('Show the password', await riley.sees(/You have Read invoices/, 'dm', slow))
    const show = await linkBehind(riley, 'Open the page')
    await riley.closesModal()
    secret('the ticket to be shown by', show.split('/').at(-1) ?? '')
    const shown = await phone.sends(show, {})
    const [, password = ''] = /Password<\/h2>\s*<pre>([^<]+)</.exec(shown.html) ?? []
    const [, login = ''] = /User name<\/h2>\s*<pre>([^<]+)</.exec(shown.html) ?? []
    secret('the password that was made', password)
    expect(await database.tryDoor(login, password)).toMatchObject({ isOpen: true })

    // A machine of Riley's, the company's management of devices, and Fleet.
    await riley.opensHome()
    await riley.seesHome('Add a device…', slow)
    await riley.clicks('Add a device…', 'home')
    const { text: offered } = await riley.modal(/curfew-report enrol/, patient)
    await riley.closesModal()
    const [code = ''] = /\b[A-Z0-9]{5}-?[A-Z0-9]{5}\b/.exec(offered) ?? []
    secret('the code of a device', code)
    const { privateKey, publicKey } = aMachineKey()
    secret('the key of a device', String(privateKey.export({ format: 'jwk' }).d))
    const url = `http://127.0.0.1:${stage.environment['PORT']}`
    const enrolled = await sends(url, 'enrol', {
      message: { code, publicKey, at: iso(), body: fine },
      key: privateKey,
    })
    const report = { device: enrolled.answer['device'], counter: 1, at: iso(), body: fine }
    expect((await sends(url, 'report', { message: report, key: privateKey })).status).toBe(200)
    const delivery = JSON.stringify({ sourceId: 'riley-1', at: iso(-1_000), name: 'riley-laptop' })
    const deliver = (path: string, headers: Record<string, string>) =>
      fetch(`${url}/devices/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: delivery,
      })
    await deliver('mdm', signed(delivery, { secrets: [secrets.get('the secret of the webhook') ?? ''] }))
    await deliver('mdm', signed(delivery, { secrets: [random()] }))
    await deliver(`fleet/${secrets.get('the secret of Fleet’s webhook') ?? ''}`, {})
    await deliver(`fleet/${secret('a wrong secret in an address', random())}`, {})
    const metrics = { authorization: `Bearer ${secrets.get('METRICS_TOKEN') ?? ''}` }
    expect((await fetch(`${url}/metrics`, { headers: metrics })).status).toBe(200)

    // A system says what it was sent; another is gone.
    gate.trouble = () => ({ status: 500, body: JSON.stringify({ error: `bad ${gate.env.GATE_SECRET}` }) })
    await asks(riley, 'gate open')
    await ada.clicks('Approve 6 s', await ada.sees('Open the gate', stage.orders, slow))
    await app.says('it answered 500', 40_000)
    await day.stopBilling()
    await riley.clicks("I'm done", await riley.sees(/You have Read invoices/, 'dm', slow), { confirm: true })
    await app.says('a system does not answer', 40_000)

    // What operators run.
    const commands = [
      ['check'],
      ['doctor', '--json'],
      ['audit', 'verify'],
      ...['jsonl', 'csv', 'cef', 'ocsf'].map((format) => ['audit', 'export', '--format', format]),
      ['history', 'riley@contractor.example'],
      ['people'],
      ['scim', 'token', 'list'],
    ]
    const said: Came[] = []
    for (const words of commands) {
      const command = curfew(words, environment)
      await command.exited
      said.push({ from: `curfew ${words.join(' ')}`, text: command.lines.join('\n') })
    }
    app.kill('SIGTERM')
    await app.exited

    const came: Came[] = [
      { from: 'the log', text: app.lines.join('\n') },
      ...said,
      ...traces.bodies.map((body) => ({ from: 'the traces', text: body.toString('latin1') })),
      ...siem.taken.map((taken) => ({ from: 'the record that is forwarded', text: taken })),
      ...web.exchanges.map(({ asked, answer }) => ({
        from: `the answer to ${asked}`,
        text: answer.toString('latin1'),
      })),
      ...Object.entries(outward).flatMap(([who, { exchanges }]) =>
        exchanges.map(({ asked, request }) => ({
          from: `what ${who} is sent${asked && ` (${asked})`}`,
          text: request.toString('latin1'),
        })),
      ),
      { from: 'the database', text: await everWritten(stage.environment['MONGODB_URI'] ?? '') },
    ]
    const found = foundIn(came, secrets)
    expect(found.filter(({ name, from }) => !isMeant(name, from))).toEqual([])
    // Each that is to come out somewhere was found there: who looks so would have found the others.
    expect(Object.keys(meant).filter((name) => !found.some((one) => one.name === name))).toEqual([])
    expect(secrets.size).toBe(32)
    expect([...secrets].filter(([, value]) => value.length < 10)).toEqual([])
    expect(workspace.complaints).toEqual([])
  },
  300_000,
)
