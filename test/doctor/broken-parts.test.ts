import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { MongoClient } from 'mongodb'
import mongoose from 'mongoose'
import { linked, noLink } from '../../src/domain/audit/chain.ts'
import { chainKeys } from '../../src/domain/audit/keys.ts'
import { mongoChain } from '../../src/mongo/audit.ts'
import { connect } from '../../src/mongo/connection.ts'
import { freePort } from '../support/free-port.ts'
import { startOpenIdProvider } from '../support/openid-provider.ts'
import { provisionedIn } from '../support/provisioned.ts'
import { aKey, written } from '../support/ring.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { anInstallation, holding, like, type Looked, looked, notRight } from './looked-at.ts'

type Installation = Awaited<ReturnType<typeof anInstallation>>

const run = promisify(execFile)

async function edited({ catalogPath }: Installation, from: string, to: string): Promise<void> {
  await writeFile(catalogPath, (await readFile(catalogPath, 'utf8')).replaceAll(from, to))
}

/** The one thing that is wrong, and nothing else is. */
function onlyWrong(report: Looked, area: string) {
  expect([...new Set(notRight(report).map((one) => one.split(':')[0]))]).toEqual([area])
  expect(report.exitCode).toBe(1)
  return report.findings.find(({ verdict }) => verdict !== 'right')
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterThis(async () => void server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

const answering = async (listener: RequestListener): Promise<string> =>
  `http://${await listening(createServer(listener))}`

test('each variable that is wrong is said by its name alone, and the rest is looked at all the same', async () => {
  const { environment } = await anInstallation()

  const report = await looked({ ...environment, LOG_LEVEL: 'loud', PORT: 'three-thousand' })

  onlyWrong(report, 'Environment')
  expect(report.findings.filter(({ area }) => area === 'Environment')).toMatchObject([
    { about: 'PORT', says: 'must be a number', verdict: 'wrong' },
    {
      about: 'LOG_LEVEL',
      says: 'must be error, warn, info or debug',
      remedy: holding('.env'),
    },
  ])
  expect(JSON.stringify(report)).not.toMatch(/loud|three-thousand/)
}, 60_000)

test('without any of it everything is said, and nothing thrown', async () => {
  const report = await looked({})

  expect(report.exitCode).toBe(1)
  expect(notRight(report)).toEqual(
    expect.arrayContaining([
      'Environment: SLACK_BOT_TOKEN',
      'Environment: MONGODB_URI',
      'Environment: CATALOG',
    ]),
  )
  for (const { verdict, remedy } of report.findings) if (verdict === 'wrong') expect(remedy).not.toBeNull()
})

test('a catalog that cannot be read is said as `curfew check` says it, and MongoDB and Slack are looked at', async () => {
  const installation = await anInstallation()
  await edited(installation, 'connector: webhook', 'connector: telegraph')

  const report = await looked(installation.environment)

  expect(report.findings.find(({ area }) => area === 'Catalog')).toMatchObject({
    verdict: 'wrong',
    says: like(/catalog\.yml:\d+:\d+ systems\.gate\.connector: "telegraph" is not a connector/),
    remedy: holding('curfew check'),
  })
  const wronged = notRight(report).map((one) => one.split(':')[0])
  expect(new Set(wronged)).toEqual(
    new Set(['Catalog', 'Channels', 'People', 'Groups', 'Systems', 'Confirming']),
  )
}, 60_000)

test('a variable of one system that is not set is named, and the other system is asked', async () => {
  const { environment } = await anInstallation()

  const report = await looked({ ...environment, GATE_URL: '' })

  expect(notRight(report)).toEqual(['Catalog: catalog', 'Systems: gate (webhook)'])
  expect(report.findings.find(({ area }) => area === 'Catalog')?.says).toMatch(/GATE_URL/)
}, 60_000)

test('a connector of a stranger that cannot be loaded is named', async () => {
  const { environment } = await anInstallation()

  const report = await looked({ ...environment, CATALOG_CONNECTORS: './nowhere.ts' })

  expect(report.findings.find(({ area }) => area === 'Catalog')).toMatchObject({
    says: holding('CATALOG_CONNECTORS'),
    remedy: holding('CATALOG_CONNECTORS'),
  })
}, 60_000)

test('a system that does not let Curfew in is named, without its password, and the other is reached', async () => {
  const { environment, database } = await anInstallation()
  const wrongUrl = database.curfewUrl.replace(/:[^:@]+@/, ':wrong-secret@')

  const report = await looked({ ...environment, ORDERS_MONGODB_URL: wrongUrl })

  expect(onlyWrong(report, 'Systems')).toMatchObject({
    about: 'orders-cluster (mongodb)',
    says: holding('login was not accepted'),
    remedy: holding('login in the catalog'),
  })
}, 60_000)

test('a system that never answers is given up in its own time', async () => {
  const { environment, gate } = await anInstallation()
  gate.trouble = () => ({ silent: true })

  const report = await looked(environment)

  expect(onlyWrong(report, 'Systems')).toMatchObject({ about: 'gate (webhook)' })
}, 60_000)

test('what confirming needs and is not set is named where the catalog asks for confirming', async () => {
  const installation = await anInstallation()
  await edited(installation, 'confirm: true', 'confirm: mfa')
  await edited(installation, '\ndefaults:', '\nconfirm: { methods: [passkey, totp] }\ndefaults:')
  const keys = written(aKey('k1'))

  const without = await looked(installation.environment)
  const withKeys = await looked({ ...installation.environment, CURFEW_KEYS: keys })

  expect(onlyWrong(without, 'Confirming')).toMatchObject({
    remedy: holding('curfew keys new'),
  })
  const says = ({ findings }: Looked) =>
    findings
      .filter(({ area, verdict }) => area === 'Confirming' && verdict === 'wrong')
      .map((one) => one.says)
  expect(says(without).join()).toMatch(
    /passkey: PUBLIC_URL is not set.*passkey: CURFEW_KEYS.*totp: CURFEW_KEYS/,
  )
  expect(says(withKeys).join()).not.toMatch(/CURFEW_KEYS/)
}, 60_000)

describe('confirming', () => {
  const area = ({ findings }: Looked) =>
    findings.filter((one) => one.area === 'Confirming' && one.verdict !== 'right')
  const environmentOf = async (confirm: string, PUBLIC_URL: string): Promise<Record<string, string>> => {
    const installation = await anInstallation()
    await edited(installation, 'confirm: true', 'confirm: mfa')
    await edited(installation, '\ndefaults:', `\nconfirm: ${confirm}\ndefaults:`)
    return { ...installation.environment, CURFEW_KEYS: written(aKey('k1')), PORT: '3000', PUBLIC_URL }
  }

  test('at an address for which browsers make no passkeys', async () => {
    const environment = await environmentOf('{ methods: [passkey] }', 'http://127.0.0.1:1')

    expect(area(await looked(environment))).toMatchObject([
      { about: 'passkeys', says: like(/browsers make none .*ip-address/), remedy: holding('https') },
    ])
  }, 60_000)

  test('with passkeys that were made for another host', async () => {
    const environment = await environmentOf('{ methods: [passkey] }', 'http://localhost:1')
    const client = await new MongoClient(environment['MONGODB_URI'] ?? '').connect()
    afterThis(() => client.close())
    await client.db().collection('passkeys').insertOne({ person: 'p1', rpId: 'curfew.before.example' })

    expect(area(await looked(environment))).toMatchObject([
      { about: 'passkeys', says: like(/^1 are of another host than localhost/), verdict: 'wrong' },
    ])
  }, 60_000)

  test('by a provider that is away, and by one that answers', async () => {
    const provider = await startOpenIdProvider({ redirectUris: ['http://localhost:1/confirm/oidc'] })
    const oidc = ({ issuer, clientId, clientSecret }: typeof provider) =>
      `{ methods: [oidc], oidc: { issuer: "${issuer}", clientId: ${clientId}, clientSecret: ${clientSecret} } }`
    const environment = await environmentOf(oidc(provider), 'http://localhost:1')
    const answering = await looked(environment)
    await provider.stop()

    const away = await looked(environment)

    expect(area(answering)).toEqual([])
    expect(area(away)).toMatchObject([
      { about: 'identity provider', verdict: 'unknown', remedy: holding('confirm.oidc') },
    ])
  }, 60_000)
})

test('groups and people of the company directory are looked for there', async () => {
  const installation = await anInstallation()
  const { environment } = installation
  await edited(installation, '{ groups: ["@dba"] }', '{ groups: [dba] }')

  const none = await looked(environment)
  const connection = await mongoose
    .createConnection(environment['MONGODB_URI'] ?? '', { autoIndex: false })
    .asPromise()
  afterThis(() => connection.close())
  const okta = provisionedIn(connection)
  await okta.source('okta')
  await okta.user('kim', { email: 'kim@acme.example', isActive: false })
  const unsent = await looked(environment)
  await okta.group('g1', { displayName: 'dba' })
  const sent = await looked(environment)

  const groups = ({ findings }: Looked) => findings.find(({ about }) => about === 'dba')
  expect(groups(none)).toMatchObject({
    verdict: 'wrong',
    remedy: holding('curfew scim token'),
  })
  expect(groups(unsent)).toMatchObject({ verdict: 'wrong', remedy: holding('push it') })
  expect(groups(sent)).toMatchObject({ verdict: 'right' })
  expect(notRight(sent)).toContain('People: kim@acme.example')
  expect(sent.findings).toContainEqual(expect.objectContaining({ says: holding('not active in okta') }))
}, 60_000)

describe('PUBLIC_URL', () => {
  const withUrl = async (PUBLIC_URL: string, { port = '3000' } = {}) => {
    const { environment } = await anInstallation()
    return onlyWrong(await looked({ ...environment, PORT: port, PUBLIC_URL }), 'PUBLIC_URL')
  }

  test('where nobody listens', async () => {
    const found = await withUrl(`http://127.0.0.1:${await freePort()}`)
    expect(found).toMatchObject({
      says: holding('nobody listens'),
      remedy: holding('TLS proxy'),
    })
  }, 60_000)

  test('where a sign-in of the proxy stands before it', async () => {
    const url = await answering((_, response) => response.writeHead(302, { location: '/login' }).end())
    expect(await withUrl(url)).toMatchObject({
      says: 'leads on to /login (302)',
      remedy: holding('without a sign-in'),
    })
  }, 60_000)

  test('where somebody else answers', async () => {
    const url = await answering((_, response) => response.end('{"status":"ok"}'))
    expect(await withUrl(url)).toMatchObject({ says: holding('is not Curfew') })
  }, 60_000)

  test('where somebody sends without end', async () => {
    const url = await answering((_, response) => {
      const sending = setInterval(() => response.write('x'.repeat(10_000)), 1)
      response.on('close', () => clearInterval(sending))
    })
    expect(await withUrl(url)).toMatchObject({ says: holding('is not Curfew') })
  }, 60_000)

  const hasOpenssl = existsSync('/usr/bin/openssl')
  if (!hasOpenssl && process.env['CI']) throw new Error('openssl is not here: ./scripts/servers')
  const tested = hasOpenssl ? test : test.skip
  tested(
    'whose certificate nobody trusts',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'curfew-test-'))
      afterThis(() => rm(folder, { recursive: true }))
      const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')]
      await run('openssl', [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-subj',
        '/CN=localhost',
        ...files,
      ])
      const [key, cert] = await Promise.all(
        ['key.pem', 'cert.pem'].map((name) => readFile(join(folder, name))),
      )
      const host = await listening(
        createSecureServer({ key, cert }, (_, response) => response.end('{"live":true}')),
      )
      expect(await withUrl(`https://${host}`)).toMatchObject({
        says: holding('signed by itself'),
      })
    },
    60_000,
  )
})

describe('the record', () => {
  test('whose last entry is by a key that is not there any more, and whose checkpoints nobody can keep', async () => {
    const installation = await anInstallation()
    const { environment } = installation
    const connection = await connect(environment['MONGODB_URI'] ?? '')
    afterThis(() => connection.close())
    const entry = { source: 'act/1', at: new Date(), text: '{}' }
    const [first, newer, other] = [aKey('k1'), aKey('k2'), aKey('k1')]
    await mongoChain(connection).append(linked(noLink, [entry], chainKeys([first])[0]))

    const places = { AUDIT_CHECKPOINTS: '/nowhere/at/all.jsonl' }
    const lacking = await looked({ ...environment, ...places, AUDIT_KEYS: written(newer) })
    expect(lacking.findings.filter(({ area }) => area === 'Record')).toMatchObject([
      { verdict: 'wrong', says: holding('lacks: k1'), remedy: holding('the key of before') },
      { about: 'checkpoints', verdict: 'wrong', says: holding('cannot be written') },
    ])
    const another = await looked({ ...environment, AUDIT_KEYS: written(other) })
    expect(another.findings.filter(({ area }) => area === 'Record')).toMatchObject([
      { verdict: 'wrong', says: holding('not as it was written') },
      { about: 'checkpoints', verdict: 'wrong', says: holding('none are kept') },
    ])
    const right = await looked({ ...environment, AUDIT_KEYS: written(newer, first) })
    expect(right.findings.find(({ area }) => area === 'Record')).toMatchObject({
      verdict: 'right',
      says: holding('1 entries'),
    })
  }, 60_000)
})

describe('HTTP', () => {
  test('with another signing secret than the app that runs', async () => {
    const { environment, startApp } = await anInstallation({ transport: 'http' })
    await startApp()
    const PUBLIC_URL = `http://127.0.0.1:${environment['PORT']}`

    const report = await looked({
      ...environment,
      PUBLIC_URL,
      SLACK_SIGNING_SECRET: 'of-another-app-altogether',
    })

    expect(onlyWrong(report, 'Slack')).toMatchObject({
      about: 'HTTP',
      says: holding('does not accept our signature'),
      remedy: holding('SLACK_SIGNING_SECRET'),
    })
  }, 60_000)

  test('where the proxy passes everything but the requests of Slack', async () => {
    const { environment } = await anInstallation({ transport: 'http' })
    const PUBLIC_URL = await answering((request, response) =>
      request.url === '/livez' ? response.end('{"live":true}') : response.writeHead(404).end(),
    )

    const report = await looked({ ...environment, PUBLIC_URL })

    expect(onlyWrong(report, 'Slack')).toMatchObject({ says: holding('answers 404') })
  }, 60_000)

  test('without PUBLIC_URL nobody can say whether they arrive', async () => {
    const { environment } = await anInstallation({ transport: 'http' })

    const report = await looked(environment)

    expect(onlyWrong(report, 'Slack')).toMatchObject({
      verdict: 'unknown',
      remedy: holding('PUBLIC_URL'),
    })
  }, 60_000)
})
