import type { Page } from 'playwright-core'
import { z } from 'zod'

const mostBytes = 30_000
const sizes = [
  { what: 'a phone', width: 360, height: 740, rootPx: 16 },
  { what: 'zoomed to 400 %', width: 320, height: 256, rootPx: 16 },
  { what: 'zoomed to 200 %', width: 640, height: 400, rootPx: 16 },
  { what: 'a phone with large text', width: 360, height: 740, rootPx: 32 },
]

const list = z.array(z.string())

/** What is wrong with how the page that is open looks, and is reached and read by those who cannot look. */
export async function looksOf(page: Page): Promise<readonly string[]> {
  const found = [...list.parse(await page.evaluate(readable)), ...(await byKeys(page))]
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    for (const fault of list.parse(await page.evaluate(contrast))) found.push(`${colorScheme}: ${fault}`)
  }
  for (const { what, width, height, rootPx } of sizes) {
    await page.setViewportSize({ width, height })
    for (const fault of list.parse(await page.evaluate(fits(rootPx)))) found.push(`${what}: ${fault}`)
  }
  await page.setViewportSize({ width: 1280, height: 720 })
  return found
}

/** Its address opened anew: what becomes of a script and a picture that somebody put into it. */
export async function brokenIn(page: Page, address: string): Promise<readonly string[]> {
  const found: string[] = []
  const complaints: string[] = []
  const other = await page.context().newPage()
  other.on('console', (message) => complaints.push(message.text()))
  await other.route('**/*', async (route) => {
    const response = await route.fetch()
    const body = await response.text()
    await route.fulfill({ response, body: body.replace('</h1>', `</h1>${injected}`) })
  })
  await other.goto(address)
  if ((await other.evaluate('window.injected')) !== undefined) found.push('what was put into it ran')
  const refused = complaints.filter((text) => text.includes('Content Security Policy'))
  if (refused.length < 3) found.push(`the browser refused ${refused.length} of what was put into it`)
  await other.close()
  return found
}

const injected = `<script>window.injected = 1</script><img src="/none.png" onerror="window.injected = 2">
<style>body { display: none }</style>`

/** Tab reaches all that can be pressed or typed into, in its order, and shows where it is. */
async function byKeys(page: Page): Promise<string[]> {
  const found: string[] = []
  const names = list.parse(await page.evaluate(pressable))
  await page.evaluate('document.activeElement?.blur()')
  for (const name of names) {
    await page.keyboard.press('Tab')
    const [reached = '', outline = ''] = list.parse(await page.evaluate(focused))
    if (reached !== name) found.push(`Tab reaches ${reached} instead of ${name}`)
    if (!(parseFloat(outline) >= 2)) found.push(`no focus is seen on ${name}`)
  }
  return found
}

const nameOf = `const nameOf = (one) => one.getAttribute('aria-label') ?? one.labels?.[0]?.textContent.trim() ?? one.textContent.trim()
  const named = (one) => nameOf(one) || one.textContent.trim()`

const pressable = `{ ${nameOf}
  ;[...document.querySelectorAll('a, button:enabled, input:not([type=hidden]), textarea')].map(named) }`

const focused = `{ ${nameOf}
  const one = document.activeElement
  const { outlineStyle, outlineWidth } = getComputedStyle(one)
  ;[named(one), outlineStyle === 'none' ? '' : outlineWidth] }`

const readable = `{
  const found = []
  const [{ encodedBodySize }] = performance.getEntriesByType('navigation')
  if (!(encodedBodySize > 0 && encodedBodySize <= ${mostBytes})) found.push(encodedBodySize + ' bytes')
  const count = (what) => document.querySelectorAll(what).length
  if (count('h1') !== 1) found.push(count('h1') + ' h1')
  if (count('main') !== 1) found.push(count('main') + ' main')
  if (document.documentElement.lang !== 'en') found.push('no language')
  if (document.title === '') found.push('no title')
  for (const input of document.querySelectorAll('input:not([type=hidden]), textarea'))
    if (input.labels.length !== 1) found.push('no label: ' + input.name)
  for (const button of document.querySelectorAll('button')) if (!button.textContent.trim()) found.push('a button says nothing')
  for (const drawn of document.querySelectorAll('svg, img'))
    if (drawn.closest('[role=img][aria-label], [aria-hidden=true]') === null) found.push('a picture says nothing')
  for (const wrong of document.querySelectorAll('.wrong')) if (wrong.getAttribute('role') !== 'alert') found.push('an error is not told')
  for (const one of document.querySelectorAll('[id]'))
    if (count('#' + CSS.escape(one.id)) > 1) found.push('twice: ' + one.id)
  found
}`

/** Of each text with what lies behind it, by WCAG's own sum. */
const contrast = `{
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  const probe = document.body.appendChild(document.createElement('i'))
  probe.style.backgroundColor = 'Canvas'
  const ground = getComputedStyle(probe).backgroundColor
  probe.remove()
  const over = (...colors) => {
    for (const color of colors) { canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1) }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)
  }
  const light = (rgb) => {
    const [r, g, b] = rgb.map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const ratio = (one, other) => {
    const [less, more] = [light(one), light(other)].sort((a, b) => a - b)
    return (more + 0.05) / (less + 0.05)
  }
  const behind = (one) => {
    const grounds = []
    for (let at = one; at !== null; at = at.parentElement) grounds.unshift(getComputedStyle(at).backgroundColor)
    return [ground, ...grounds]
  }
  const found = []
  const words = (one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '')
  for (const one of document.querySelectorAll('body *')) {
    if (!one.checkVisibility() || one.closest('svg, script, style, :disabled') !== null) continue
    const isField = one.matches('input, textarea')
    const { color, borderTopColor } = getComputedStyle(one)
    const grounds = behind(one)
    const text = ratio(over(...grounds, color), over(...grounds))
    if ((words(one) || isField) && text < 4.5) found.push(text.toFixed(2) + ' ' + one.outerHTML.slice(0, 80))
    const edge = ratio(over(...grounds, borderTopColor), over(...behind(one.parentElement)))
    if (isField && edge < 3) found.push('edge ' + edge.toFixed(2) + ' ' + one.name)
  }
  found
}`

/** Nothing is to be scrolled sideways, cut off, too small to read, or too small to hit with a thumb. */
const fits = (rootPx: number): string => `{
  const root = document.documentElement
  root.style.fontSize = '${rootPx}px'
  const found = []
  if (root.scrollWidth > root.clientWidth) found.push('scrolls sideways, ' + root.scrollWidth)
  for (const one of document.querySelectorAll('body *')) {
    if (!one.checkVisibility() || one.closest('svg') !== null) continue
    const { left, right, height } = one.getBoundingClientRect()
    if (left < 0 || right > root.clientWidth) found.push('sticks out: ' + one.outerHTML.slice(0, 80))
    if (one.matches('button, input') && height < 40) found.push('flat: ' + one.outerHTML.slice(0, 80))
    if (parseFloat(getComputedStyle(one).fontSize) < 14) found.push('tiny: ' + one.outerHTML.slice(0, 80))
  }
  root.style.fontSize = ''
  found
}`
