import { Hono, type Context } from 'hono'
import { isRefusal, type Refusal } from '../../domain/refusal.ts'
import { addWay, lookAtEnrolment, proveToEnrol, removeWay, type Way } from '../../operations/confirm/enrol.ts'
import type { World } from '../../operations/world.ts'
import { signIn } from '../../operations/confirm/sign-in.ts'
import { rememberIn } from './browser.ts'
import { addedPage, enrolPage } from './enrol-views.ts'
import { formOf } from '../read-form.ts'
import { leavingPage, refusedPage, statusOf, wordsFor } from './views.ts'

/** `/confirm/enrol/<ticket>`: who somebody is, first; then a passkey or an authenticator app is added. */
export function enrolPages(world: World): Hono {
  const app = new Hono()
  app.get('/:ticket', async (context) => {
    const token = context.req.param('ticket')
    const found = await lookAtEnrolment(world, token)
    return isRefusal(found)
      ? context.html(refusedPage(found), statusOf(found))
      : context.html(enrolPage(token, found, null))
  })
  // An answer's address, opened again.
  app.get('/:ticket/:step', (context) =>
    context.redirect(`/confirm/enrol/${encodeURIComponent(context.req.param('ticket'))}`),
  )
  app.post('/:ticket/code', async (context) => {
    const token = context.req.param('ticket')
    const form = await formOf(context)
    const proven = await proveToEnrol(world, {
      token,
      proof: { method: 'one-time-code', typed: form('code') },
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
    const form = await formOf(context)
    return added(context, { method: 'totp', typed: form('code') })
  })
  app.post('/:ticket/passkey', async (context) => {
    const form = await formOf(context)
    return added(context, { method: 'passkey', body: form('body'), label: form('label') })
  })

  app.post('/:ticket/remove', async (context) => {
    const token = context.req.param('ticket')
    const form = await formOf(context)
    const method = form('method') === 'totp' ? ('totp' as const) : ('passkey' as const)
    const way = { method, id: form('id') }
    const done = await removeWay(world, { token, way })
    return isRefusal(done) ? again(context, token, done) : context.redirect(`/confirm/enrol/${token}`, 303)
  })

  const added = async (context: Context<object, '/:ticket/totp'>, way: Way): Promise<Response> => {
    const token = context.req.param('ticket')
    const done = await addWay(world, { token, way })
    if (isRefusal(done)) return again(context, token, done)
    return context.html(addedPage(token, done.added))
  }
  const again = (context: Context, token: string, refusal: Refusal): Promise<Response> =>
    enrolAgain(world, context, token, refusal)
  return app
}

/** What was wrong, with the page again where another try may do. */
export async function enrolAgain(
  world: World,
  context: Context,
  token: string,
  refusal: Refusal,
): Promise<Response> {
  const found = await lookAtEnrolment(world, token)
  return isRefusal(found)
    ? context.html(refusedPage(refusal), statusOf(refusal))
    : context.html(enrolPage(token, found, wordsFor(refusal)), statusOf(refusal))
}
