import { demoCatalog } from '../../scripts/demo-catalog.ts'
import { freePort } from '../support/free-port.ts'
import { aKey } from '../support/ring.ts'
import { closeBrowser, describeInBrowser } from '../workspace/practice/browser.ts'
import { buildPage } from '../workspace/practice/build-page.ts'
import { eventually, onlyGrantOf } from './acts.ts'
import { aCompanyWindow } from './a-window.ts'

const times = { session: '{ length: 1m, renew: 50s, max: 2m }', warn: '40s' }

describeInBrowser('A phone to confirm with, through the practice page', () => {
  let pageDir: string
  beforeAll(async () => {
    pageDir = await buildPage()
  }, 120_000)
  afterAll(closeBrowser)

  const aWindow = async () => {
    const port = await freePort()
    return aCompanyWindow(pageDir, {
      port,
      catalog: (cast) => demoCatalog(cast, times),
      confirming: { keys: [aKey('k1')], publicUrl: `http://localhost:${port}` },
    })
  }

  test('somebody adds a passkey and an app by a code from Kim, and confirms with either', async () => {
    const { stage, page, left, right, reports, phone, wrong } = await aWindow()
    const begins = async () => {
      await left.writes('/request-access reports-db shift')
      await left.modal.getByText('Confirm that it is you to begin').waitFor()
      await left.modal.getByRole('button', { name: 'Confirm…', exact: true }).click()
    }
    await begins()
    await phone.presses('Open “Add a way to confirm”')
    await phone.shows('Add a way to confirm')
    await phone.presses('Ask Kim for a one-time code, in person')
    await phone.all.getByText('curfew enrol riley@contractor.example').waitFor()
    await phone.presses('Type it')
    await phone.presses('Go on')
    await phone.presses('Add a passkey')
    await phone.shows(/You can confirm with your passkey now/)
    await phone.presses('Add another')
    await phone.presses('Add it to the authenticator app')
    const added = await eventually(
      () => phone.digits(),
      (digits) => /^\d{6}$/.test(digits),
    )
    await phone.all.locator('.keeps').getByRole('button', { name: 'Type it' }).click()
    await phone.presses('Add the app')
    await phone.shows(/You can confirm with your authenticator app now/)
    await left.modal.getByRole('button', { name: 'Close' }).first().click()

    await begins()
    await phone.presses('Open “Confirm…”')
    await phone.shows(/Riley opens Reports, while at work on Sales reports for 1 min/)
    await phone.presses('Confirm with a passkey')
    await phone.shows(/You have Reports, while at work/)
    await reports.isOpenFor('Riley')
    await reports.says('2 reports', { to: 'Riley' })
    await left.modal.getByRole('button', { name: 'Close' }).first().click()

    await left.opensApp()
    await left.clicks('Confirm again', /Reports, while at work on Sales reports ends/)
    const opened = page.context().waitForEvent('page')
    await left.modal.getByRole('button', { name: 'Open the page to confirm' }).click()
    const tab = await opened
    // Digits are good for once, and some were used to add the app.
    const digits = await eventually(
      () => phone.digits(),
      (now) => now !== added,
      40_000,
    )
    await tab.getByLabel('Six digits of your authenticator app').fill(digits)
    await tab.getByRole('button', { name: 'Confirm', exact: true }).click()
    await tab.getByText(/You have Reports, while at work/).waitFor()
    await tab.close()
    const { confirmations } = await onlyGrantOf(stage, stage.riley)
    expect(confirmations.map(({ method }) => method)).toEqual(['passkey', 'totp'])

    await right.opensApp()
    await phone.all.getByText("Ada's phone").waitFor()
    await phone.all.getByText('none yet').first().waitFor()
    expect(wrong()).toEqual([])
  }, 180_000)
})
