import { curfew } from './app-process.ts'
import type { Stage } from '../support/curfew.ts'
import { anAuthenticator, type Authenticator } from '../support/authenticator.ts'
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

interface Sent {
  readonly method: string
  readonly body?: URLSearchParams
  readonly headers?: Readonly<Record<string, string>>
}

export function aPhone({ environment }: Stage): Phone {
  const passkey = anAuthenticator(publicUrl)
  const here = (link: string) => link.replace(publicUrl, `http://127.0.0.1:${environment['PORT']}`)
  const cookies = new Map<string, string>()
  const asked = async (link: string, init: Sent): Promise<Answer> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { ...(cookie === '' ? {} : { cookie }), ...init.headers }
    const response = await fetch(here(link), { ...init, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') cookies.delete(name)
      else cookies.set(name, value)
    }
    const to = response.headers.get('location')
    if (to !== null) return asked(new URL(to, link).href, { method: 'GET' })
    const html = await response.text()
    return { status: response.status, html, text: plain(html) }
  }
  const phone: Phone = {
    passkey,
    opens: (link) => asked(link, { method: 'GET' }),
    sends: (link, fields, headers = {}) =>
      asked(link, {
        method: 'POST',
        body: new URLSearchParams(fields),
        headers: { origin: publicUrl, 'sec-fetch-site': 'same-origin', ...headers },
      }),
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

const plain = (html: string): string =>
  html
    .replace(/<(style|script)>[^]*?<\/\1>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ')

/** As whoever may run Curfew's commands makes it, to be given in person. */
export async function oneTimeCode({ environment }: Stage, person: Person): Promise<string> {
  const { exited, lines } = curfew(['enrol', person.account.email ?? ''], environment)
  expect(await exited).toBe(0)
  return /: ([A-Z0-9-]{10,12})$/m.exec(lines.join('\n'))?.[1] ?? ''
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
