import { demoCatalog } from '../../scripts/demo-catalog.ts'
import { closeBrowser, describeInBrowser } from '../workspace/practice/browser.ts'
import { buildPage } from '../workspace/practice/build-page.ts'
import { aReason, eventually } from './acts.ts'
import { aCompanyWindow } from './a-window.ts'

/** From the click in the directory to the door. */
const withinMs = 5_000

describeInBrowser('The company directory, through the practice page', () => {
  let pageDir: string
  beforeAll(async () => {
    pageDir = await buildPage()
  }, 120_000)
  afterAll(closeBrowser)

  const aWindow = () => aCompanyWindow(pageDir, { catalog: (cast) => demoCatalog(cast) })

  test('somebody leaves: the door shuts in seconds, the card says by whose word, and they are not written to', async () => {
    const { stage, left, right, door, company, wrong } = await aWindow()
    const { riley, database } = stage
    const reason = aReason()
    await door.isOpenFor('Kim')
    await left.asks('orders-db read 10m', reason)
    await right.clicks('Approve 10 min', reason)
    await left.opensApp()
    await left.sees(/You have Read orders/)
    await door.isOpenFor('Riley')
    const dmsBefore = riley.dms.length

    await company.does('Deactivate', 'riley')
    await eventually(
      () => database.tryDoor('riley'),
      ({ isOpen }) => !isOpen,
      withinMs,
    )

    await right.sees(/Ended .*\(Riley left \(okta, \d\d:\d\d UTC\)\)\. Checked: gone/)
    await door.isNotHeldBy('Riley')
    await door.says('not authorized', { to: 'Riley' })
    await company.person('riley').getByText('deactivated').waitFor()
    expect(await company.sent(1)).toEqual([expect.stringMatching(/^PATCH \/Users\/\S+… active: false200$/)])
    expect(riley.dms.length).toBe(dmsBefore)
    expect(await database.holders('read')).toEqual(['kim'])

    await company.does('Reactivate', 'riley')
    await company.person('riley').getByText('active', { exact: true }).waitFor()
    const again = aReason()
    await left.asks('orders-db read 10m', again)
    await right.clicks('Approve 10 min', again)
    await door.isOpenFor('Riley')
    expect(wrong()).toEqual([])
  }, 120_000)

  test('somebody moves: what the old group may ask for ends, and what the new one has by rule is theirs', async () => {
    const { stage, left, right, door, company, wrong } = await aWindow()
    const reason = aReason()
    await left.asks('orders-db read 10m', reason)
    await right.clicks('Approve 10 min', reason)
    await right.sees(/Active until .* Approved by Ada/)

    await company.does('Move to engineering', 'riley')

    await company.person('riley').getByText('engineering').waitFor()
    expect(await company.sent(2)).toEqual([
      expect.stringMatching(/^PATCH \/Groups\/\S+… add members Riley204$/),
      expect.stringMatching(/^PATCH \/Groups\/\S+… remove members\[value eq "\S+…"\]204$/),
    ])
    await right.sees(/Ended .*Still held through another grant/)
    const byRule = await stage.app.world.grants.standing()
    expect(byRule.map(({ principal }) => principal).sort()).toEqual(['kim', 'riley'])
    await door.says('3 orders', { to: 'Riley' })
    await company.does('Move to dba', 'riley')
    await door.isNotHeldBy('Riley')
    await door.isOpenFor('Kim')
    expect(wrong()).toEqual([])
  }, 120_000)

  test('somebody is renamed: what they hold stays, in Slack they stay who they are, and who leaves is still them', async () => {
    const { stage, left, right, door, company, wrong } = await aWindow()
    const reason = aReason()
    await left.asks('orders-db read 10m', reason)
    await right.clicks('Approve 10 min', reason)
    await right.sees(/Active until .* Approved by Ada/)

    await company.renames('riley', { name: 'Riley Fox', email: 'fox@contractor.example' })

    expect(await company.sent(1)).toEqual([
      expect.stringMatching(/^PUT \/Users\/\S+… fox@contractor\.example200$/),
    ])
    await left.all.getByRole('button', { name: 'You are Riley. Be somebody else' }).waitFor()
    await right.opensApp()
    await door.says('3 orders', { to: 'Riley' })
    expect(stage.ada.dms.filter(({ plain }) => /fox@contractor/.test(plain))).toEqual([])
    await company.does('Deactivate', 'riley')
    await right.opensChannel('orders')
    await right.sees(/Ended .* left \(okta, \d\d:\d\d UTC\).*Checked: gone/)
    await door.isNotHeldBy('Riley')
    expect(wrong()).toEqual([])
  }, 120_000)
})
