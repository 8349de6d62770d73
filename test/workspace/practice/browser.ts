import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const usual = '/usr/bin/chromium'
const howToGet = 'install Chromium (Debian: apt-get install chromium) or set CHROMIUM_PATH to its program'

/** The Chromium to use: CHROMIUM_PATH, Debian's, or the one on PATH. */
export function chromiumPath(): string | undefined {
  const { CHROMIUM_PATH: given } = process.env
  if (given !== undefined && given !== '') return given
  if (existsSync(usual)) return usual
  try {
    return execFileSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).trim() || undefined
  } catch {
    return undefined
  }
}

/** A headless Chromium that talks to nobody by itself. Fails with what to install. */
export async function aBrowser(): Promise<Browser> {
  const executablePath = chromiumPath()
  if (executablePath === undefined) throw new Error(`There is no Chromium: ${howToGet}.`)
  return chromium.launch({
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

let shared: Promise<Browser> | undefined

/** The page at `url`, drawn, in a browser that is shared until `closeBrowser()`. */
export async function aPage(url: string, options: BrowserContextOptions = {}): Promise<Page> {
  shared ??= aBrowser()
  const browser = await shared
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    timezoneId: 'Europe/London',
    ...options,
  })
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  const broken = new Promise<never>((_, reject) => page.once('pageerror', reject))
  // A browser that was just started for the first time on a busy machine may take this long to draw at all.
  await page.goto(url, { timeout: 60_000 })
  await Promise.race([page.locator('.pane').first().waitFor({ timeout: 60_000 }), broken])
  broken.catch(() => undefined)
  return page
}

export async function closeBrowser(): Promise<void> {
  const browser = await shared
  shared = undefined
  await browser?.close()
}

/** `describe` where there is a Chromium. Elsewhere it is skipped and says so, but in CI it fails: nothing is left out
 *  unnoticed. */
export function describeInBrowser(name: string, body: () => void): void {
  if (chromiumPath() !== undefined || (process.env.CI ?? '') !== '') {
    describe(name, body)
    return
  }
  process.stderr.write(`\nSKIPPED: the browser tests of "${name}". To run them, ${howToGet}.\n\n`)
  describe.skip(name, body)
}
