import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { linkBehind } from '../test/journeys/link-behind.ts'
import { aPasskeyDevice } from '../test/support/passkey-device.ts'
import type { Person } from '../test/workspace/people/person.ts'
import type { DemoParts } from './demo-parts.ts'
import { makeEnrolmentCode } from './enrolment-code.ts'

/** As a phone is held, and as high as the page is. */
const phone = { width: 360, height: 400 }

/** The pages on which Riley adds a passkey and confirms, as a phone shows them: by day, and the latter by night too. */
export async function confirmingPictures(
  { cast, environment }: DemoParts,
  browser: Browser | null,
  into: string,
): Promise<void> {
  const { riley } = cast
  const context = await browser?.newContext({ viewport: phone, deviceScaleFactor: 2, colorScheme: 'light' })
  if (context === undefined) throw new Error('there is no browser')
  const page = await context.newPage()
  await aPasskeyDevice(page)
  const picture = (name: string) =>
    page.screenshot({
      path: join(into, `${name}.png`),
      fullPage: true,
      animations: 'disabled',
      caret: 'hide',
    })

  await page.goto(await linkTo(riley, 'Add a way to confirm'))
  const { code } = await makeEnrolmentCode(riley, environment)
  await page.getByLabel('The one-time code').fill(code)
  await page.keyboard.press('Enter')
  await page.getByLabel('What you call it').fill('Riley’s phone')
  await atRest(page)
  await picture('enrol')
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.getByText('You can confirm with your passkey now').waitFor()

  await page.goto(await linkTo(riley, 'Confirm…'))
  await page.getByRole('button', { name: 'Confirm with a passkey' }).waitFor()
  await picture('confirm')
  await page.emulateMedia({ colorScheme: 'dark' })
  await picture('confirm-dark')
  await context.close()
}

/** Without the ring around what is typed into. */
const atRest = (page: Page) => page.getByRole('heading', { level: 1 }).click()

async function linkTo(riley: Person, button: string): Promise<string> {
  await riley.runs('/request-access orders-db day')
  await riley.modal('Confirm that it is you to begin')
  await riley.submits()
  const link = await linkBehind(riley, button)
  await riley.closesModal()
  return link
}
