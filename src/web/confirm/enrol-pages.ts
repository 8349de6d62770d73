import { Hono, type Context } from 'hono'
import { html, raw } from 'hono/html'
import { isRefusal, type Refusal } from '../../domain/refusal.ts'
import { plainlyNamed } from '../../domain/person.ts'
import {
  addWay,
  lookAtEnrolment,
  proveToEnrol,
  removeWay,
  type EnrolmentPage,
  type Way,
} from '../../operations/confirm/enrol.ts'
import type { World } from '../../operations/world.ts'
import { signIn } from '../../operations/confirm/sign-in.ts'
import { page, sentence, type Html } from '../page.ts'
import { rememberIn } from './browser.ts'
import { leavingPage, refusedPage, wordsFor, wrongly } from './views.ts'

/** `/confirm/enrol/<ticket>`: who somebody is, first; then a passkey or an authenticator app is added. */
export function enrolPages(world: World): Hono {
  const app = new Hono()
  app.get('/:ticket', async (context) => {
    const token = context.req.param('ticket')
    const found = await lookAtEnrolment(world, token)
    return isRefusal(found)
      ? context.html(refusedPage(found), 410)
      : context.html(enrolPage(token, found, null))
  })
  app.post('/:ticket/code', async (context) => {
    const token = context.req.param('ticket')
    const { code } = await context.req.parseBody()
    const proven = await proveToEnrol(world, {
      token,
      proof: { method: 'one-time-code', typed: textOf(code) },
    })
    return isRefusal(proven)
      ? again(context, token, proven)
      : context.redirect(`/confirm/enrol/${proven.ticket}`, 303)
  })
  app.post('/:ticket/oidc', async (context) => {
    const token = context.req.param('ticket')
    const left = await signIn(world, { token, browser: rememberIn(context, token) })
    return isRefusal(left) ? again(context, token, left) : context.html(leavingPage(left.url))
  })
  app.post('/:ticket/totp', async (context) => {
    const { code } = await context.req.parseBody()
    return added(context, { method: 'totp', typed: textOf(code) })
  })
  app.post('/:ticket/passkey', async (context) => {
    const { body, label } = await context.req.parseBody()
    return added(context, { method: 'passkey', body: textOf(body), label: textOf(label) })
  })

  app.post('/:ticket/remove', async (context) => {
    const token = context.req.param('ticket')
    const { method, id } = await context.req.parseBody()
    const way = { method: method === 'totp' ? ('totp' as const) : ('passkey' as const), id: textOf(id) }
    const done = await removeWay(world, { token, way })
    return isRefusal(done) ? again(context, token, done) : context.redirect(`/confirm/enrol/${token}`, 303)
  })

  const added = async (context: Context<object, '/:ticket/totp'>, way: Way): Promise<Response> => {
    const token = context.req.param('ticket')
    const done = await addWay(world, { token, way })
    if (isRefusal(done)) return again(context, token, done)
    return context.html(
      page('Added', [
        sentence(`You can confirm with ${done.added} now. You were told in Slack as well.`),
        html`<p><a href="/confirm/enrol/${token}">Add another</a></p>`,
      ]),
    )
  }
  const again = async (context: Context, token: string, refusal: Refusal): Promise<Response> => {
    const found = await lookAtEnrolment(world, token)
    return isRefusal(found)
      ? context.html(refusedPage(refusal), 410)
      : context.html(enrolPage(token, found, wordsFor(refusal)), 422)
  }
  return app
}

const enrolPage = (token: string, found: EnrolmentPage, wrong: string | null): Html =>
  page(
    'Add a way to confirm',
    [
      html`<p>For <b>${plainlyNamed(found.by)}</b>.</p>`,
      ...wrongly(wrong),
      ...(found.offers === null ? whoForms(token, found) : offerForms(token, found.offers)),
    ],
    { hasPasskeys: found.offers !== null },
  )

/** Slack alone adds nothing: whoever has somebody's Slack is not them yet. */
const whoForms = (token: string, { signsIn }: EnrolmentPage): Html[] => [
  ...(signsIn
    ? [
        html`<form method="post" action="/confirm/enrol/${token}/oidc">
          <button>Sign in at your identity provider</button>
        </form>`,
      ]
    : []),
  html`<form method="post" action="/confirm/enrol/${token}/code">
    <label for="code">The one-time code that your admin gave you</label>
    <input id="code" name="code" autocomplete="off" maxlength="20" required />
    <button>Go on</button>
  </form>`,
]

const offerForms = (token: string, { code, passkey, own }: NonNullable<EnrolmentPage['offers']>): Html[] => [
  ...(own.length === 0 ? [] : [html`<h2>What you have</h2>`]),
  ...own.map(
    ({ method, id, label }) =>
      html`<form method="post" action="/confirm/enrol/${token}/remove">
        <input type="hidden" name="method" value="${method}" /><input type="hidden" name="id" value="${id}" />
        ${label} <button>Remove ${label}</button>
      </form>`,
  ),
  ...(passkey === null
    ? []
    : [
        html`<h2>A passkey</h2>
          <p>Your device keeps it, and asks for your finger, face or PIN.</p>
          <form
            method="post"
            data-passkey="${JSON.stringify(passkey)}"
            action="/confirm/enrol/${token}/passkey"
          >
            <label for="label">What you call it</label>
            <input id="label" name="label" value="My device" maxlength="60" required />
            <input type="hidden" name="body" /><button>Add a passkey</button>
            <p role="alert"></p>
            <noscript>A passkey needs JavaScript.</noscript>
          </form>`,
      ]),
  ...(code === null
    ? []
    : [
        html`<h2>An authenticator app</h2>
          <p>Scan this with your app, or type the letters into it: <b>${code.secret}</b></p>
          ${raw(code.qr)}
          <form method="post" action="/confirm/enrol/${token}/totp">
            <label for="totp">The six digits that it shows</label>
            <input
              id="totp"
              name="code"
              inputmode="numeric"
              autocomplete="one-time-code"
              maxlength="9"
              required
            />
            <button>Add the app</button>
          </form>`,
      ]),
]

const textOf = (field: unknown): string => (typeof field === 'string' ? field : '')
