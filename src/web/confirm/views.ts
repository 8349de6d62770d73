import { html } from 'hono/html'
import type { Method } from '../../domain/confirmation.ts'
import { plainlyNamed } from '../../domain/person.ts'
import type { Refusal } from '../../domain/refusal.ts'
import type { Done, OnPage } from '../../operations/confirm/confirm.ts'
import { page, sentence, utc, type Html } from '../page.ts'
import { doneWords } from './done-words.ts'
import { digitsForm, passkeyForm, signInForm, wrongly } from './forms.ts'

/** What stands on the page for whoever confirms. */

/** The act in full, and each way that counts. */
export function askPage(token: string, { shown, by, ways, passkey }: OnPage, wrong: string | null): Html {
  const to = `/confirm/${token}`
  return page(
    'Confirm that it is you',
    [
      html`<p>For <b>${plainlyNamed(by)}</b>.</p>
        <p class="act">${shown}</p>`,
      ...wrongly(wrong),
      ...(ways.length === 0 ? [sentence(noWay)] : ways.map((way) => wayForm(way, `${to}/${way}`, passkey))),
      html`<form class="not-me" method="post" action="${to}/not-me">
        <p class="small">Did somebody send you here? Then do not confirm.</p>
        <button class="quiet">I did not ask for this</button>
      </form>`,
    ],
    { hasPasskeys: ways.includes('passkey') },
  )
}

const noWay =
  'You have no way to confirm yet. Type /request-access in Slack, choose this again, and press “Add a way to confirm”.'

function wayForm(way: Method, to: string, passkey: object | null): Html {
  switch (way) {
    case 'passkey':
      return passkeyForm(to, { options: passkey, button: 'Confirm with a passkey' })
    case 'oidc':
      return signInForm(to)
    case 'totp':
      return digitsForm(to, { label: 'Six digits of your authenticator app', button: 'Confirm' })
  }
}

/** Not a redirect: each address that a form leads to would have to be allowed one by one. */
export const leavingPage = (url: string): Html =>
  page('Signing in', html`<p><a href="${url}">Go on to your identity provider</a></p>`, { goesTo: url })

/** What came of it, also to whoever asks again. */
export const donePage = (done: Done): Html =>
  page('Done', [html`<p>${doneWords(done)}</p>`, sentence('You can close this page and go back to Slack.')])

export const refusedPage = (refusal: Refusal): Html => page('Not confirmed', sentence(wordsFor(refusal)))

/** 410: the link is none any more. 422: what was typed or shown is wrong. Neither is said of what is nobody's mistake. */
export function statusOf({ refused }: Refusal): 409 | 410 | 422 | 503 {
  switch (refused) {
    case 'bad-ticket':
      return 410
    case 'not-confirmed':
      return 422
    case 'cannot-confirm':
    case 'unsure':
      return 503
    default:
      return 409
  }
}

/** As in Slack, for whoever confirms. */
export function wordsFor({ refused, reasons, grant }: Refusal): string {
  const why = reasons.length > 0 ? `: ${reasons.join('; ')}` : ''
  switch (refused) {
    case 'bad-ticket':
      return 'This link is used or too old. Press the button in Slack again for a new one.'
    case 'not-confirmed':
    case 'cannot-confirm':
    case 'not-signed-in':
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
    case 'decided':
      return decidedWords(grant)
    case 'already-reviewed':
    case 'extension-decided':
      return 'This was answered already.'
    case 'not-held':
      return 'This is not held any more.'
    case 'being-taken':
      return 'Earlier access is just being taken back. Try again in a minute.'
    case 'not-an-approver':
    case 'not-yet':
      return `You cannot answer this now${why}.`
    case 'not-here':
      return 'You are not a member any more.'
    default:
      return `This cannot be had now${why}.`
  }
}

/** Somebody else was quicker, or whoever asked wants it no more. */
function decidedWords(grant: Refusal['grant']): string {
  const last = grant?.reviews.at(-1)
  const by = last === undefined ? '' : ` by ${plainlyNamed(last.by)}`
  switch (grant?.status) {
    case 'denied':
      return `This was denied${by} already.`
    case 'withdrawn':
      return 'This was withdrawn meanwhile.'
    case 'lapsed':
      return 'This lapsed meanwhile: nobody answered in time.'
    case 'pending':
    case undefined:
      return 'This was decided already.'
    default:
      return `This was approved${by} already.`
  }
}
