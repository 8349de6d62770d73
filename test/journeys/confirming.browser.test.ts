import { Secret, TOTP } from 'otpauth'
import type { Browser, Page } from 'playwright-core'
import type { Cast } from '../support/cast.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import { earlyInAStep } from '../support/early-in-a-step.ts'
import { freePort } from '../support/free-port.ts'
import { startOpenIdProvider, type TestOpenIdProvider } from '../support/openid-provider.ts'
import { aKey } from '../support/ring.ts'
import { aBrowser, describeInBrowser } from '../workspace/practice/browser.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { aGate, gateCatalog, type Gate } from './a-gate.ts'
import { aLaptop, type Laptop } from './a-laptop.ts'
import { oneTimeCode } from './a-phone.ts'
import { eventually, onlyGrantOf, patient, wrongWith } from './acts.ts'
import { linkBehind } from './link-behind.ts'
import { brokenIn, looksOf } from './looks.ts'

/** The pages on which people confirm who they are, as their browsers have them. */

interface Day {
  readonly stage: Stage
  readonly gate: Gate
  readonly provider: TestOpenIdProvider
}

/** All three ways count; a session can be renewed as soon as its warning is there, which is soon. */
async function aDay(): Promise<Day> {
  const port = await freePort()
  const publicUrl = `http://localhost:${port}`
  const provider = await startOpenIdProvider({ redirectUris: [`${publicUrl}/confirm/oidc`] })
  afterThis(() => provider.stop())
  provider.accounts.set('idp-riley', { email: 'riley@contractor.example', isVerified: true })
  const gate = await aGate()
  const stage = await aStage({
    transport: 'http',
    port,
    catalog: (cast: Cast) =>
      gateCatalog(cast, { more: daily }).replace('\ndefaults:', `${confirmBy(provider)}\ndefaults:`),
    env: gate.env,
    confirming: { keys: [aKey('k1')], publicUrl },
  })
  return { stage, gate, provider }
}

const daily = `      daily:
        name: The gate, daily
        target: { gate: main }
        mode: session
        session: { length: 10m, renew: 599s, max: 1h }
        warn: 598s
        who: '"@contractors" in groups'
`
const confirmBy = ({ issuer, clientId, clientSecret }: TestOpenIdProvider): string => `
confirm:
  methods: [passkey, oidc, totp]
  oidc:
    issuer: ${issuer}
    clientId: ${clientId}
    clientSecret: ${clientSecret}
`

const linkTo = async ({ riley }: Stage, button: 'Confirm…' | 'Add a way to confirm'): Promise<string> => {
  await riley.runs('/request-access gate daily')
  await riley.modal('No review needed. Confirm that it is you to begin', patient)
  await riley.submits()
  const link = await linkBehind(riley, button)
  await riley.closesModal()
  return link
}
const linkToRenew = async ({ riley }: Stage): Promise<string> => {
  await riley.clicks('Confirm again', await riley.sees(/The gate, daily on The gate ends/, 'dm', patient))
  const link = await linkBehind(riley, 'Confirm…')
  await riley.closesModal()
  return link
}

const says = (page: Page, words: string | RegExp) => page.getByText(words).first().waitFor()
const confirmed = /You have The gate, daily on The gate until/
const inTokyo = (at: Date): string =>
  at.toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'Asia/Tokyo' })
const isHeld = (gate: Gate) =>
  eventually(
    async () => [...gate.holders].join(),
    (now) => now === 'riley',
  )

/** They type the code that they were given in person. */
async function showsWho({ stage }: Day, page: Page): Promise<void> {
  await page.goto(await linkTo(stage, 'Add a way to confirm'))
  await page
    .getByLabel('The one-time code that your admin gave you')
    .fill(await oneTimeCode(stage, stage.riley))
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'A passkey' }).waitFor()
}

/** As an app makes them of the letters on the page. */
async function anApp(page: Page): Promise<(stepsAway: number) => string> {
  const letters = /[A-Z2-7]{4}(?: [A-Z2-7]{4}){7}/.exec(await page.locator('main').innerText())?.[0] ?? ''
  const secret = Secret.fromBase32(letters.replaceAll(' ', ''))
  return (stepsAway) => new TOTP({ secret }).generate({ timestamp: Date.now() + stepsAway * 30_000 })
}

async function signsIn(page: Page): Promise<void> {
  await page.getByRole('heading', { name: 'Sign in at Acme' }).waitFor()
  await page.getByLabel('Account').fill('idp-riley')
  await page.getByRole('button', { name: 'Sign in' }).click()
}

const [passkeyButton, signInButton] = ['Confirm with a passkey', 'Sign in at your identity provider']

describeInBrowser('The pages to confirm on, in a real browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await aBrowser()
  }, 60_000)
  afterAll(() => browser.close())

  const withPasskey = async (day: Day): Promise<Laptop> => {
    const laptop = await aLaptop(browser, { mayGoTo: day.provider.issuer, timezoneId: 'Asia/Tokyo' })
    await showsWho(day, laptop.page)
    await laptop.page.getByLabel('What you call it').fill('Laptop')
    await laptop.presses('Add a passkey')
    await says(laptop.page, 'You can confirm with your passkey now.')
    return laptop
  }

  test('a passkey is added by a code, begins a session and renews it; the link sent on is of no use', async () => {
    const day = await aDay()
    const { stage, gate } = day
    const laptop = await withPasskey(day)
    const { page } = laptop
    await page.getByRole('link', { name: 'Add another' }).click()
    await page.getByRole('button', { name: 'Remove Laptop' }).waitFor()
    await page.getByRole('button', { name: 'Add a passkey' }).click()
    await page.getByRole('alert').getByText('This device has a passkey of yours already.').waitFor()

    const link = await linkTo(stage, 'Confirm…')
    const { page: mallorys } = await aLaptop(browser)
    await mallorys.goto(link)
    await mallorys.getByRole('button', { name: passkeyButton }).click()
    await mallorys.getByRole('alert').getByText('Your device did not confirm.').waitFor()
    expect([...gate.holders]).toEqual([])

    await page.goto(link)
    await says(page, /Riley opens The gate, daily on The gate for 10 min/)
    await laptop.presses(passkeyButton)
    await says(page, confirmed)
    await isHeld(gate)
    await page.reload()
    await says(page, confirmed)
    await page.goBack()
    await page.goForward()
    await says(page, confirmed)

    const toRenew = await linkToRenew(stage)
    const leftOpen = await page.context().newPage()
    await leftOpen.goto(toRenew)
    await page.goto(toRenew)
    await page.getByRole('button', { name: passkeyButton }).dblclick()
    await says(page, confirmed)
    await leftOpen.evaluate('dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))')
    await says(leftOpen, confirmed)
    const grant = await onlyGrantOf(stage, stage.riley)
    await says(page, inTokyo('endsAt' in grant ? grant.endsAt : new Date(0)))
    expect(grant.confirmations.map(({ method }) => method)).toEqual(['passkey', 'passkey'])
    expect(laptop.wrong).toEqual([])
    expect(wrongWith(stage.workspace)).toEqual([])
  }, 60_000)

  test('whoever the device does not know is told so and can try again; whoever does not touch it can take another way', async () => {
    const day = await aDay()
    const laptop = await withPasskey(day)
    const { page } = laptop
    await page.goto(await linkTo(day.stage, 'Confirm…'))
    const button = page.getByRole('button', { name: passkeyButton })
    const alert = page.getByRole('alert').getByText('Your device did not confirm.')

    await laptop.knowsItsOwner(false)
    await button.click()
    await alert.waitFor()
    expect(await button.isEnabled()).toBe(true)
    await laptop.knowsItsOwner(true)
    await laptop.presses(passkeyButton)
    await says(page, confirmed)

    await page.goto(await linkToRenew(day.stage))
    await laptop.isTouched(false)
    await button.click()
    await page.getByRole('button', { name: signInButton }).click()
    await signsIn(page)
    await says(page, confirmed)
    expect(laptop.wrong).toEqual([])
  }, 60_000)

  test('without script an app is added and its digits confirm, and the page says what passkeys need', async () => {
    const day = await aDay()
    const { stage, gate } = day
    const { page, wrong } = await aLaptop(browser, { javaScriptEnabled: false })
    await showsWho(day, page)
    await says(page, 'A passkey needs JavaScript')
    expect(await page.getByRole('button', { name: 'Add a passkey' }).isEnabled()).toBe(false)
    const codeOf = await anApp(page)
    await earlyInAStep()
    await page.getByLabel('The six digits that it shows').fill(codeOf(-1))
    await page.keyboard.press('Enter')
    await says(page, 'You can confirm with your authenticator app now.')

    await page.goto(await linkTo(stage, 'Confirm…'))
    const digits = page.getByLabel('Six digits of your authenticator app')
    await digits.fill('000 000')
    await page.keyboard.press('Enter')
    await page
      .getByRole('alert')
      .getByText(/Not confirmed: that code is wrong; \d more tries/)
      .waitFor()
    await page.goto(page.url())
    await digits.fill(codeOf(0))
    await page.getByRole('button', { name: 'Confirm', exact: true }).dblclick()
    await says(page, confirmed)
    await isHeld(gate)
    const { confirmations } = await onlyGrantOf(stage, stage.riley)
    expect(confirmations.map(({ method }) => method)).toEqual(['totp'])
    expect(wrong).toEqual([])
  }, 60_000)

  test('a sign-in adds a way and begins a session; cancelled it can be tried again, and elsewhere it counts for nothing', async () => {
    const day = await aDay()
    const { stage, gate, provider } = day
    const { page, wrong } = await aLaptop(browser, { mayGoTo: provider.issuer })
    const button = page.getByRole('button', { name: signInButton })
    await page.goto(await linkTo(stage, 'Add a way to confirm'))
    await button.click()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page
      .getByRole('alert')
      .getByText(/Not confirmed/)
      .waitFor()
    await button.click()
    await signsIn(page)
    await page.getByRole('heading', { name: 'An authenticator app' }).waitFor()

    const link = await linkTo(stage, 'Confirm…')
    await page.goto(link)
    await button.click()
    await page.getByRole('heading', { name: 'Sign in at Acme' }).waitFor()
    await page.goBack()
    await says(page, /Riley opens The gate, daily/)

    await button.click()
    await page.getByRole('heading', { name: 'Sign in at Acme' }).waitFor()
    const { page: mallorys } = await aLaptop(browser, { mayGoTo: provider.issuer })
    await mallorys.goto(new URL('/confirm/oidc?code=1&state=1', link).href)
    await says(mallorys, 'This sign-in was begun in another browser, or is used.')
    expect([...gate.holders]).toEqual([])
    await signsIn(page)
    await says(page, confirmed)
    await isHeld(gate)
    await page.reload()
    await says(page, confirmed)
    expect(wrong).toEqual([])
  }, 60_000)

  test('each page can be read, reached by keys and trusted: narrow, large, dark, and with what somebody put into it', async () => {
    const day = await aDay()
    const { stage } = day
    const laptop = await aLaptop(browser)
    const { page } = laptop
    const broken: Record<string, readonly string[]> = {}
    const look = async (name: string): Promise<void> => {
      const found = await looksOf(page)
      if (found.length > 0) broken[name] = found
    }
    await page.goto(await linkTo(stage, 'Add a way to confirm'))
    await look('who it is')
    await page.getByLabel('The one-time code').fill('AAAA-BBBB-CC')
    await laptop.presses('Go on')
    await look('a wrong code')
    await showsWho(day, page)
    const codeOf = await anApp(page)
    await look('what can be added')
    await laptop.presses('Add a passkey')
    await look('added')
    await page.getByRole('link', { name: 'Add another' }).click()
    await earlyInAStep()
    await page.getByLabel('The six digits that it shows').fill(codeOf(-1))
    await laptop.presses('Add the app')
    await page.getByRole('link', { name: 'Add another' }).click()
    await page.getByRole('button', { name: 'Remove Authenticator app' }).waitFor()
    await look('what they have')

    const link = await linkTo(stage, 'Confirm…')
    await page.goto(link)
    await look('all ways')
    expect(await brokenIn(page, link)).toEqual([])
    await page.getByLabel('Six digits').fill('12')
    await laptop.presses('Confirm')
    await look('a wrong answer')
    await page.getByLabel('Six digits').fill(codeOf(0))
    await page.keyboard.press('Enter')
    await says(page, confirmed)
    await look('done')
    await page.goto(await linkToRenew(stage))
    await laptop.presses('I did not ask for this')
    await look('not asked for')
    await page.goto(`${new URL(link).origin}/confirm/nothing`)
    await look('too old')
    expect(broken).toEqual({})
    expect(laptop.wrong).toEqual([])
  }, 60_000)
})
