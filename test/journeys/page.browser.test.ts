import type { Cast } from '../support/cast.ts'
import { ordersCatalog } from '../support/catalogs.ts'
import type { aStage } from '../support/curfew.ts'
import { type Stage } from '../support/curfew.ts'
import { closeBrowser, describeInBrowser } from '../workspace/practice/browser.ts'
import { buildPage } from '../workspace/practice/build-page.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { aCard, aReason, eventually, onlyGrantOf, patient } from './acts.ts'
import { aWindow as openWindow } from './a-window.ts'
import { cuttable } from './page-connection.ts'
import { PageDoor } from './page-side.ts'
import { thisMinute } from './weekly.ts'

/** Long enough for a busy machine to look at each moment of it, short enough to see it end. */
const glance = `      glance:
        name: Glance at orders
        target: { database: orders, role: read }
        who: '"@contractors" in groups'
        duration: { default: 20s, max: 1m, choices: [10s, 20s] }
        warn: 12s
        how: "mongosh with your own login, database orders"
`

/** With these, a contractor may ask for 120 things. */
const tables = Array.from(
  { length: 117 },
  (_, at) => `      table-${at + 1}:
        name: Table number ${at + 1}
        target: { database: orders, role: read }
        who: '"@contractors" in groups'
`,
).join('')

const withMore = (more: string) => (cast: Cast) => ordersCatalog(cast, { more })

describeInBrowser('Curfew, through the practice page', () => {
  let pageDir: string
  beforeAll(async () => {
    pageDir = await buildPage()
  }, 120_000)
  afterAll(closeBrowser)

  const aWindow = (options: Parameters<typeof aStage>[0] = {}) => openWindow(pageDir, options)

  const doorOf = ({ database }: Stage, login = 'riley') => database.tryDoor(login)
  const open = { isOpen: true, says: '3 orders' }
  const shut = { isOpen: false, says: 'not authorized' }

  test('the whole story: asked, approved, the door opens, warned, and it is shut again on time', async () => {
    const { stage, left, right, door, wrong } = await aWindow({ catalog: withMore(glance) })
    const reason = aReason()
    await door.says('not authorized', { to: 'Riley' })

    await left.writes('/request-access')
    await left.picks('Glance at orders · Orders database', 'What do you want to access?')
    await left.picks('20 s', 'For how long?')
    await left.modal.getByRole('textbox', { name: 'What do you need it for?' }).fill(reason)
    await left.sends('Send request')
    await left.opensApp()
    await left.sees(/Asked for Glance at orders .* were told/)
    await right.sees(reason)
    await door.isHeldByNobody()
    await right.clicks('Approve 20 s', reason)
    await left.sees(/You have Glance at orders on Orders database until .*mongosh/s)
    await door.isOpenFor('Riley')
    await door.says('3 orders', { to: 'Riley' })
    await right.sees(/Active until .* Approved by Ada/)
    await left.sees(/Glance at orders on Orders database ends /)
    await left.sees(/ended .*; checked, it is gone/)
    await right.sees(/Ended .* \(time was up\)\. Checked: gone/)
    await door.isHeldByNobody()
    await door.says('not authorized', { to: 'Riley' })

    expect(await doorOf(stage)).toEqual(shut)
    expect(
      await right
        .message(reason)
        .getByRole('button', { name: /Approve|End/ })
        .count(),
    ).toBe(0)
    expect(wrong()).toEqual([])
  }, 120_000)

  test('a no reaches whoever asked with its reason, and the door stays shut', async () => {
    const { stage, left, right, door, wrong } = await aWindow()
    const reason = aReason()
    await left.asks('orders-db read 1h', reason)
    await left.opensApp()

    await right.clicks('Deny…', reason)
    await right.modal.getByRole('textbox', { name: 'Why?' }).fill('Kim looks after that one')
    await right.sends('Deny')

    await left.sees(
      /@Ada \(ada@acme\.example\) said no to Read orders on Orders database: Kim looks after that one/,
    )
    await right.sees(/Denied by Ada .*: Kim looks after that one/)
    await door.says('not authorized', { to: 'Riley' })
    expect(await doorOf(stage)).toEqual(shut)
    expect(wrong()).toEqual([])
  }, 90_000)

  test('approved for less time than asked, it ends after the shorter one', async () => {
    const { stage, left, right, door, wrong } = await aWindow()
    const card = await aCard(stage, 'orders-db read 1h')
    await left.opensApp()

    await right.clicks('Change…', 'Riley asks for')
    await right.modal.getByRole('textbox', { name: 'For how long?' }).fill('12s')
    await right.sends('Approve')

    await left.sees(/You have Read orders .* until/)
    await door.isOpenFor('Riley')
    await left.sees(/Read orders .* ended .*; checked, it is gone/)
    await right.sees(/Ended .* \(time was up\)\. Checked: gone/)
    await door.isHeldByNobody()
    await door.says('not authorized', { to: 'Riley' })
    expect(stage.workspace.now(card)?.plain).toMatch(/Checked: gone/)
    expect(wrong()).toEqual([])
  }, 90_000)

  test("I'm done shuts the door at once, and what was had can be asked for again", async () => {
    const { stage, left, right, door, wrong } = await aWindow()
    await aCard(stage, 'orders-db read 1h')
    await left.opensApp()
    await right.clicks('Approve 1 h', 'Riley asks for')
    await left.sees(/You have Read orders/)
    await door.says('3 orders', { to: 'Riley' })

    await left.clicks("I'm done", 'You have Read orders')
    await left.confirms("I'm done")

    await left.sees(/Read orders .* ended .*; checked, it is gone/)
    await right.sees(/\(returned\)\. Checked: gone/)
    await door.says('not authorized', { to: 'Riley' })
    expect(await doorOf(stage)).toEqual(shut)

    const reason = aReason()
    await left.clicks('Ask again', 'checked, it is gone')
    await left.modal.getByText('Reviewed by').waitFor()
    await left.modal.getByRole('textbox', { name: 'What do you need it for?' }).fill(reason)
    await left.sends('Send request')
    await right.clicks('Approve 1 h', reason)
    await door.isOpenFor('Riley')
    await door.says('3 orders', { to: 'Riley' })
    expect(await doorOf(stage)).toEqual(open)
    expect(wrong()).toEqual([])
  }, 90_000)

  test('more time, a click in the warning: the door stays open past the first end', async () => {
    const more = glance.replace(
      'warn: 12s',
      'warn: 15s\n        extend: { by: 10s, after: 0%, review: false }',
    )
    const { stage, left, right, door, wrong } = await aWindow({ catalog: withMore(more) })
    const card = await aCard(stage, 'orders-db glance 20s')
    await left.opensApp()
    await right.clicks('Approve 20 s', 'Riley asks for')
    await left.sees(/You have Glance at orders/)

    await left.clicks('Extend 10 s', 'Glance at orders on Orders database ends')

    await left.sees(/was extended; it ends/)
    await left.sees(/You have Glance at orders .* until/)
    const { riley } = stage
    const grant = await onlyGrantOf(stage, riley)
    expect('endsAt' in grant && grant.endsAt.getTime() - grant.approvedAt.getTime()).toBe(30_000)
    await left.sees(/ended .*; checked, it is gone/)
    expect(stage.workspace.now(card)?.plain).toMatch(/Checked: gone/)
    await door.isHeldByNobody()
    expect(wrong()).toEqual([])
  }, 120_000)

  test('a window each week: asked for in the form, open now, shut by itself, and the next one named', async () => {
    // Of one instant: making the stage may reach into the next minute.
    const [minute, seconds] = [thisMinute(), Math.ceil((Date.now() % 60_000) / 1_000) + 25]
    const weekly = glance
      .replace('choices: [10s, 20s]', `choices: [${seconds}s]`)
      .replace('default: 20s, max: 1m', `default: ${seconds}s, max: 10m`)
      .replace('warn: 12s', 'windows: { until: 60d }')
    const { stage, left, right, door, wrong } = await aWindow({ catalog: withMore(weekly) })
    const reason = aReason()
    await left.writes(`/request-access orders-db glance ${reason}`)
    await left.modal.getByRole('radio', { name: 'Every week' }).click()
    await left.modal.getByRole('checkbox', { name: minute.weekday }).click()
    await left.modal.getByLabel('From what time?').fill(minute.time)
    await left.modal.getByLabel('First day').fill(minute.date)
    await left.modal.getByLabel('Last day').fill(minute.weeksLater(3))
    await left.modal.getByRole('textbox', { name: 'Time zone' }).fill('UTC')
    await left.sends('Send request')
    await left.opensApp()

    await right.sees(/Riley asks for Glance at orders on Orders database, every \w+day/)
    await right.clicks('Approve', reason)
    await left.sees(/You have Glance at orders on Orders database until/)
    await door.isOpenFor('Riley')
    await door.says('3 orders', { to: 'Riley' })
    await right.sees(/This window: Active until/)

    await left.sees(/You had Glance at orders .* Checked: gone/)
    await right.sees(/Next opens .*; 3 windows are left/)
    await door.isHeldByNobody()
    expect(await doorOf(stage)).toEqual(shut)
    expect(wrong()).toEqual([])
  }, 150_000)

  test('a second admin who comes too late is told who was first', async () => {
    const { stage, left, right, door, wrong } = await aWindow()
    await aCard(stage, 'orders-db read 1h')
    await left.is('Sam')
    await left.opensChannel('orders')
    await left.clicks('Deny…', 'Riley asks for')
    await left.modal.getByRole('textbox', { name: 'Why?' }).fill('not today, sorry')

    await right.clicks('Approve 1 h', 'Riley asks for')
    await right.sees(/Active until .* Approved by Ada/)
    await left.modal.getByRole('button', { name: 'Deny', exact: true }).click()

    await left.modal.getByText(/Already approved by Ada/).waitFor()
    await door.isOpenFor('Riley')
    expect(await doorOf(stage)).toEqual(open)
    expect(wrong()).toEqual([])
  }, 90_000)

  test('a stranger gets no form, may not approve, and finds the door shut', async () => {
    const { stage, left, right, door, wrong } = await aWindow()
    const reason = aReason()
    await left.is('Mallory')
    await left.writes('/request-access')
    await left.all.getByText('is not a valid command').waitFor()
    await right.is('Kim')
    await right.opensChannel('access')
    await right.asks('reports-db read 1h', reason)

    await left.clicks('Approve 1 h', reason)

    await left.sees(/Only visible to you.*(Curfew serves|can't answer this)/s)
    await door.says('Authentication failed', { to: 'Mallory' })
    await new PageDoor(left.page, 'reports-db').says('not authorized', { to: 'Kim' })
    expect(await stage.database.holders('read', 'reports')).toEqual([])
    await left.is('Ada')
    await left.clicks('Approve 1 h', reason)
    await new PageDoor(left.page, 'reports-db').isOpenFor('Kim')
    expect(wrong()).toEqual([])
  }, 90_000)

  test('of 120 things to ask for, 100 are shown, and typing finds each of the others', async () => {
    const { stage, left, right, door, page, wrong } = await aWindow({ catalog: withMore(tables) })
    const reason = aReason()
    await left.writes('/request-access')
    await left.modal.getByRole('combobox', { name: 'What do you want to access?' }).click()
    await page.getByText('100 of 120, keep typing').waitFor()
    expect(await page.getByRole('option').count()).toBe(100)

    await left.picks('Table number 117', 'What do you want to access?', { typing: 'number 117' })
    await left.modal.getByText('Reviewed by').waitFor()
    await left.modal.getByRole('textbox', { name: 'What do you need it for?' }).fill(reason)
    await left.sends('Send request')

    await right.sees(/Riley asks for Table number 117 on Orders database/)
    await right.clicks('Approve 1 h', reason)
    await door.isOpenFor('Riley')
    expect(await doorOf(stage)).toEqual(open)
    expect(wrong()).toEqual([])
  }, 90_000)

  test('what is wrong is said under its field, and what was entered is kept', async () => {
    const { stage, left, right, door, wrong } = await aWindow()
    const reason = aReason()
    await left.writes('/request-access orders-db read 1h')
    const why = left.modal.getByRole('textbox', { name: 'What do you need it for?' })
    await why.fill('short')
    await left.modal.getByRole('button', { name: 'Send request' }).click()
    await left.modal.locator('[data-block-id=reason] .field-error').waitFor()
    expect(await why.inputValue()).toBe('short')
    await why.fill(reason)
    await left.sends('Send request')

    await right.clicks('Change…', reason)
    const howLong = right.modal.getByRole('textbox', { name: 'For how long?' })
    await howLong.fill('a while')
    await right.modal.getByRole('button', { name: 'Approve', exact: true }).click()
    const error = right.modal.locator('[data-block-id=duration] .field-error')
    await error.getByText('Please write a duration such as 90m or 2h; the most is 8 h.').waitFor()
    expect(await howLong.inputValue()).toBe('a while')
    await door.isHeldByNobody()
    expect(await doorOf(stage)).toEqual(shut)
    await howLong.fill('30m')
    await right.sends('Approve')

    await right.sees(/Active until .* Approved by Ada/)
    await door.isOpenFor('Riley')
    await door.says('3 orders', { to: 'Riley' })
    expect(wrong()).toEqual([])
  }, 90_000)

  test('while Slack and the app are cut off a click says so, and counts once they are back', async () => {
    const { stage, left, right, door, wrong } = await aWindow()
    const { workspace } = stage
    const reason = aReason()
    await left.asks('orders-db read 1h', reason)
    await right.sees(reason)
    workspace.faults.next('apps.connections.open', { status: 503 }, Infinity)
    workspace.sockets.disconnect({ abruptly: true })
    await workspace.until(() => workspace.sockets.open === 0, patient)

    await right.clicks('Approve 1 h', reason)
    await right.message(reason).getByText("Curfew can't be reached just now.").waitFor()
    await door.isHeldByNobody()
    workspace.faults.clear()
    await workspace.until(() => workspace.sockets.open === 2, { withinMs: 60_000 })
    await right.clicks('Approve 1 h', reason)

    await right.sees(/Active until .* Approved by Ada/)
    await door.isOpenFor('Riley')
    expect(await doorOf(stage)).toEqual(open)
    expect(wrong()).toEqual([])
  }, 120_000)

  test('a page that loses its connection says so, and goes on from there when it is back', async () => {
    const { stage, page, right, door, wrong } = await aWindow()
    const connection = await cuttable(page)
    await right.opensChannel('orders')
    await aCard(stage, 'orders-db read 1h')
    await right.sees('Riley asks for')

    connection.cut()
    await page.getByRole('alert').getByText('The practice server does not answer').waitFor()
    const [card] = stage.workspace.messages(stage.orders)
    await stage.sam.clicks('Approve 1 h', card)
    await stage.riley.sees(/You have Read orders/, 'dm', patient)
    connection.mend()

    await right.sees(/Active until .* Approved by Sam/)
    await page.getByText('The practice server does not answer').waitFor({ state: 'detached' })
    await door.isOpenFor('Riley')
    await door.says('3 orders', { to: 'Riley' })
    expect(connection.wholePictures()).toBe(1)
    expect(wrong()).toEqual([])
  }, 90_000)

  test('a door that does not answer is tried again until it opens', async () => {
    const { stage, left, right, door, wrong } = await aWindow()
    const { database, riley } = stage
    await aCard(stage, 'orders-db read 1h')
    await left.opensApp()
    afterThis(async () => database.thaw())
    await database.freeze()

    await right.clicks('Approve 1 h', 'Riley asks for')
    await right.sees(/Approved by Ada .*(Giving access…|Not given yet)/)
    await eventually(
      () => onlyGrantOf(stage, riley),
      (grant) => grant.status === 'granting' && grant.tries > 0,
      45_000,
    )
    expect(await left.message('You have Read orders').count()).toBe(0)
    database.thaw()

    await left.sees(/You have Read orders/)
    await right.sees(/Active until .* Approved by Ada/)
    await door.isOpenFor('Riley')
    await door.says('3 orders', { to: 'Riley' })
    expect(await doorOf(stage)).toEqual(open)
    expect(wrong()).toEqual([])
  }, 150_000)
})
