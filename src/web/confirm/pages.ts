import { Hono, type Context } from 'hono'
import { isRefusal, type Refusal } from '../../domain/refusal.ts'
import { confirm, lookAtConfirmation, notMe, type Shown } from '../../operations/confirm/confirm.ts'
import { comeBack, signIn } from '../../operations/confirm/sign-in.ts'
import type { World } from '../../operations/world.ts'
import type { ClientAddress } from '../trusted-proxies.ts'
import { page, sentence } from '../page.ts'
import { boundedByAddress } from './by-address.ts'
import { forgetIn, rememberedIn, rememberIn } from './browser.ts'
import { enrolAgain, enrolPages } from './enrol-pages.ts'
import type { FailureLimits } from './failures.ts'
import { formOf } from '../read-form.ts'
import { sameOrigin } from './same-origin.ts'
import { askPage, donePage, leavingPage, refusedPage, statusOf, wordsFor } from './views.ts'

/**
 * `/confirm/<ticket>`: names what is confirmed in full, and the ways to. Nothing is done but by a form that somebody sends:
 * scanners of links open pages, and run their scripts.
 */
export function confirmPages(
  world: World,
  {
    publicUrl,
    clientOf,
    limits,
  }: { publicUrl: string; clientOf: ClientAddress | null; limits?: FailureLimits },
): Hono {
  const app = new Hono()
  if (clientOf !== null) app.use(boundedByAddress(clientOf, limits))
  app.use(sameOrigin(publicUrl))
  app.route('/enrol', enrolPages(world))

  /** Where the identity provider sends the browser back to. */
  app.get('/oidc', async (context) => {
    const browser = rememberedIn(context)
    forgetIn(context)
    if (browser === null) return context.html(page('Not confirmed', sentence(elsewhere)), 403)
    const came = await comeBack(world, { ...browser, query: new URL(context.req.url).search })
    if (isRefusal(came)) return answered(context, browser.token, came)
    return context.redirect(
      'enrolBy' in came ? `/confirm/enrol/${came.enrolBy}` : `/confirm/${browser.token}`,
      303,
    )
  })

  app.get('/:ticket', async (context) => {
    const found = await lookAtConfirmation(world, context.req.param('ticket'))
    if (isRefusal(found)) return context.html(refusedPage(found), statusOf(found))
    return context.html('done' in found ? donePage(found) : askPage(context.req.param('ticket'), found, null))
  })
  // An answer's address, opened again.
  app.get('/:ticket/:way', (context) =>
    context.redirect(`/confirm/${encodeURIComponent(context.req.param('ticket'))}`),
  )
  app.post('/:ticket/oidc', async (context) => {
    const token = context.req.param('ticket')
    const left = await signIn(world, { token, browser: rememberIn(context, token) })
    if (isRefusal(left)) return answered(context, token, left)
    return context.html(leavingPage(left.url))
  })
  app.post('/:ticket/not-me', async (context) => {
    const isTold = await notMe(world, context.req.param('ticket'))
    const words = isTold
      ? 'The link does nothing any more, and the admins were told.'
      : 'The link does nothing any more. If you did not ask for this, tell your admins.'
    return context.html(page('Thank you', sentence(words)))
  })
  app.post('/:ticket/totp', async (context) => {
    const form = await formOf(context)
    return confirmed(context, { method: 'totp', typed: form('code') })
  })
  app.post('/:ticket/passkey', async (context) => {
    const form = await formOf(context)
    return confirmed(context, { method: 'passkey', body: form('body') })
  })

  const confirmed = async (context: Context<object, '/:ticket/totp'>, proof: Shown): Promise<Response> => {
    const token = context.req.param('ticket')
    const done = await confirm(world, { token, proof })
    return isRefusal(done) ? answered(context, token, done) : context.redirect(`/confirm/${token}`, 303)
  }
  /** What was wrong, with the page again where another try may do. */
  const answered = async (context: Context, token: string, refusal: Refusal): Promise<Response> => {
    if (!['not-confirmed', 'cannot-confirm', 'not-signed-in', 'unsure'].includes(refusal.refused))
      return context.html(refusedPage(refusal), statusOf(refusal))
    const found = await lookAtConfirmation(world, token)
    // Of a sign-in that was to add a way, or of a link that is good no more.
    if (isRefusal(found)) return enrolAgain(world, context, token, refusal)
    return context.html(
      'done' in found ? donePage(found) : askPage(token, found, wordsFor(refusal)),
      statusOf(refusal),
    )
  }
  return app
}

const elsewhere =
  'This sign-in was begun in another browser, or is used. Press the button in Slack again for a new link.'
