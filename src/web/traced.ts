import type { MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import type { Trace } from '../domain/ports/trace.ts'

/**
 * Each request as a step, by the pattern of its address: addresses hold tickets. Its headers are not looked at: what a
 * stranger sends decides about no trace.
 */
export const traced =
  (trace: Trace): MiddlewareHandler =>
  (context, next) =>
    trace({ type: 'request', method: context.req.method }, async (say) => {
      await next()
      say({ route: routePath(context), httpStatus: context.res.status })
    })
