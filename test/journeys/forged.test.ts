import { createHmac, randomBytes, sign as signBy, type KeyObject } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { scimTokens } from '../../src/scim-tokens.ts'
import { makeDeviceCode } from '../../src/operations/devices/enrol.ts'
import { startFleetStandin } from '../standin/fleet/server.ts'
import { aBillingDatabase } from '../support/billing-database.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import { ordersCatalog } from '../support/catalogs.ts'
import { hasPostgres } from '../support/postgres.ts'
import { aKey } from '../support/ring.ts'
import { signed } from '../support/devices-server.ts'
import { aMachineKey, fine, iso } from '../web/devices/listening.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { changed, sendTo, storedBy, type Answered, type Sent, type Stored } from './a-border.ts'
import { scimAccessTo } from './a-company.ts'
import { confirmerOn, withSession, type Confirmer } from './a-confirmer.ts'
import { aGate, gateCatalog } from './a-gate.ts'
import { curfew } from './app-process.ts'
import { publicUrl } from './a-phone.ts'
import { aCard, aReason, as, asks, eventually, onlyGrantOf, patient } from './acts.ts'

/** Whoever is not who they say they are is refused at every border, at once, and nothing is written of what they sent. */

const metricsToken = 'a-token-of-the-scraper'
const webhookSecret = `whsec_${randomBytes(24).toString('base64')}`
const kolideSecret = randomBytes(24).toString('hex')
const [basicUser, basicPassword] = ['curfew', randomBytes(12).toString('hex')]
const nudgeSecret = 'nobody-guesses-this-1'

const sourcesAt = (url: string, token = 'a-token-of-fleet'): string => `
devices:
  sources:
    mdm: { kind: webhook, secret: "${webhookSecret}" }
    kolide: { kind: webhook, signature: kolide, secret: "${kolideSecret}" }
    jamf: { kind: webhook, signature: basic, user: ${basicUser}, password: "${basicPassword}" }
    fleet: { kind: fleet, url: "${url}", token: "${token}", webhookSecret: "${nudgeSecret}" }
    laptops: { kind: report }
`

interface Company {
  readonly stage: Stage
  readonly stored: Stored
}

async function aCompany(more: { catalog?: string; systems?: string; env?: Record<string, string> } = {}) {
  const [gate, fleet] = [await aGate(), await startFleetStandin([])]
  afterThis(() => fleet.stop())
  const sources = sourcesAt(fleet.url, fleet.token)
  const stage = await aStage({
    transport: 'http',
    catalog: (cast) =>
      (gateCatalog(cast, { more: withSession() }) + (more.catalog ?? ''))
        .replace('\ndefaults:', `${sources}\ndefaults:`)
        .replace('\nresources:', `${more.systems ?? ''}\nresources:`),
    env: { ...gate.env, ...more.env, PUBLIC_URL: publicUrl },
    confirming: { keys: [aKey('k1')], publicUrl },
    metrics: { own: null, token: metricsToken },
  })
  return { stage, stored: await storedBy(stage) }
}

interface Border {
  /** What counts. */
  readonly good: Sent
  readonly counts: number
  /** What whoever kept it is answered, who sends it once more. */
  readonly again: number
  /** By which headers it is known who sends. */
  readonly knownBy: readonly string[]
  /** What stands for nothing shown, or for what is wrong. */
  readonly refused: number
  /** Too large, from whoever is known. */
  readonly large: number
  /** Answered to whoever uses another method. */
  readonly otherMethods: Readonly<Record<string, number>>
  /** What else is refused here. */
  readonly wrong: Readonly<Record<string, Sent | readonly [Sent, number]>>
  /** False: of the body nothing is signed. */
  readonly isBodySigned?: false
  /** Of these any of several lines is good: one secret takes over from another. */
  readonly mayBeSeveral?: readonly string[]
  /** In what is stored, how often it was heard: what is known is otherwise by nothing else. */
  readonly bookkeeping?: readonly string[]
}

const json = ['content-type', 'application/json'] as const
const form = ['content-type', 'application/x-www-form-urlencoded'] as const
const post = (path: string, body: string | Buffer, ...headers: Sent['headers']): Sent => ({
  method: 'POST',
  path,
  headers,
  body: Buffer.from(body),
})
const without = (sent: Sent, ...names: readonly string[]): Sent => ({
  ...sent,
  headers: sent.headers.filter(([name]) => !names.includes(name)),
})
const withHeader = (sent: Sent, name: string, ...values: readonly string[]): Sent => ({
  ...without(sent, name),
  headers: [...without(sent, name).headers, ...values.map((value) => [name, value] as const)],
})
const withBody = (sent: Sent, body: Buffer | string): Sent => ({ ...sent, body: Buffer.from(body) })
const headersOf = (of: Readonly<Record<string, string>>): Sent['headers'] => Object.entries(of)
const valueOf = ({ headers }: Sent, wanted: string): string =>
  headers.find(([name]) => name === wanted)?.[1] ?? ''
/** Another letter of the same alphabet, last but two: what ends base64 may mean nothing. */
const otherwise = (text: string): string =>
  text.slice(0, -3) + (text.at(-3) === 'A' ? 'B' : 'A') + text.slice(-2)

/** What every border is tried with. */
function tries(border: Border): Record<string, readonly [Sent, Answered['status'][]]> {
  const { good, knownBy, refused, large, otherMethods, wrong } = border
  const huge = Buffer.alloc(10_000_000, 'x')
  const byte = Buffer.from(good.body)
  byte[byte.length >> 1] = (byte[byte.length >> 1] ?? 0) ^ 1
  const text = good.body.toString()
  const bodies: Record<string, Buffer> = {
    'a byte changed': byte,
    'a byte more': Buffer.concat([good.body, Buffer.from(' ')]),
    'a byte less': good.body.subarray(0, -1),
    'the same in UTF-16': Buffer.from(text, 'utf16le'),
    'the same behind a byte order mark': Buffer.from(`\ufeff${text}`),
    nothing: Buffer.alloc(0),
  }
  const ofBody = border.isBodySigned === false ? {} : bodies
  return Object.fromEntries([
    ...knownBy.flatMap((name) => [
      [`without ${name}`, [without(good, name), [refused]]],
      [`with ${name} empty`, [withHeader(good, name, ''), [refused]]],
      ...(border.mayBeSeveral?.includes(name) === true
        ? []
        : [
            [
              `with ${name} once wrong, once right`,
              [withHeader(good, name, otherwise(valueOf(good, name)), valueOf(good, name)), [refused]],
            ],
          ]),
    ]),
    ...Object.entries(ofBody).map(([what, body]) => [`with ${what}`, [withBody(good, body), [refused, 400]]]),
    ...(border.isBodySigned === false
      ? []
      : [
          [
            'packed, as if it were the same',
            [
              { ...withHeader(good, 'content-encoding', 'gzip'), body: gzipSync(good.body) },
              [refused, 415, 400],
            ],
          ],
        ]),
    // While it still sends, a client may be cut off before it reads the answer.
    ...(good.method === 'GET'
      ? []
      : [
          ['of 10 MB', [withBody(good, huge), [large, 'cut off']]],
          ['of 10 MB, unannounced', [{ ...withBody(good, huge), isChunked: true }, [large, 'cut off']]],
          ['of 10 MB, by nobody', [without(withBody(good, huge), ...knownBy), [large, refused, 'cut off']]],
        ]),
    ...Object.entries(otherMethods).map(([method, status]) => [
      `by ${method}`,
      [{ ...good, method }, [status]],
    ]),
    ...Object.entries(wrong).map(([what, one]) => [
      what,
      'method' in one ? [one, [refused]] : [one[0], [one[1]]],
    ]),
  ]) as Record<string, readonly [Sent, Answered['status'][]]>
}

const slowestMs = 2_000

/** Each is refused as it should be, soon, and nothing of it is stored; then what counts does, once. */
async function isGuarded({ stage, stored }: Company, border: Border): Promise<void> {
  const before = await stored.now()
  const wrong: unknown[] = []
  for (const [what, [sent, statuses]] of Object.entries(tries(border))) {
    const { status, tookMs, text } = await sendTo(stage, sent)
    if (!statuses.includes(status) || tookMs > slowestMs)
      wrong.push([what, { status, statuses, tookMs, text }])
  }
  expect(wrong).toEqual([])
  expect(changed(before, await stored.now())).toEqual([])

  expect((await sendTo(stage, border.good)).status).toBe(border.counts)
  const done = await stored.now()
  expect((await sendTo(stage, border.good)).status).toBe(border.again)
  expect(changed(done, await stored.now(), border.bookkeeping)).toEqual([])
}

/** What Slack would have delivered, kept from the app. */
function slackBorder(
  { stage: { workspace } }: Company,
  body: string,
  type: readonly [string, string],
): Border {
  const nowSeconds = Math.floor(Date.now() / 1_000)
  const as = (options: Parameters<typeof workspace.sign>[1] = {}, of = body) =>
    post('/slack/events', body, type, ...headersOf(workspace.sign(of, options)))
  const good = as()
  return {
    good,
    counts: 200,
    again: 200,
    knownBy: ['x-slack-signature', 'x-slack-request-timestamp'],
    refused: 401,
    large: 413,
    otherMethods: { GET: 404, PUT: 404, DELETE: 404 },
    wrong: {
      'signed by another': as({ secret: 'somebody-elses-secret' }),
      'signed by nothing': as({ secret: '' }),
      'signed five minutes and a second ago': as({ atSeconds: nowSeconds - 302 }),
      'with the time of another': withHeader(good, 'x-slack-request-timestamp', String(nowSeconds - 1)),
      'with a time that is none': withHeader(good, 'x-slack-request-timestamp', 'now'),
      'of another version': withHeader(
        good,
        'x-slack-signature',
        valueOf(good, 'x-slack-signature').replace('v0', 'v1'),
      ),
      'with a longer signature': withHeader(
        good,
        'x-slack-signature',
        `${valueOf(good, 'x-slack-signature')}00`,
      ),
      'with the signature of another body': as({}, `${body}&more=1`),
      // Slack may look whether TLS works without a signature; what comes with that is not read.
      'behind a look at TLS': [post('/slack/events', `ssl_check=1&${body}`, form), 200],
    },
  }
}

const asForm = (of: object | undefined): string =>
  new URLSearchParams(
    Object.entries(of ?? {}).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString()

test('an approval that Slack did not sign', async () => {
  const company = await aCompany()
  const { stage } = company
  const card = await aCard(stage)
  stage.workspace.faults.nextDelivery('interactive', 'lose')
  stage.workspace.delivery.ackMs = 100
  await stage.ada.clicks('Approve 10 s', card)
  const payload = JSON.stringify(stage.workspace.delivery.last?.payload)
  await isGuarded(company, slackBorder(company, asForm({ payload }), form))
  await stage.riley.sees(/You have Peek at orders/, 'dm', patient)
}, 60_000)

test('a command that Slack did not sign', async () => {
  const company = await aCompany()
  const { stage } = company
  stage.workspace.faults.nextDelivery('slash_commands', 'lose')
  stage.workspace.delivery.ackMs = 100
  await stage.riley.runs(`/request-access orders-db peek 10s ${aReason()}`)
  const command = asForm(stage.workspace.delivery.last?.payload)
  await isGuarded(company, slackBorder(company, command, form))
}, 60_000)

test('an event that Slack did not sign', async () => {
  const company = await aCompany()
  const { workspace, riley } = company.stage
  const event = JSON.stringify({
    type: 'event_callback',
    team_id: workspace.teamId,
    api_app_id: workspace.appId,
    event_id: 'Ev1',
    event_time: Math.floor(Date.now() / 1_000),
    event: { type: 'app_home_opened', user: riley.id, channel: 'D1', tab: 'home' },
  })
  await isGuarded(company, slackBorder(company, event, json))
}, 60_000)

test('what no directory wrote', async () => {
  const company = await aCompany()
  const { stage } = company
  const env = { ...stage.environment, PUBLIC_URL: publicUrl }
  const [{ token }, old] = [await scimAccessTo(stage, 'okta'), await scimAccessTo(stage, 'okta')]
  const asked = (by: string) => post('/scim/v2/Users', user, scim, ['authorization', by])
  const scim = ['content-type', 'application/scim+json'] as const
  const user = JSON.stringify({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    userName: 'riley@contractor.example',
    active: true,
  })
  // Each was of use, and the second is revoked: within a second that is known.
  expect((await sendTo(stage, { ...asked(`Bearer ${old.token}`), method: 'GET' })).status).toBe(200)
  expect((await sendTo(stage, { ...asked(`Bearer ${token}`), method: 'GET' })).status).toBe(200)
  const [, second = ''] = (await scimTokens(['token', 'list'], env)).trim().split('\n').slice(1)
  await scimTokens(['token', 'revoke', second.split(' ')[0] ?? ''], env)
  await sleep(1_100)
  const good = asked(`Bearer ${token}`)
  await isGuarded(company, {
    good,
    counts: 201,
    again: 409,
    knownBy: ['authorization'],
    refused: 401,
    isBodySigned: false,
    large: 413,
    otherMethods: { GET: 200, PUT: 405, DELETE: 405 },
    wrong: {
      'by a token that was revoked': asked(`Bearer ${old.token}`),
      'by a token with a letter changed': asked(`Bearer ${otherwise(token)}`),
      'by a token with a letter more': asked(`Bearer ${token}A`),
      'by a token with a letter less': asked(`Bearer ${token.slice(0, -1)}`),
      'by the same in other letters': asked(`Bearer ${token.toLowerCase()}`),
      'by half of it, twice': asked(`Bearer ${token.slice(0, 20)} ${token.slice(20)}`),
      'by an endless token': asked(`Bearer ${'x'.repeat(12_000)}`),
      'by another scheme': asked(`Basic ${Buffer.from(`okta:${token}`).toString('base64')}`),
      'by the token alone': asked(token),
      'by a token in the address': {
        ...without(good, 'authorization'),
        path: `/scim/v2/Users?access_token=${token}`,
      },
      'by a token in a cookie': withHeader(without(good, 'authorization'), 'cookie', `token=${token}`),
      'by that of another border': asked(`Bearer ${metricsToken}`),
      'in another content type': [withHeader(good, 'content-type', 'text/plain'), 415],
      packed: [{ ...withHeader(good, 'content-encoding', 'gzip'), body: gzipSync(good.body) }, 400],
    },
  })
}, 60_000)

const laptop = () =>
  JSON.stringify({ sourceId: 'riley-1', at: iso(-1_000), attributes: { firewall: true }, name: 'laptop' })

test('what no source of devices signed, by Standard Webhooks', async () => {
  const company = await aCompany()
  const body = laptop()
  const by = (options: Parameters<typeof signed>[1], of = body) =>
    post(
      '/devices/mdm',
      body,
      json,
      ...headersOf(signed(of, { secrets: [webhookSecret], id: 'msg_1', ...options })),
    )
  const good = by({})
  const signature = valueOf(good, 'webhook-signature')
  await isGuarded(company, {
    good,
    counts: 200,
    again: 200,
    knownBy: ['webhook-id', 'webhook-timestamp', 'webhook-signature'],
    mayBeSeveral: ['webhook-signature'],
    refused: 401,
    large: 413,
    otherMethods: { GET: 405, PUT: 405, DELETE: 405 },
    wrong: {
      'signed by another': by({ secrets: [`whsec_${randomBytes(24).toString('base64')}`] }),
      'signed by the secret of another source': by({ secrets: [kolideSecret] }),
      'signed six minutes ago': by({ at: new Date(Date.now() - 6 * 60_000) }),
      'signed six minutes ahead': by({ at: new Date(Date.now() + 6 * 60_000) }),
      'under another name': withHeader(good, 'webhook-id', 'msg_2'),
      'with more than twenty signatures before the good one': withHeader(
        good,
        'webhook-signature',
        `${'v1,AAAA '.repeat(20)}${signature}`,
      ),
      'to another source': [{ ...good, path: '/devices/kolide' }, 401],
      'to no source': [{ ...good, path: '/devices/nowhere' }, 404],
      'in another content type': [withHeader(good, 'content-type', 'text/plain'), 415],
    },
  })
}, 60_000)

test('what no source of devices signed, as Kolide does', async () => {
  const company = await aCompany()
  const bodyAt = (timestamp: string) =>
    JSON.stringify({
      id: 'one',
      timestamp,
      sourceId: 'riley-1',
      at: timestamp,
      attributes: { firewall: true },
    })
  const by = (secret: string, of = bodyAt(iso())) =>
    post('/devices/kolide', of, json, [
      'authorization',
      createHmac('sha256', secret).update(of).digest('hex'),
    ])
  const good = by(kolideSecret)
  await isGuarded(company, {
    good,
    counts: 200,
    again: 200,
    knownBy: ['authorization'],
    refused: 401,
    large: 413,
    otherMethods: { GET: 405, PUT: 405 },
    wrong: {
      'signed by another': by('somebody-elses-secret'),
      'of six minutes ago': by(kolideSecret, bodyAt(iso(-6 * 60_000))),
      'of six minutes ahead': by(kolideSecret, bodyAt(iso(6 * 60_000))),
      'of no time': by(kolideSecret, bodyAt('now')),
      'with its signature as another scheme': withHeader(
        good,
        'authorization',
        `Bearer ${valueOf(good, 'authorization')}`,
      ),
    },
  })
}, 60_000)

test('what comes without the password of a sender who cannot sign', async () => {
  const company = await aCompany()
  const as = (user: string, password: string) =>
    post('/devices/jamf', laptop(), json, [
      'authorization',
      `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
    ])
  const good = as(basicUser, basicPassword)
  await isGuarded(company, {
    good,
    counts: 200,
    again: 200,
    knownBy: ['authorization'],
    refused: 401,
    isBodySigned: false,
    large: 413,
    otherMethods: { GET: 405, PUT: 405 },
    wrong: {
      'with another password': as(basicUser, otherwise(basicPassword)),
      'with no password': as(basicUser, ''),
      'as another': as('curfew2', basicPassword),
      'as nobody': as('', ''),
      'with a signature of another, which is looked at alone': withHeader(
        good,
        'webhook-signature',
        'v1,AAAA',
      ),
      'to a source that is signed': { ...good, path: '/devices/mdm' },
    },
  })
}, 60_000)

test('a nudge by who does not know the secret of its address', async () => {
  const company = await aCompany()
  const to = (secret: string) =>
    post(`/devices/fleet/${secret}`, JSON.stringify({ hosts: [{ id: 1 }] }), json)
  await isGuarded(company, {
    good: to(nudgeSecret),
    counts: 200,
    again: 200,
    knownBy: [],
    refused: 401,
    isBodySigned: false,
    large: 413,
    otherMethods: { GET: 405, PUT: 405 },
    wrong: {
      'another secret': to(otherwise(nudgeSecret)),
      'a letter more': to(`${nudgeSecret}A`),
      'a letter less': to(nudgeSecret.slice(0, -1)),
      none: [to(''), 404],
      'to a source that signs': [{ ...to(nudgeSecret), path: `/devices/mdm/${nudgeSecret}` }, 404],
      'without it': [{ ...to(nudgeSecret), path: '/devices/fleet' }, 404],
    },
  })
}, 60_000)

function reportBy(key: KeyObject, what: string, message: object, as = what): Sent {
  const bytes = Buffer.from(JSON.stringify(message))
  const text = Buffer.concat([Buffer.from(`curfew-report/1 POST /devices/${as}\n`), bytes])
  return post(`/devices/${what}`, bytes, json, [
    'curfew-signature',
    signBy(null, text, key).toString('base64url'),
  ])
}

async function aMachineOf({ app: { world }, riley, workspace }: Stage) {
  const person = await world.people.seen(
    { userId: riley.id, teamId: workspace.teamId },
    { name: riley.name, email: riley.account.email ?? null },
  )
  const made = await makeDeviceCode(world, { person, by: person })
  if ('refused' in made) throw new Error(made.refused)
  const { privateKey, publicKey } = aMachineKey()
  const enrolment = { code: made.code, publicKey, at: iso(), body: fine }
  return { privateKey, enrolment }
}

const signedBorder = {
  knownBy: ['curfew-signature'],
  refused: 401,
  large: 413,
  otherMethods: { GET: 405, PUT: 405, DELETE: 405 },
} as const

test('an enrolment that the machine’s own key did not sign', async () => {
  const company = await aCompany()
  const { privateKey, enrolment } = await aMachineOf(company.stage)
  const another = aMachineKey()
  await isGuarded(company, {
    ...signedBorder,
    good: reportBy(privateKey, 'enrol', enrolment),
    counts: 201,
    again: 201,
    bookkeeping: ['revision', 'marks'],
    wrong: {
      'signed by another': reportBy(another.privateKey, 'enrol', enrolment),
      'signed for something else': reportBy(privateKey, 'enrol', enrolment, 'report'),
      'with the key of another': reportBy(privateKey, 'enrol', {
        ...enrolment,
        publicKey: another.publicKey,
      }),
      'with a key that is none': reportBy(privateKey, 'enrol', { ...enrolment, publicKey: 'AAAA' }),
      'of tomorrow': [reportBy(privateKey, 'enrol', { ...enrolment, at: iso(86_400_000) }), 422],
      'without a code': [reportBy(privateKey, 'enrol', { ...enrolment, code: '' }), 403],
    },
  })
}, 60_000)

test.each(['report', 'remove'])(
  'a %s that no device signed',
  async (what) => {
    const company = await aCompany()
    const { stage } = company
    const { privateKey, enrolment } = await aMachineOf(stage)
    const enrolled = JSON.parse((await sendTo(stage, reportBy(privateKey, 'enrol', enrolment))).text) as {
      device: string
    }
    const kept = reportBy(privateKey, 'report', { ...enrolled, counter: 3, at: iso(), body: fine })
    expect((await sendTo(stage, kept)).status).toBe(200)
    // Admins are asked about it by a card, which is not posted at once.
    await eventually(
      () => company.stored.db.collection('shown').findOne({ 'surfaces.ts': { $type: 'string' } }),
      (card) => card !== null,
    )
    const message = { device: enrolled.device, counter: 7, at: iso(), body: fine }
    const another = aMachineKey()
    const good = reportBy(privateKey, what, message)
    await isGuarded(company, {
      ...signedBorder,
      good,
      counts: 200,
      again: what === 'report' ? 409 : 410,
      wrong: {
        'signed by another': reportBy(another.privateKey, what, message),
        'signed for something else': reportBy(privateKey, what, message, 'enrol'),
        'of a device that is none': reportBy(privateKey, what, { ...message, device: 'd-none' }),
        'with half a signature': withHeader(
          good,
          'curfew-signature',
          valueOf(good, 'curfew-signature').slice(0, 40),
        ),
        'of before': [reportBy(privateKey, what, { ...message, counter: 3 }), 409],
        'once kept, sent again': [{ ...kept, path: `/devices/report` }, 409],
        'of tomorrow': [reportBy(privateKey, what, { ...message, at: iso(86_400_000) }), 422],
      },
    })
  },
  60_000,
)

const fromThePage = [form, ['origin', publicUrl], ['sec-fetch-site', 'same-origin']] as const

test('a confirmation by a link that is not theirs, or from another page', async () => {
  const company = await aCompany()
  const { stage, stored } = company
  const someone: Confirmer = await confirmerOn(stage, stage.riley)
  const old = await someone.link()
  const aged = { $set: { until: new Date(Date.now() - 1_000) } }
  await stored.db.collection('tickets').updateMany({}, aged)
  const pathOf = (link: string) => link.slice(publicUrl.length)
  const good = post(`${pathOf(await someone.link())}/totp`, `code=${someone.code(0)}`, ...fromThePage)
  const to = (path: string) => ({ ...good, path })
  const [, , ticket = ''] = good.path.split('/')
  const nowhere = without(good, 'origin', 'sec-fetch-site')
  await isGuarded(company, {
    good,
    counts: 303,
    // To the page that says what came of it.
    again: 303,
    knownBy: [],
    refused: 410,
    isBodySigned: false,
    large: 413,
    otherMethods: { GET: 302, PUT: 405, DELETE: 405 },
    wrong: {
      'another link': to(`/confirm/${otherwise(ticket)}/totp`),
      'a longer link': to(`/confirm/${ticket}A/totp`),
      'an endless link': to(`/confirm/${'A'.repeat(9_000)}/totp`),
      'a link that is too old': to(`${pathOf(old)}/totp`),
      'the link of another border': to(`/show/${ticket}`),
      'as one to enrol by': to(`/confirm/enrol/${ticket}/code`),
      'from nowhere': [nowhere, 403],
      'from another page': [withHeader(nowhere, 'origin', 'https://evil.example'), 403],
      'from a frame': [withHeader(nowhere, 'origin', 'null'), 403],
      'from two pages at once': [withHeader(nowhere, 'origin', publicUrl, 'https://evil.example'), 403],
      'from another page, by its browser’s word': [withHeader(good, 'sec-fetch-site', 'cross-site'), 403],
      'from a neighbour of ours': [withHeader(good, 'sec-fetch-site', 'same-site'), 403],
      'by its browser’s word twice': [withHeader(good, 'sec-fetch-site', 'same-origin', 'cross-site'), 403],
    },
  })
}, 60_000)

const byToken = (authorization: string): Sent => ({
  method: 'GET',
  path: '/metrics',
  headers: [['authorization', authorization]],
  body: Buffer.alloc(0),
})

test('metrics, asked for by who does not know the token', async () => {
  const company = await aCompany()
  const by = byToken
  const good = by(`Bearer ${metricsToken}`)
  await isGuarded(company, {
    good,
    counts: 200,
    again: 200,
    knownBy: ['authorization'],
    refused: 404,
    isBodySigned: false,
    large: 404,
    otherMethods: { POST: 404, PUT: 404, DELETE: 404 },
    wrong: {
      'another token': by(`Bearer ${otherwise(metricsToken)}`),
      'a letter more': by(`Bearer ${metricsToken}x`),
      'another scheme': by(`Basic ${Buffer.from(`:${metricsToken}`).toString('base64')}`),
      'the token alone': by(metricsToken),
      'the token in the address': { ...good, headers: [], path: `/metrics?token=${metricsToken}` },
    },
  })
}, 60_000)

const testOnPostgres = hasPostgres(18) ? test : test.skip
testOnPostgres(
  'what giving made, asked for by a link that is not theirs',
  async () => {
    const database = await aBillingDatabase([])
    if (database === null) throw new Error('it was there a moment ago')
    afterThis(() => database.stop())
    const company = await aCompany({
      systems: `  billing: { connector: postgres, url: "\${GATE_BILLING_URL}", password: "\${GATE_BILLING_PASSWORD}", owner: curfew_owner, principal: email, handOver: page }\n`,
      catalog: `
  billing-db:
    name: Billing database
    system: billing
    entitlements:
      read: { name: Read invoices, target: { role: billing_readers, login: temporary }, who: '"@contractors" in groups' }
`,
      env: { GATE_BILLING_URL: database.curfewUrl, GATE_BILLING_PASSWORD: database.curfewPassword },
    })
    const { stage, stored } = company
    const { riley, ada, access } = stage
    const reason = aReason()
    await asks(riley, 'billing-db read', reason)
    await ada.clicks('Approve 1 h', await ada.sees(reason, access, patient))
    await riley.sees(/You have Read invoices/, 'dm', patient)
    const grant = await onlyGrantOf(stage, riley)
    const { tickets } = stage.app.world
    const ticketFor = () => tickets.make({ act: 'show-secret', grantId: grant.id, by: grant.subject }, 60_000)
    const old = await ticketFor()
    await stored.db.collection('tickets').updateMany({}, { $set: { until: new Date(Date.now() - 1_000) } })
    const strange = await tickets.make(
      { act: 'show-secret', grantId: grant.id, by: as(stage, stage.sam) },
      60_000,
    )
    const ticket = await ticketFor()
    const to = (path: string) => post(path, '', form)
    const logins = await database.madeLogins()
    await isGuarded(company, {
      good: to(`/show/${ticket}`),
      counts: 200,
      again: 410,
      knownBy: [],
      refused: 410,
      isBodySigned: false,
      large: 413,
      otherMethods: { GET: 200, PUT: 405, DELETE: 405 },
      wrong: {
        'another link': to(`/show/${otherwise(ticket)}`),
        'a longer link': to(`/show/${ticket}A`),
        'an endless link': to(`/show/${'A'.repeat(9_000)}`),
        'a link that is too old': to(`/show/${old}`),
        'as one to confirm by': { ...post(`/confirm/${ticket}/totp`, 'code=123456', ...fromThePage) },
        'as one to enrol by': { ...post(`/confirm/enrol/${ticket}/code`, 'code=123456', ...fromThePage) },
        'a form that cannot be read': post(`/show/${otherwise(ticket)}`, 'x', [
          'content-type',
          'multipart/form-data',
        ]),
        'a link that another holds': to(`/show/${strange}`),
      },
    })
    expect(logins.length).toBeLessThanOrEqual(1)
  },
  90_000,
)

test('hundreds of megabytes at every border at once are not kept in memory, and whoever else asks is answered', async () => {
  const stage = await aStage({
    transport: 'http',
    started: false,
    catalog: (cast) =>
      ordersCatalog(cast).replace('\ndefaults:', `${sourcesAt('https://fleet.acme.example')}\ndefaults:`),
    confirming: { keys: [aKey('k1')], publicUrl },
  })
  const app = curfew(['start'], { ...stage.environment, PUBLIC_URL: publicUrl, METRICS_TOKEN: metricsToken })
  await app.says('curfew is running')
  const { token } = await scimAccessTo(stage, 'okta')
  const known = ['authorization', `Bearer ${token}`] as const
  const huge = Buffer.alloc(10_000_000, 'x')
  const [first, ...paths] = [
    ['/slack/events', form],
    ['/scim/v2/Users', json],
    ['/scim/v2/Users', json, known],
    ['/devices/mdm', json],
    [`/devices/fleet/${nudgeSecret}`, json],
    ['/devices/report', json],
    ['/confirm/some-ticket/totp', form],
    ['/show/some-ticket', form],
    ['/metrics', form],
    ['/nowhere', form],
  ] as const
  const flood = ([path, ...headers]: readonly [string, ...Sent['headers']]) =>
    Array.from({ length: 8 }, (_, n) =>
      sendTo(stage, { ...post(path, huge, ...headers, ['origin', publicUrl]), isChunked: n % 2 === 0 }),
    )
  // The buffers of the first flood stay with the process for the next.
  await Promise.all(flood(first))
  const before = await bytesOf(stage)
  const sent = [first, ...paths].flatMap(flood)
  const seen = [await bytesOf(stage), await bytesOf(stage)]
  const answers = await Promise.all(sent)
  seen.push(await bytesOf(stage))

  expect(answers.filter(({ status }) => status === 200 || Number(status) >= 500)).toEqual([])
  // 800 MB were sent.
  expect(Math.max(...seen) - before).toBeLessThan(150_000_000)
  expect(app.lines.filter((line) => line.includes('"level":"error"'))).toEqual([])
}, 90_000)

/** What the process of the app has in memory, as it says itself. */
async function bytesOf(stage: Pick<Stage, 'environment'>): Promise<number> {
  const { text, status, tookMs } = await sendTo(stage, byToken(`Bearer ${metricsToken}`))
  expect([status, tookMs < 5_000]).toEqual([200, true])
  return Number(/^process_resident_memory_bytes (\S+)/m.exec(text)?.[1])
}
