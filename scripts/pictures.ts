import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Locator, Page } from 'playwright-core'
import { PageDoor, PageSide } from '../test/journeys/page-side.ts'
import { aPage, chromiumPath, closeBrowser } from '../test/workspace/practice/browser.ts'
import { buildPage } from '../test/workspace/practice/build-page.ts'
import { servePractice } from '../test/workspace/practice/serve-practice.ts'
import { confirmingPictures } from './confirming-pictures.ts'
import { demoDoors } from './demo-doors.ts'
import { startDemo, type DemoParts } from './demo-parts.ts'

/** The README's pictures, taken while the story is played on the demo's real parts: `npx tsx scripts/pictures.ts`. */

const into = fileURLToPath(new URL('../docs/pictures', import.meta.url))
const reason = 'INC-123: orders stuck in paid since this morning'
const mostBytes = 2 * 1024 * 1024

function needs(): void {
  const missing: string[] = []
  if (chromiumPath() === undefined) missing.push('Chromium (Debian: apt-get install chromium)')
  try {
    execFileSync('img2webp', ['-version'], { stdio: 'ignore' })
  } catch {
    missing.push('img2webp (Debian: apt-get install webp)')
  }
  if (missing.length > 0) throw new Error(`The pictures need what is not here: ${missing.join('; ')}.`)
}

/** As the page is at this moment, one dot of the picture for each of the page. */
const still = { animations: 'disabled', caret: 'hide', scale: 'css' } as const

/** One thing alone and twice as sharp, on plain ground. */
async function closeUp(
  thing: Locator,
  { path, aroundPx: [beside, above] }: { path: string; aroundPx: readonly [number, number] },
): Promise<void> {
  const box = await thing.boundingBox()
  if (box === null) throw new Error(`there is nothing to see for ${path}`)
  const clip = {
    x: box.x - beside,
    y: box.y - above,
    width: box.width + 2 * beside,
    height: box.height + 2 * above,
  }
  const style = '.veil { background: var(--canvas-2) !important }'
  await thing.page().screenshot({ path, ...still, scale: 'device', clip, style })
}

/** One frame of the walk, and how long it stands. */
interface Frame {
  readonly path: string
  readonly standsMs: number
}

class Walk {
  readonly #frames: Frame[] = []
  readonly #page: Page
  readonly #folder: string

  constructor(page: Page, folder: string) {
    this.#page = page
    this.#folder = folder
  }

  async take(standsMs: number): Promise<void> {
    const path = join(this.#folder, `${String(this.#frames.length).padStart(2, '0')}.png`)
    await this.#page.screenshot({ path, ...still })
    this.#frames.push({ path, standsMs })
  }

  async write(path: string): Promise<void> {
    const frames = this.#frames.flatMap(({ path: frame, standsMs }) => ['-d', String(standsMs), frame])
    execFileSync(
      'img2webp',
      ['-loop', '0', '-lossy', '-q', '80', '-m', '6', '-min_size', ...frames, '-o', path],
      {
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    )
    const { size } = await stat(path)
    if (size > mostBytes) throw new Error(`${path} has ${size} bytes; the most is ${mostBytes}`)
  }
}

async function play({ cast, database }: DemoParts, page: Page, walk: Walk): Promise<void> {
  const left = new PageSide(page, 'left')
  const right = new PageSide(page, 'right')
  const door = new PageDoor(page, 'orders-db')
  const picture = (name: string) => join(into, `${name}.png`)
  await right.opensChannel('orders')
  await left.opensApp()
  await left.opensChannel('access')
  await door.says('not authorized', { to: 'Riley' })
  await walk.take(1_800)

  await left.all.getByRole('textbox', { name: /^Message/ }).fill('/request-access')
  await walk.take(1_500)
  await left.writes('/request-access')
  await left.picks('Read orders · Orders database', 'What do you want to access?')
  await left.modal.getByText('Reviewed by').waitFor()
  await left.modal.getByRole('textbox', { name: 'What do you need it for?' }).fill(reason)
  await left.modal.getByText('Reviewed by').hover()
  await walk.take(2_200)
  await closeUp(left.modal, { path: picture('modal'), aroundPx: [8, 8] })
  await left.sends('Send request')
  await left.opensApp()
  await left.sees(/Asked for Read orders/)
  const card = await right.sees(/Riley asks for Read orders/)
  await right.all.locator('.toast').waitFor({ state: 'detached' })
  await left.all.locator('.toast').waitFor({ state: 'detached' })
  await card.hover()
  await walk.take(2_200)
  await page.mouse.move(720, 5)
  await page.screenshot({ path: picture('practice'), ...still })
  await closeUp(card, { path: picture('card'), aroundPx: [-2, 6] })

  await right.clicks('Approve', reason)
  await right.sees(/Active until/)
  await left.sees(/You have Read orders/)
  await door.isOpenFor('Riley')
  await walk.take(2_200)
  await door.says('3 orders', { to: 'Riley' })
  await walk.take(2_600)
  await left.sees(/Read orders on Orders database ends /)
  await walk.take(2_200)
  await left.message(/ended .*; checked, it is gone/).waitFor({ timeout: 90_000 })
  await right.sees(/Ended .* \(time was up\)\. Checked: gone/)
  await door.isNotHeldBy('Riley')
  await door.says('not authorized', { to: 'Riley' })
  await walk.take(4_000)
  const { isOpen } = await database.tryDoor(cast.riley.name.toLowerCase())
  if (isOpen) throw new Error('the door should be shut now')
}

const endings: (() => Promise<unknown>)[] = []
try {
  needs()
  await mkdir(into, { recursive: true })
  const folder = await mkdtemp(join(tmpdir(), 'curfew-pictures-'))
  if (process.env['KEEP_FRAMES'] !== undefined) console.log(`The frames are kept in ${folder}.`)
  else endings.unshift(() => rm(folder, { recursive: true, force: true }))
  const parts = await startDemo((words) => console.log(words), { hasLongSession: true })
  endings.unshift(() => parts.stop())
  const { workspace, catalogPath, cast, company } = parts
  cast.kim.says('Orders are stuck in _paid_ since this morning. Riley is on it.', { in: cast.orders })
  const pageDir = await buildPage()
  const practice = await servePractice({
    workspace,
    catalogPath,
    pageDir,
    company,
    doors: demoDoors({ ...parts, laptop: null }),
  })
  endings.unshift(() => practice.close())
  const page = await aPage(practice.url, { reducedMotion: 'reduce', deviceScaleFactor: 2, bypassCSP: true })
  endings.unshift(() => closeBrowser())
  page.setDefaultTimeout(60_000)
  console.log('Playing the story; it takes about a minute and a half…')
  const walk = new Walk(page, folder)
  await play(parts, page, walk)
  await walk.write(join(into, 'walk.webp'))
  await confirmingPictures(parts, page.context().browser(), into)
  console.log(`The pictures are in ${into}.`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  for (const end of endings) await end().catch((error: unknown) => console.error(error))
}
process.exit()
