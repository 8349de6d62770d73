import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { aPasskeyDevice } from '../support/passkey-device.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'

/** Somebody's own browser, with a passkey's device in it. */
export interface Laptop {
  readonly page: Page
  /** All that the browser complained of, and each request that left for a host which is not ours. */
  readonly wrong: string[]
  /** Whether whoever sits there is whom the device knows. */
  knowsItsOwner(is: boolean): Promise<void>
  /** Whether whoever sits there touches the device that asks them to. */
  isTouched(is: boolean): Promise<void>
  /** Presses this button and waits for the page that comes of it. */
  presses(button: string): Promise<void>
}

export async function aLaptop(
  browser: Browser,
  options: BrowserContextOptions & { mayGoTo?: string } = {},
): Promise<Laptop> {
  const { mayGoTo, ...others } = options
  const context = await browser.newContext(others)
  afterThis(() => context.close())
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  const wrong: string[] = []
  page.on('pageerror', ({ message }) => wrong.push(message))
  page.on('console', (message) => {
    const { url } = message.location()
    // What is answered by 409, 410 or 422 is a page of ours that says why; others' pages are not ours to mend.
    const isSaid = /status of (409|410|422)/.test(message.text())
    const isOthers = mayGoTo !== undefined && url.startsWith(mayGoTo)
    if (message.type() === 'error' && !isSaid && !isOthers) wrong.push(`${message.text()} ${url}`)
  })
  page.on('request', (request) => {
    const { hostname, origin } = new URL(request.url())
    if (hostname !== 'localhost' && origin !== mayGoTo) wrong.push(`asked ${request.url()}`)
  })
  const { devtools, authenticatorId } = await aPasskeyDevice(page)
  return {
    page,
    wrong,
    knowsItsOwner: async (is) => {
      await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: is })
    },
    isTouched: async (enabled) => {
      await devtools.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled })
    },
    presses: async (button) => {
      const left = page.waitForEvent('load')
      await page.getByRole('button', { name: button, exact: true }).click()
      await left
    },
  }
}
