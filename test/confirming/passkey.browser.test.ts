import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { z } from 'zod'
import type { Passkeys } from '../../src/confirming/passkeys.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { riley } from '../support/builders.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'
import { aPasskeyDevice } from '../support/passkey-device.ts'
import { aKey, ringOf } from '../support/ring.ts'
import { aBrowser, describeInBrowser } from '../workspace/practice/browser.ts'
import { anAct, aTicket, passkeysOn } from './a-passkey.ts'

/** The few lines that a page needs. What a browser refuses comes out as the error's name. */
const asked = (verb: 'create' | 'get', parse: string, options: object) => `
  navigator.credentials.${verb}({ publicKey: PublicKeyCredential.${parse}(${JSON.stringify(options)}) })
    .then((credential) => JSON.stringify(credential.toJSON()), (error) => error.name)`

const creates = (page: Page, options: object) =>
  page.evaluate<string>(asked('create', 'parseCreationOptionsFromJSON', options))
const gets = (page: Page, options: object) =>
  page.evaluate<string>(asked('get', 'parseRequestOptionsFromJSON', options))

const stored = z.object({
  credentials: z.array(z.object({ credentialId: z.string(), signCount: z.number() }).loose()),
})

describeInBrowser('Passkeys in a real browser', () => {
  let database: TestDatabase
  let server: Server
  let browser: Browser
  let passkeys: Passkeys
  let url: string

  beforeAll(async () => {
    database = await aDatabase()
    await ensureIndexes(database.connection)
    server = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>Confirm</title>')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://localhost:${(server.address() as AddressInfo).port}`
    passkeys = passkeysOn(database, ringOf(aKey('one')), url)
    browser = await aBrowser()
  }, 60_000)
  beforeEach(() => database.connection.collection('passkeys').deleteMany({}))
  afterAll(async () => {
    await browser.close()
    server.close()
    await database.drop()
  })

  /** A page with a device of its own at hand, as a laptop's fingerprint reader or a phone is. */
  async function aPageWithADevice(about: Record<string, unknown> = {}) {
    const page = await (await browser.newContext()).newPage()
    await page.goto(url, { timeout: 60_000 })
    return { page, ...(await aPasskeyDevice(page, about)) }
  }

  async function enrols(page: Page) {
    const ticket = aTicket()
    const body = await creates(page, await passkeys.enrolOptions(riley, ticket))
    return { body, answer: await passkeys.enrol(riley, { ticket, body, label: 'Laptop' }) }
  }

  async function confirms(page: Page) {
    const act = anAct()
    const body = await gets(page, (await passkeys.confirmOptions(riley.id, act)) ?? {})
    return { body, act, answer: await passkeys.confirm(riley.id, act, body) }
  }

  test('a person enrols, confirms, confirms again, and the same answer does not count twice', async () => {
    const { page } = await aPageWithADevice()
    expect((await enrols(page)).answer).toEqual({
      enrolled: { person: riley.id, what: 'passkey-enrolled', label: 'Laptop' },
    })
    const [known] = await passkeys.list(riley.id)
    expect(known).toMatchObject({ rpId: 'localhost', transports: ['internal'] })
    const first = await confirms(page)
    const second = await confirms(page)
    expect([first.answer, second.answer]).toEqual(
      Array.from({ length: 2 }, () => ({
        method: 'passkey',
        at: expect.any(Date) as Date,
        credentialId: known?.id,
      })),
    )
    expect(await passkeys.confirm(riley.id, second.act, second.body)).toEqual({ refused: 'used-already' })
    // The device that has one is not asked to make another.
    expect((await enrols(page)).body).toBe('InvalidStateError')
  }, 60_000)

  test('who does not verify themselves to their device has nothing to post', async () => {
    const { page, devtools, authenticatorId } = await aPageWithADevice()
    await enrols(page)
    await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
    expect((await confirms(page)).body).toBe('NotAllowedError')
  }, 60_000)

  test('a copy that counts fewer uses is refused, and they are to be told', async () => {
    const { page, devtools, authenticatorId } = await aPageWithADevice()
    await enrols(page)
    const { credentials } = stored.parse(await devtools.send('WebAuthn.getCredentials', { authenticatorId }))
    for (let n = 0; n < 3; n++) expect((await confirms(page)).answer).toHaveProperty('method')
    const copy = await aPageWithADevice()
    for (const credential of credentials)
      await copy.devtools.send('WebAuthn.addCredential', {
        authenticatorId: copy.authenticatorId,
        // As it came out of the other device.
        credential: credential as never,
      })
    expect((await confirms(copy.page)).answer).toMatchObject({
      refused: 'counter-back',
      news: { what: 'passkey-counter-back', label: 'Laptop' },
    })
    expect((await confirms(page)).answer).toHaveProperty('method')
  }, 60_000)

  test('a passkey that its person synced to other devices confirms, and that is noted', async () => {
    const { page } = await aPageWithADevice({ defaultBackupEligibility: true, defaultBackupState: true })
    await enrols(page)
    expect(await passkeys.list(riley.id)).toMatchObject([{ deviceType: 'multiDevice', isBackedUp: true }])
    expect((await confirms(page)).answer).toHaveProperty('method')
  }, 60_000)

  test('a page of another site gets no answer for ours', async () => {
    const { page } = await aPageWithADevice()
    await enrols(page)
    await page.goto(url.replace('localhost', 'evil.localhost'))
    const body = await gets(page, (await passkeys.confirmOptions(riley.id, anAct())) ?? {})
    expect(['SecurityError', 'NotAllowedError']).toContain(body)
  }, 60_000)
})
