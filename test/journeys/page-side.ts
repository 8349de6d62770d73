import type { Locator, Page } from 'playwright-core'

/** One person's side of the practice page: what they see, and what they do there. */
export class PageSide {
  readonly #pane: Locator
  readonly #page: Page

  constructor(page: Page, at: 'left' | 'right') {
    this.#page = page
    this.#pane = page.locator('.pane').nth(at === 'left' ? 0 : 1)
  }

  get page(): Page {
    return this.#page
  }

  get all(): Locator {
    return this.#pane
  }

  get modal(): Locator {
    return this.#pane.getByRole('dialog')
  }

  /** The newest message that says this; it is waited for by what is done with it. */
  message(words: RegExp | string): Locator {
    return this.#pane.locator('.main .message').filter({ hasText: words }).last()
  }

  async sees(words: RegExp | string, { withinMs = 30_000 } = {}): Promise<Locator> {
    const message = this.message(words)
    await message.waitFor({ timeout: withinMs })
    return message
  }

  async is(name: string): Promise<void> {
    await this.#pane.getByRole('button', { name: /^You are / }).click()
    await this.#page.getByRole('menuitemradio', { name: new RegExp(`^${name}`) }).click()
    await this.#pane.getByRole('button', { name: new RegExp(`^You are ${name}`) }).waitFor()
  }

  async opensChannel(name: string): Promise<void> {
    await this.#pane.locator('.entry').filter({ hasText: name }).click()
    await this.#pane.getByRole('textbox', { name: `Message #${name}` }).waitFor()
  }

  async opensApp(): Promise<void> {
    await this.#pane.locator('.entry').filter({ hasText: 'Curfew' }).click()
    await this.#pane.getByRole('tab', { name: 'Messages' }).click()
  }

  async writes(line: string): Promise<void> {
    const box = this.#pane.getByRole('textbox', { name: /^Message/ })
    await box.fill(line)
    await box.press('Enter')
  }

  /** Presses a button by the words on it, on the newest message that says this. */
  async clicks(button: string, words: RegExp | string): Promise<void> {
    await this.message(words).locator('button').filter({ hasText: button }).click()
  }

  /** Answers the small window that asks before a button does what it does. */
  async confirms(button: string): Promise<void> {
    await this.#pane.getByRole('alertdialog').getByRole('button', { name: button }).click()
  }

  /** Asks by the command, with everything filled in; the form is sent. */
  async asks(what: string, reason: string): Promise<void> {
    await this.writes(`/request-access ${what} ${reason}`)
    await this.modal.getByText('Reviewed by').waitFor()
    await this.sends('Send request')
  }

  /** Sends the form, which goes. */
  async sends(button: string): Promise<void> {
    await this.modal.getByRole('button', { name: button, exact: true }).click()
    await this.modal.waitFor({ state: 'detached' })
  }

  /** Chooses in a menu of the form. */
  async picks(option: string, field: string, { typing = '' } = {}): Promise<void> {
    const menu = this.modal.getByRole('combobox', { name: field })
    await menu.click()
    if (typing !== '') await menu.fill(typing)
    await this.#page.getByRole('option', { name: option }).click()
  }
}

/** A system's own card beside Slack. */
export class PageDoor {
  readonly #page: Page
  readonly #card: Locator

  constructor(page: Page, id: string) {
    this.#page = page
    this.#card = page.locator(`[data-door=${id}]`)
  }

  /** Tried on the page as this person, until the system itself has said this. */
  async says(words: string, { to }: { to: string }): Promise<void> {
    const who = this.#page.getByRole('group', { name: 'Who stands' }).getByRole('button', { name: to })
    if ((await who.getAttribute('aria-pressed')) !== 'true') await who.click()
    await this.#card.getByRole('button', { name: `Try the door as ${to}` }).click()
    await this.#card
      .locator('.tried')
      .filter({ hasText: words })
      .filter({ hasText: `to ${to}` })
      .waitFor()
  }

  async isOpenFor(name: string): Promise<void> {
    await this.#card.locator('.holder').filter({ hasText: name }).waitFor()
  }

  async isNotHeldBy(name: string): Promise<void> {
    await this.#card.locator('.holder').filter({ hasText: name }).waitFor({ state: 'detached' })
  }

  async isHeldByNobody(): Promise<void> {
    await this.#card.locator('.nobody').waitFor()
  }
}

/** The company's directory, beside the doors. */
export class PageCompany {
  readonly #page: Page

  constructor(page: Page) {
    this.#page = page
  }

  /** As the directory has them now. */
  person(id: string): Locator {
    return this.#page.locator(`[data-employee=${id}]`)
  }

  /** What is done with somebody, from their menu. */
  async does(what: string, id: string): Promise<void> {
    await this.person(id)
      .getByRole('button', { name: /in the directory$/ })
      .click()
    await this.#page.getByRole('menuitem', { name: what }).click()
  }

  async renames(id: string, { name, email }: { name: string; email: string }): Promise<void> {
    await this.does('Rename…', id)
    const dialog = this.#page.getByRole('dialog', { name: /^Rename / })
    await dialog.getByRole('textbox', { name: 'Name' }).fill(name)
    await dialog.getByRole('textbox', { name: 'E-mail' }).fill(email)
    await dialog.getByRole('button', { name: 'Rename', exact: true }).click()
    await this.person(id).getByText(name, { exact: true }).waitFor()
  }

  /** The newest requests, a line each. */
  async sent(count: number): Promise<string[]> {
    const lines = await this.#page.locator('.exchanges summary').allTextContents()
    return lines.slice(0, count)
  }
}

/** The phone of whoever's side was touched last. */
export class PagePhone {
  readonly #page: Page

  constructor(page: Page) {
    this.#page = page
  }

  get all(): Locator {
    return this.#page.locator('.phone')
  }

  async presses(button: string): Promise<void> {
    await this.all.getByRole('button', { name: button, exact: true }).click()
  }

  async shows(words: RegExp | string): Promise<void> {
    await this.all.getByRole('region', { name: 'The page on the phone' }).getByText(words).waitFor()
  }

  /** The six digits of its authenticator app, as they are now; empty while it has none. */
  async digits(): Promise<string> {
    const shown = await this.all.locator('.keeps code').allTextContents()
    return shown.join()
  }
}

/** The laptop of whoever's side was touched last. */
export class PageLaptop {
  readonly #page: Page

  constructor(page: Page) {
    this.#page = page
  }

  get all(): Locator {
    return this.#page.locator('.laptop')
  }

  get firewall(): Locator {
    return this.all.getByRole('switch', { name: 'Firewall' })
  }

  async presses(button: string | RegExp): Promise<void> {
    await this.all.getByRole('button', { name: button }).click()
  }

  async reported(words: string): Promise<void> {
    await this.all.locator('.reported').filter({ hasText: words }).waitFor()
  }
}
