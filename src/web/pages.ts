import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { HTTPException } from 'hono/http-exception'
import { secureHeaders } from 'hono/secure-headers'
import type { World } from '../operations/world.ts'
import { allowed, page, sentence } from './page.ts'

const mostBytes = 20_000

/**
 * What people open in a browser. Looking (GET, HEAD) changes nothing, as scanners of links do it too; nothing is cached,
 * framed, or loaded from elsewhere; an address, which holds a ticket, goes to nobody.
 */
export function pageRoutes(world: World, room: Hono): Hono {
  const app = new Hono()
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        styleSrc: [allowed.style],
        scriptSrc: allowed.scripts,
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
      referrerPolicy: 'same-origin',
      xFrameOptions: 'DENY',
    }),
  )
  app.use(async (context, next) => {
    await next()
    context.header('Cache-Control', 'no-store')
  })
  app.use(async (context, next) => {
    if (['GET', 'HEAD', 'POST'].includes(context.req.method)) return next()
    return context.body(null, 405, { allow: 'GET, HEAD, POST' })
  })
  app.use(
    bodyLimit({
      maxSize: mostBytes,
      onError: (context) => {
        // The rest of it is not read: whoever sends more on this connection would be cut off in the middle.
        context.header('Connection', 'close')
        return context.html(page('Too much', sentence('What was sent is too large. Please go back.')), 413)
      },
    }),
  )
  app.route('/', room)
  app.all('*', (context) => context.html(page('Nothing here', sentence('This page does not exist.')), 404))
  app.onError((error, context) => {
    if (error instanceof HTTPException) return error.getResponse()
    // Of what was asked for nothing is logged: the address holds a ticket.
    world.log.error('a page failed', { error: error.name })
    const words = 'This did not work. Please try again in a minute.'
    return context.html(page('Something went wrong', sentence(words)), 500)
  })
  return app
}
