import { Secret, TOTP } from 'otpauth'
import { z } from 'zod'
import { anAuthenticator } from '../../support/authenticator.ts'
import { aPageBrowser, bare, plain, type PageAnswer } from '../../support/page-browser.ts'
import type { ShownPhone } from './protocol.ts'

const stepMs = 30_000
const secret = z
  .string()
  .transform((typed) => typed.replaceAll(/[\s-]/g, '').toUpperCase())
  .pipe(z.string().regex(/^[A-Z2-7]{16,64}$/, 'these are not the letters of an authenticator app'))

const known = z.array(z.object({ id: z.string() })).default([])
const making = z.object({
  rp: z.object({ id: z.string() }),
  user: z.object({ id: z.string() }),
  challenge: z.string(),
  excludeCredentials: known,
})
const asking = z.object({ rpId: z.string(), challenge: z.string(), allowCredentials: known })

/**
 * One person's phone: a browser for Curfew's pages, a passkey in software as a phone keeps one, and an authenticator app.
 * Everything it does goes through the pages that anybody else would open.
 */
export class Phone {
  readonly #publicUrl: string
  readonly #browser
  readonly #passkey
  #hasPasskey = false
  #app: TOTP | null = null
  #screen: PageAnswer | null = null

  constructor(publicUrl: string) {
    this.#publicUrl = publicUrl
    this.#browser = aPageBrowser(publicUrl)
    this.#passkey = anAuthenticator(new URL(publicUrl).origin)
  }

  get shown(): Omit<ShownPhone, 'told'> {
    return {
      opens: `${this.#publicUrl}/confirm/`,
      screen: this.#screen && { url: this.#screen.url, html: bare(this.#screen.html) },
      hasPasskey: this.#hasPasskey,
      code: this.#app && { digits: this.#app.generate(), until: Math.ceil(Date.now() / stepMs) * stepMs },
    }
  }

  /** Where its browser is; empty: nowhere. */
  get address(): string {
    return this.#screen?.url ?? ''
  }

  /** What stands on its screen, in words. */
  get text(): string {
    return plain(this.#screen?.html ?? '')
  }

  async opens(link: string): Promise<void> {
    this.#screen = await this.#browser.opens(this.#ours(link))
  }

  /** Sends the form of the page on its screen that leads there; for a passkey it is touched. */
  async sends(to: string, fields: Readonly<Record<string, string>>): Promise<void> {
    if (this.#screen === null) throw new Error('there is no page on this phone')
    const { url, html } = this.#screen
    const body = this.#touched(html, to)
    const link = this.#ours(new URL(to, url).href)
    this.#screen = await this.#browser.sends(link, body === null ? fields : { ...fields, body })
    if (body?.includes('attestationObject') && this.#screen.status === 200) this.#hasPasskey = true
  }

  closes(): void {
    this.#screen = null
  }

  /** By the letters that the page shows beside its picture to scan. */
  addsToApp(letters: string): void {
    const parsed = secret.safeParse(letters)
    if (!parsed.success) throw new Error(parsed.error.issues[0]?.message)
    this.#app = new TOTP({ secret: Secret.fromBase32(parsed.data) })
  }

  /** What its passkey says to this form; null for one that asks for none. */
  #touched(html: string, to: string): string | null {
    const forms = [...html.matchAll(/<form\s[^>]*data-passkey="([^"]*)"[^>]*action="([^"]*)"/g)]
    const options = forms.find(([, , action]) => action === to)?.[1]
    if (options === undefined) return null
    const asked: unknown = JSON.parse(plain(options))
    const isMine = ({ id }: { id: string }): boolean => id === this.#passkey.id
    const made = making.safeParse(asked)
    if (made.success) {
      if (made.data.excludeCredentials.some(isMine)) throw new Error('This phone has its passkey already.')
      return JSON.stringify(this.#passkey.creates(made.data))
    }
    const get = asking.parse(asked)
    if (!this.#hasPasskey || (get.allowCredentials.length > 0 && !get.allowCredentials.some(isMine)))
      throw new Error('This phone has no passkey for this page.')
    return JSON.stringify(this.#passkey.gets(get))
  }

  #ours(link: string): string {
    if (!link.startsWith(`${this.#publicUrl}/confirm/`))
      throw new Error("this phone opens Curfew's pages to confirm, and no others")
    return link
  }
}
