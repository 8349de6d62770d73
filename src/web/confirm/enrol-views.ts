import { html, raw } from 'hono/html'
import { plainlyNamed } from '../../domain/person.ts'
import type { OwnWay } from '../../domain/ports/confirming.ts'
import type { EnrolmentPage } from '../../operations/confirm/enrol.ts'
import { page, sentence, type Html } from '../page.ts'
import { digitsForm, passkeyForm, signInForm, wrongly } from './forms.ts'

/** What stands on the page for whoever adds a way to confirm. */

export const enrolPage = (token: string, found: EnrolmentPage, wrong: string | null): Html => {
  const to = `/confirm/enrol/${token}`
  return page(
    'Add a way to confirm',
    [
      html`<p>For <b>${plainlyNamed(found.by)}</b>.</p>`,
      ...wrongly(wrong),
      ...(found.offers === null ? whoForms(to, found) : offerForms(to, found.offers)),
    ],
    { hasPasskeys: found.offers !== null },
  )
}

export const addedPage = (token: string, added: string): Html =>
  page('Added', [
    sentence(`You can confirm with ${added} now. You were told in Slack as well.`),
    html`<p><a href="/confirm/enrol/${token}">Add another</a></p>`,
  ])

/** Slack alone adds nothing: whoever has somebody's Slack is not them yet. */
const whoForms = (to: string, { signsIn }: EnrolmentPage): Html[] => [
  sentence('First show who you are.'),
  ...(signsIn ? [signInForm(`${to}/oidc`)] : []),
  html`<form class="way" method="post" action="${to}/code">
    <label for="code">The one-time code that your admin gave you</label>
    <input id="code" name="code" autocomplete="off" autocapitalize="characters" maxlength="20" required />
    <button>Go on</button>
  </form>`,
]

const offerForms = (to: string, { code, passkey, own }: NonNullable<EnrolmentPage['offers']>): Html[] => [
  ...(own.length === 0 ? [] : [html`<h2>What you have</h2>`, ...own.map((one) => ownForm(to, one))]),
  ...(passkey === null
    ? []
    : [
        html`<h2>A passkey</h2>
          <p>Your device keeps it, and asks for your finger, face or PIN.</p>`,
        passkeyForm(`${to}/passkey`, {
          options: passkey,
          button: 'Add a passkey',
          above: html`<label for="label">What you call it</label>
            <input id="label" name="label" value="My device" maxlength="60" required />`,
        }),
      ]),
  ...(code === null
    ? []
    : [
        html`<h2>An authenticator app</h2>
          <p>Scan this with your app, or type the letters into it.</p>
          <div class="qr" role="img" aria-label="A QR code, of the letters below">${raw(code.qr)}</div>
          <p class="letters">${code.secret}</p>`,
        digitsForm(`${to}/totp`, { label: 'The six digits that it shows', button: 'Add the app' }),
      ]),
]

const ownForm = (to: string, { method, id, label }: OwnWay): Html =>
  html`<form class="own" method="post" action="${to}/remove">
    <input type="hidden" name="method" value="${method}" /><input type="hidden" name="id" value="${id}" />
    <span>${label}</span><button class="quiet" aria-label="Remove ${label}">Remove</button>
  </form>`
