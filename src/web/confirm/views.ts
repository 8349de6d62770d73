import { html } from 'hono/html'
import type { Method } from '../../domain/confirmation.ts'
import { isSamePerson, plainlyNamed } from '../../domain/person.ts'
import type { Refusal } from '../../domain/refusal.ts'
import type { Done, OnPage } from '../../operations/confirm/confirm.ts'
import { page, sentence, type Html } from '../page.ts'

/** What stands on the page for whoever confirms. */

/** The act in full, and each way that counts. */
export function askPage(token: string, { shown, by, ways, passkey }: OnPage, wrong: string | null): Html {
  const to = `/confirm/${token}`
  return page(
    'Confirm that it is you',
    [
      html`<p>For <b>${plainlyNamed(by)}</b>.</p>
        <p>${shown}</p>`,
      ...wrongly(wrong),
      ...(ways.length === 0 ? [sentence(noWay)] : ways.map((way) => wayForm(way, `${to}/${way}`, passkey))),
      html`<form method="post" action="${to}/not-me"><button>I did not ask for this</button></form>`,
    ],
    { hasPasskeys: ways.includes('passkey') },
  )
}

const noWay =
  'You have no way to confirm yet. Type /request-access in Slack, choose this again, and press “Add a way to confirm”.'

function wayForm(way: Method, to: string, passkey: object | null): Html {
  switch (way) {
    case 'passkey':
      return html`<form method="post" data-passkey="${JSON.stringify(passkey)}" action="${to}">
        <input type="hidden" name="body" /><button>Confirm with a passkey</button>
        <p role="alert"></p>
        <noscript>A passkey needs JavaScript.</noscript>
      </form>`
    case 'oidc':
      return html`<form method="post" action="${to}">
        <button>Sign in at your identity provider</button>
      </form>`
    case 'totp':
      return html`<form method="post" action="${to}">
        <label for="code">Six digits of your authenticator app</label>
        <input
          id="code"
          name="code"
          inputmode="numeric"
          autocomplete="one-time-code"
          maxlength="9"
          required
        />
        <button>Confirm</button>
      </form>`
  }
}

/** Not a redirect: each address that a form leads to would have to be allowed one by one. */
export const leavingPage = (url: string): Html =>
  page(
    'Signing in',
    html`<meta http-equiv="refresh" content="0;url=${url}" />
      <p><a href="${url}">Go on to your identity provider</a></p>`,
  )

export const wrongly = (wrong: string | null): Html[] =>
  wrong === null ? [] : [html`<p class="wrong" role="alert">${wrong}</p>`]

/** What came of it, also to whoever asks again. */
export const donePage = (done: Done): Html =>
  page('Done', [html`<p>${outcome(done)}</p>`, sentence('You can close this page and go back to Slack.')])

function outcome({ done: grant, by, kind }: Done): string {
  const what = `${grant.entitlement.name} on ${grant.resource.name}`
  const isOn = grant.status === 'active' || grant.status === 'granting'
  if (kind === 'approve') {
    const more = grant.needs - grant.reviews.length
    if (grant.status === 'pending')
      return `Your yes counts. ${more === 1 ? 'One more is' : `${String(more)} more are`} needed.`
    return `You approved ${what} for ${plainlyNamed(grant.subject)}.`
  }
  if (kind === 'more-time')
    return `You said yes to more time: ${what} for ${plainlyNamed(grant.subject)}${isOn ? `, until ${utc(grant.endsAt)}` : ''}.`
  if (kind === 'ask' && !isOn) return `You asked for ${what}. You hear in Slack.`
  if (!isOn) return `This was confirmed. ${what} has ended since.`
  return `${isSamePerson(grant.subject, by) ? 'You have' : `${plainlyNamed(grant.subject)} has`} ${what} until ${utc(grant.endsAt)}.`
}

export const refusedPage = (refusal: Refusal): Html => page('Not confirmed', sentence(wordsFor(refusal)))

/** As in Slack, for whoever confirms. */
export function wordsFor({ refused, reasons, grant }: Refusal): string {
  const why = reasons.length > 0 ? `: ${reasons.join('; ')}` : ''
  switch (refused) {
    case 'bad-ticket':
      return 'This link is used or too old. Press the button in Slack again for a new one.'
    case 'not-confirmed':
      return `Not confirmed${why}.`
    case 'terms-changed':
      return 'This changed since the link was made. Press the button in Slack again to see how it is now.'
    case 'rules-changed':
      return `The rules changed${why}. Press the button in Slack again.`
    case 'too-late':
      return 'Too late, access is already being taken back. Begin anew in Slack.'
    case 'extended-already':
      return 'You confirmed this already.'
    case 'extend-total':
      return 'It lasts as long as it may: begin anew when it has ended.'
    case 'extend-early':
      return 'It is too early to confirm again.'
    case 'already-held':
      return grant !== null && 'endsAt' in grant
        ? `You have this until ${utc(grant.endsAt)}.`
        : 'You have this already.'
    case 'not-here':
      return 'You are not a member any more.'
    default:
      return `This cannot be had now${why}.`
  }
}

const utc = (at: Date): string => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
