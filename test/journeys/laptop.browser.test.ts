import { demoCatalog } from '../../scripts/demo-catalog.ts'
import { closeBrowser, describeInBrowser } from '../workspace/practice/browser.ts'
import { buildPage } from '../workspace/practice/build-page.ts'
import { eventually, grantsOf } from './acts.ts'
import { aLaptopWindow } from './a-window.ts'

describeInBrowser("Riley's laptop, through the practice page", () => {
  let pageDir: string
  beforeAll(async () => {
    pageDir = await buildPage()
  }, 120_000)
  afterAll(closeBrowser)

  const aWindow = () => aLaptopWindow(pageDir, { catalog: (cast) => demoCatalog(cast, { hasLaptops: true }) })

  test('plugged in, approved and up to date it opens the door; a firewall that is off, and silence, shut it', async () => {
    const { stage, page, left, right, customers, laptop, wrong } = await aWindow()
    const asks = () => left.writes('/request-access customers-db read 10m INC-9: a customer waits')
    await left.opensApp()
    await laptop.all.getByText('unplugged', { exact: true }).waitFor()
    await laptop.presses(/^Riley's laptop/)
    await laptop.reported('Unplugged, it reports nothing.')
    await laptop.presses('Plug the network in')
    await laptop.reported('macOS 15.1, encrypted, firewall on')
    await right.clicks('Approve', /New device riley-laptop of .*riley@contractor\.example/)
    await right.sees(/Ada .*approved riley-laptop/)

    await asks()
    await left.modal.getByText(/For fit devices only.*system version 15\.1/).waitFor()
    await left.modal.getByText(/Install the updates of the system/).waitFor()
    await left.modal.getByRole('button', { name: 'Close' }).first().click()
    await laptop.all.getByRole('button', { name: 'Install updates' }).focus()
    await page.keyboard.press('Enter')
    await laptop.reported('macOS 15.2')
    await laptop.all.getByRole('button', { name: 'Up to date' }).and(page.locator(':focus')).waitFor()
    await asks()
    await left.modal.getByText(/No review needed/).waitFor()
    expect(await left.modal.getByText(/For fit devices only/).count()).toBe(0)
    await left.sends('Send request')
    await left.sees(/You have Read customers on Customer records/)
    await customers.isOpenFor('Riley')
    await customers.says('4 customers', { to: 'Riley' })

    await laptop.firewall.focus()
    await page.keyboard.press('Space')
    await laptop.reported('firewall off')
    await laptop.firewall.and(page.locator(':focus')).waitFor()
    await left.sees(/Read customers .*ends .*unless this is mended: .*firewall off.*Turn on the firewall/)
    await left.sees(/Read customers .*ended .*firewall off.*checked, it is gone/)
    await customers.isHeldByNobody()
    await customers.says('not authorized', { to: 'Riley' })

    await laptop.firewall.click()
    await laptop.reported('firewall on')
    await asks()
    await left.sends('Send request')
    await customers.isOpenFor('Riley')
    await laptop.presses('Unplug the network')
    const unpluggedAt = performance.now()
    // Silent for 20 s, and 8 s of grace.
    const silent = /Read customers .*ended .*riley-laptop was last heard of .*checked, it is gone/
    await left.sees(silent, { withinMs: 35_000 })
    await customers.isHeldByNobody()
    expect(performance.now() - unpluggedAt).toBeLessThan(35_000)
    const grants = await eventually(
      () => grantsOf(stage, stage.riley),
      (all) => all.every(({ status }) => status === 'ended'),
    )
    expect(grants).toHaveLength(2)

    await right.opensApp()
    await laptop.all.waitFor({ state: 'detached' })
    expect(wrong()).toEqual([])
  }, 180_000)
})
