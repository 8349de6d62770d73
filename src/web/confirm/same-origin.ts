import type { MiddlewareHandler } from 'hono'

/** What a browser sends from a page of ours, and nobody else's: a form elsewhere that leads here does nothing. */
export const sameOrigin = (publicUrl: string): MiddlewareHandler => {
  const { origin: ours } = new URL(publicUrl)
  return async (context, next) => {
    if (context.req.method !== 'POST') return next()
    const site = context.req.header('sec-fetch-site')
    const isOurs = site === undefined ? context.req.header('origin') === ours : site === 'same-origin'
    return isOurs ? next() : context.body(null, 403)
  }
}
