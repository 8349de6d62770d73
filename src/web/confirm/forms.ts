import { html } from 'hono/html'
import type { Html } from '../page.ts'

/** The forms by which people confirm, and add a way to; the same on every page. */

/** Without script its button cannot be pressed, and what stands below it stays; the script puts its own words there. */
export const passkeyForm = (
  to: string,
  { options, button, above }: { options: object | null; button: string; above?: Html },
): Html =>
  html`<form class="way" method="post" data-passkey="${JSON.stringify(options)}" action="${to}">
    ${above ?? ''}<input type="hidden" name="body" /><button disabled>${button}</button>
    <p class="said" role="alert">A passkey needs JavaScript, which is off here.</p>
  </form>`

export const signInForm = (to: string): Html =>
  html`<form class="way" method="post" action="${to}">
    <button>Sign in at your identity provider</button>
  </form>`

export const digitsForm = (to: string, { label, button }: { label: string; button: string }): Html =>
  html`<form class="way" method="post" action="${to}">
    <label for="digits">${label}</label>
    <input
      id="digits"
      class="digits"
      name="code"
      inputmode="numeric"
      autocomplete="one-time-code"
      maxlength="9"
      required
    />
    <button>${button}</button>
  </form>`

export const wrongly = (wrong: string | null): Html[] =>
  wrong === null ? [] : [html`<p class="wrong" role="alert">${wrong}</p>`]
