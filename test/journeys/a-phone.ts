import { enrol } from '../../src/enrol.ts'
import type { Stage } from '../support/curfew.ts'
import { anAuthenticator, type Authenticator } from '../support/authenticator.ts'
import { aPageBrowser, plain, type PageAnswer } from '../support/page-browser.ts'
import type { Person } from '../workspace/people/person.ts'

/** As the tests' catalogs name the place of our pages; they are served on this machine. */
export const publicUrl = 'https://curfew.acme.example'

export interface Answer {
  readonly status: number
  /** With its marks and entities made plain. */
  readonly text: string
  readonly html: string
}

/** What somebody confirms with: a browser, and a passkey that it keeps. */
export interface Phone {
  readonly passkey: Authenticator
  /** Opens a page; follows what it redirects to. */
  opens(link: string): Promise<Answer>
  /** Sends the form that leads there, as a browser does from that page. */
  sends(
    link: string,
    fields: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>
  /** Touches the fingerprint reader on this page. */
  confirms(link: string): Promise<Answer>
}

export function aPhone({ environment }: Stage): Phone {
  const passkey = anAuthenticator(publicUrl)
  const browser = aPageBrowser(publicUrl, `http://127.0.0.1:${environment['PORT']}`)
  const read = async (asked: Promise<PageAnswer>): Promise<Answer> => {
    const { status, html } = await asked
    return { status, html, text: plain(html) }
  }
  const phone: Phone = {
    passkey,
    opens: (link) => read(browser.opens(link)),
    sends: (link, fields, headers) => read(browser.sends(link, fields, headers)),
    confirms: async (link) => {
      const { html } = await phone.opens(link)
      return phone.sends(`${link}/passkey`, {
        body: JSON.stringify(passkey.gets(optionsOn(html))),
      })
    },
  }
  return phone
}

/** What stands in the page for the browser's passkeys. */
export function optionsOn(html: string): never {
  const [, written = '{}'] = /data-passkey="([^"]*)"/.exec(html) ?? []
  return JSON.parse(plain(written)) as never
}

/** As whoever may run Curfew's commands makes it, to be given in person. */
export async function oneTimeCode({ environment }: Stage, person: Person): Promise<string> {
  // The command's own function: a process for each of these tests costs more than all the rest of it.
  const said = await enrol([person.account.email ?? ''], environment)
  return /: ([A-Z0-9-]{10,12})$/m.exec(said)?.[1] ?? ''
}

/** By a one-time code that was given in person, with a passkey. */
export async function enrols(stage: Stage, person: Person, phone: Phone, link: string): Promise<void> {
  const code = await oneTimeCode(stage, person)
  const { html } = await phone.sends(`${link}/code`, { code })
  if (!html.includes('data-passkey')) throw new Error(html.slice(-900))
  const [, to = ''] = /action="(\/confirm\/enrol\/[^"]+)\/passkey"/.exec(html) ?? []
  const body = JSON.stringify(phone.passkey.creates(optionsOn(html)))
  const { text } = await phone.sends(`${publicUrl}${to}/passkey`, { body, label: 'Phone' })
  expect(text).toContain('You can confirm with your passkey now')
}
