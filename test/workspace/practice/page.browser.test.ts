import type { Locator, Page } from 'playwright-core'
import type { Block } from '../blocks/blocks.ts'
import { place } from '../blocks/controls.ts'
import type { ModalView } from '../blocks/views.ts'
import { buildPage } from './build-page.ts'
import { aPage, closeBrowser, describeInBrowser } from './browser.ts'
import { inputBlocks, shownBlocks } from './gallery.ts'
import { rehearse } from './rehearsal.ts'

type Rehearsal = Awaited<ReturnType<typeof rehearse>>

describeInBrowser('the practice page', () => {
  let rehearsal: Rehearsal
  let page: Page
  let left: Locator
  let right: Locator
  const problems: string[] = []

  beforeAll(() => buildPage(), 60_000)
  beforeEach(async () => {
    rehearsal = await rehearse()
    page = await aPage(rehearsal.url)
    page.on('pageerror', ({ message }) => problems.push(message))
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
    left = page.locator('.pane').nth(0)
    right = page.locator('.pane').nth(1)
  }, 60_000)
  afterEach(async () => {
    await page.context().close()
    await rehearsal.close()
    expect(problems.splice(0)).toEqual([])
  })
  afterAll(closeBrowser)

  const post = (blocks: readonly Block[], more: { onlyFor?: string; threadTs?: string } = {}) => {
    const { workspace, access } = rehearsal
    return workspace.state.post({
      channel: access,
      user: workspace.botUserId,
      text: 'from the app',
      blocks,
      ...more,
    })
  }
  const openModal = (blocks: ModalView['blocks']) => {
    const { workspace, ada } = rehearsal
    const title = { type: 'plain_text' as const, text: 'A modal' }
    const definition = {
      type: 'modal' as const,
      title,
      submit: { ...title, text: 'Send' },
      blocks: [...blocks],
    }
    workspace.state.setStack(ada.id, [workspace.state.views.make(ada.id, definition)])
    return right.getByRole('dialog')
  }
  const run = async (line: string) => {
    const box = left.getByRole('textbox', { name: /^Message/ })
    await box.fill(line)
    await box.press('Enter')
    return left.getByRole('dialog')
  }

  test('two people stand side by side: the contractor, and an admin', async () => {
    expect(await page.locator('.switcher strong').allTextContents()).toEqual(['Riley', 'Ada'])
    await page.setViewportSize({ width: 1024, height: 768 })
    await right.waitFor({ state: 'detached' })
  })

  test('what one asks for in a form, the other approves on a card', async () => {
    const modal = await run('/request-access ')
    await modal.getByRole('combobox', { name: 'What?' }).click()
    await page.getByRole('option', { name: 'orders-db' }).click()
    await modal.getByRole('textbox', { name: 'Why?' }).fill('INC-123')
    await modal.getByRole('button', { name: 'Send request' }).click()
    await modal.waitFor({ state: 'detached' })
    await right.getByRole('button', { name: 'Approve' }).click()
    await right.getByText('Approved by @Ada').waitFor()
    await right.getByText('Only visible to you').waitFor()
    expect(await left.getByText('Thank you.').count()).toBe(0)
  })

  test('every block of a message is shown, and nothing in it is taken for markup', async () => {
    post(shownBlocks(new Date()))
    await right.getByText('Everything there is').waitFor()
    await right.getByText('<b>no tag</b>').waitFor()
    await right.getByText(/^today at /).waitFor()
    await right.getByText('*plain* stays').waitFor()
    expect(await right.locator('a[href^="javascript"]').count()).toBe(0)
    expect(await right.locator('.unknown').count()).toBe(0)
  })

  test('every input is shown with its label, and what has focus_on_load has the focus', async () => {
    const modal = openModal(inputBlocks)
    await modal.waitFor()
    expect(await modal.locator('input:focus').getAttribute('placeholder')).toBe('INC-123')
    for (const { label } of inputBlocks)
      expect(await modal.getByLabel(label.text, { exact: true }).count()).toBe(1)
    expect(await modal.locator('.unknown').count()).toBe(0)
  })

  test('what was entered is what the app will be told', async () => {
    const modal = openModal(inputBlocks)
    await modal.getByRole('combobox', { name: 'Grouped' }).click()
    await page.getByRole('option', { name: 'ledger' }).click()
    await page.keyboard.press('Escape')
    await modal.getByRole('combobox', { name: 'Person', exact: true }).fill('Kim')
    await page.keyboard.press('Enter')
    await modal.getByText('at a set time').click()
    await modal.getByLabel('Date', { exact: true }).fill('2030-05-06')
    await modal.getByLabel('Many lines').fill('long enough for this')
    const { workspace, ada, kim } = rehearsal
    await workspace.until(() => ada.openModal?.values['Many lines'] === 'long enough for this')
    expect(ada.openModal?.values).toMatchObject({
      Grouped: 'ledger',
      Person: kim.id,
      Radio: 'at a set time',
      Date: '2030-05-06',
      Static: '1 h',
      Time: '09:30',
    })
  })

  test('an unknown block or element is shown as such, loudly', async () => {
    const strange = { type: 'hologram', block_id: 'x', text: 'boo' }
    const message = post([{ type: 'divider' }])
    const { state } = rehearsal.workspace
    const changed = { ...message, blocks: [strange as never, ...place(message.blocks, () => 'y')] }
    state.messages.put(changed)
    state.changes.tell({ what: 'message', how: 'edited', message: changed })
    await right.getByRole('alert').getByText('does not know the block “hologram”').waitFor()
  })

  test('an error sits under its field, which has the focus', async () => {
    const modal = await run('/request-access ')
    await modal.getByRole('combobox', { name: 'What?' }).click()
    await page.getByRole('option', { name: 'orders-db' }).click()
    const why = modal.getByRole('textbox', { name: 'Why?' })
    await why.fill('please')
    await modal.getByRole('button', { name: 'Send request' }).click()
    await modal.locator('[data-block-id=why] .field-error').getByText('Say what for.').waitFor()
    expect(await why.getAttribute('aria-invalid')).toBe('true')
    await modal.locator('[data-block-id=why] :focus').waitFor()
    expect(await why.inputValue()).toBe('please')
  })

  test('an external menu asks the app for what is typed', async () => {
    const modal = await run('/request-access ')
    await modal.getByRole('combobox', { name: 'What?' }).fill('bill')
    await page.getByRole('option', { name: 'billing-db' }).waitFor()
    expect(await page.getByRole('option').allTextContents()).toEqual(['billing-db'])
    await page.keyboard.press('Enter')
    expect(await modal.getByRole('combobox', { name: 'What?' }).inputValue()).toBe('billing-db')
  })

  test('an app that does not answer in time is told of, and the modal is kept', async () => {
    const modal = await run('/request-access ')
    await modal.getByRole('textbox', { name: 'Why?' }).fill('INC-123')
    await modal.getByRole('combobox', { name: 'What?' }).click()
    await page.getByRole('option', { name: 'orders-db' }).click()
    rehearsal.workspace.delivery.ackMs = 300
    rehearsal.workspace.faults.nextDelivery('interactive', 'lose')
    await modal.getByRole('button', { name: 'Send request' }).click()
    await modal.getByText("didn't respond in time").waitFor()
    expect(await modal.getByRole('textbox', { name: 'Why?' }).inputValue()).toBe('INC-123')
    await modal.getByRole('button', { name: 'Send request' }).click()
    await modal.waitFor({ state: 'detached' })
  })

  test('a button that asks does nothing until it was answered', async () => {
    post(shownBlocks(new Date()))
    const button = right.getByRole('button', { name: 'End now' })
    await button.click()
    const dialog = right.getByRole('alertdialog', { name: 'End now?' })
    await dialog.getByText('Riley loses read on orders-db at once.').waitFor()
    await dialog.getByRole('button', { name: 'Keep' }).click()
    await dialog.waitFor({ state: 'detached' })
    expect(rehearsal.workspace.delivery.last).toBeUndefined()
    await button.click()
    await dialog.getByRole('button', { name: 'End now' }).click()
    await rehearsal.workspace.until(() => rehearsal.workspace.delivery.last !== undefined)
  })

  test('replies are in the thread, and a thread takes no commands', async () => {
    const root = post([{ type: 'section', text: { type: 'mrkdwn', text: 'The card' } }])
    post([], { threadTs: root.ts })
    await right.getByRole('button', { name: /1 reply/ }).click()
    const thread = right.getByRole('region', { name: 'Thread' })
    await thread.getByText('from the app').waitFor()
    const reply = thread.getByRole('textbox', { name: 'Reply in thread' })
    await reply.fill('/request-access')
    await reply.press('Enter')
    await thread.getByText('Commands do nothing in threads').waitFor()
    await reply.fill('seen & <done>')
    await reply.press('Enter')
    await thread.getByText('seen & <done>').waitFor()
  })

  test('what is for one alone is seen by one alone, and what comes elsewhere is announced', async () => {
    post([], { onlyFor: rehearsal.ada.id })
    await right.getByText('Only visible to you').waitFor()
    const { workspace, riley } = rehearsal
    const dm = workspace.state.dmOf(riley.id)
    workspace.state.post({ channel: dm, user: workspace.botUserId, text: 'You have *read*' })
    await left.getByRole('status').getByText('You have read').click()
    await left.getByRole('tab', { name: 'Messages', selected: true }).waitFor()
    await workspace.until(() => riley.unread('dm').length === 0)
  })

  test('the door tells of itself: who holds it, and what it says to whoever tries', async () => {
    const { doors, riley } = rehearsal
    const card = page.locator('[data-door=orders-db]')
    await card.getByText('Shut for Riley').waitFor()
    doors[0]?.isHeldBy.add(riley.id)
    await card.getByText('Open for Riley').waitFor()
    await card.getByRole('button', { name: 'Try the door as Riley' }).click()
    await card.getByText('3 orders').waitFor()
    await page.getByRole('group', { name: 'Who stands' }).getByRole('button', { name: 'Ada' }).click()
    await card.getByRole('button', { name: 'Try the door as Ada' }).click()
    await card.getByText('not authorized').waitFor()
  })

  const employee = (id: string) => page.locator(`[data-employee=${id}]`)
  const directory = () => page.getByRole('complementary', { name: 'Company directory' })

  test('who works here is deactivated by the keyboard alone, and the request is shown with its answer', async () => {
    await employee('riley').getByText('riley@example.com').waitFor()
    await employee('riley').getByRole('button', { name: 'Riley in the directory' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('menuitem', { name: 'Move to dba' }).and(page.locator(':focus')).waitFor()
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Enter')
    await employee('riley').getByText('deactivated').waitFor()
    const newest = directory().locator('.exchanges li').first()
    expect(await newest.locator('summary').textContent()).toMatch(
      /^PATCH \/Users\/made-up-1 active: false200$/,
    )
    await newest.locator('summary').press('Enter')
    await newest.getByText('"active": false').waitFor()
    await page.getByText('Riley has left, and nothing opens for them').waitFor()
    await employee('riley').getByRole('button').click()
    await page.getByRole('menuitem', { name: 'Reactivate' }).click()
    await employee('riley').getByText('active', { exact: true }).waitFor()
    await page.getByText('Riley has left').waitFor({ state: 'detached' })
  })

  test('what is refused or not answered is said, and the directory stays as it was', async () => {
    const { scim } = rehearsal
    const move = async () => {
      await employee('riley').getByRole('button').click()
      await page.getByRole('menuitem', { name: 'Move to dba' }).click()
    }
    scim.refusal = { status: 503, detail: 'Try again later' }
    await move()
    await directory().getByRole('alert').getByText('Curfew answered 503: Try again later').waitFor()
    scim.refusal = null
    scim.isAway = true
    await move()
    await directory().getByRole('alert').getByText('Curfew does not answer just now').waitFor()
    await employee('riley').getByText('contractors').waitFor()
    expect(await directory().locator('.status').allTextContents()).toEqual(
      expect.arrayContaining(['503', 'no answer']),
    )
    scim.isAway = false
    await move()
    await employee('riley').getByText('dba').waitFor()
    expect(await directory().getByRole('alert').count()).toBe(0)
  })

  test('a new name is the directory’s alone, and nobody is left without one', async () => {
    await employee('ada').getByRole('button').click()
    await page.getByRole('menuitem', { name: 'Rename…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Rename Ada' })
    const name = dialog.getByRole('textbox', { name: 'Name' })
    expect(await name.inputValue()).toBe('Ada')
    await name.fill('  ')
    expect(await dialog.getByRole('button', { name: 'Rename' }).isDisabled()).toBe(true)
    await name.fill('Ada Long')
    await name.press('Enter')
    await employee('ada').getByText('Ada Long').waitFor()
    expect(await page.locator('.switcher strong').allTextContents()).toEqual(['Riley', 'Ada'])
  })

  test('at the width of a phone the directory is under the door, and nothing sticks out', async () => {
    await page.setViewportSize({ width: 360, height: 740 })
    await page.getByRole('button', { name: 'The door' }).click()
    await employee('riley').getByRole('button').click()
    await page.getByRole('menuitem', { name: 'Deactivate' }).click()
    await employee('riley').getByText('deactivated').waitFor()
    const sticksOut = `const panel = document.querySelector('.company'); panel.scrollWidth > panel.clientWidth`
    expect(await page.evaluate<boolean>(sticksOut)).toBe(false)
    await employee('ada').getByRole('button').click()
    await page.getByRole('menuitem', { name: 'Rename…' }).click()
    const box = await page.getByRole('dialog', { name: 'Rename Ada' }).boundingBox()
    expect(box && [box.x >= 0, box.x + box.width <= 360]).toEqual([true, true])
  })

  test('a stranger has no app and no commands', async () => {
    await left.getByRole('button', { name: /^You are Riley/ }).click()
    await page.getByRole('menuitemradio', { name: /Mallory/ }).click()
    await left.getByRole('textbox', { name: /^Message/ }).waitFor()
    expect(await left.getByRole('button', { name: 'Curfew' }).count()).toBe(0)
    await run('/request-access')
    await left.getByText('is not a valid command').waitFor()
  })

  test('the catalog is edited and saved, and a change from elsewhere is not overwritten', async () => {
    await page.getByRole('button', { name: 'Catalog' }).click()
    const drawer = page.getByRole('dialog', { name: 'Catalog' })
    const text = drawer.getByRole('textbox')
    await text.fill('resources: {}\n')
    await drawer.getByRole('button', { name: 'Save' }).click()
    await drawer.getByText('The app takes it up by itself').waitFor()
    const { readFile, writeFile } = await import('node:fs/promises')
    expect(await readFile(rehearsal.catalogPath, 'utf8')).toBe('resources: {}\n')
    await text.fill('resources: {} # mine\n')
    await writeFile(rehearsal.catalogPath, 'resources: {} # theirs\n')
    await drawer.getByText('changed elsewhere meanwhile').waitFor()
    await drawer.getByRole('button', { name: 'Save' }).click()
    await drawer.getByText('Look at the new text first').waitFor()
    expect(await readFile(rehearsal.catalogPath, 'utf8')).toBe('resources: {} # theirs\n')
  })
})
