import { getConnInfo } from '@hono/node-server/conninfo'
import type { Context, MiddlewareHandler } from 'hono'
import { failuresByAddress, type FailureLimits } from './confirm/failures.ts'
import type { ClientAddress } from './trusted-proxies.ts'

/** Whoever fails too often from one address waits. What succeeds is not counted, nor what is nobody's guess. */
export function limitedByAddress(
  clientOf: ClientAddress,
  {
    wrong,
    refuse,
    limits,
  }: {
    /** The statuses of what failed. */
    wrong: readonly number[]
    refuse: (context: Context, retryMs: number) => Response | Promise<Response>
    limits?: FailureLimits | undefined
  },
): MiddlewareHandler {
  const begin = failuresByAddress(limits)
  return async (context, next) => {
    const { address = '' } = getConnInfo(context).remote
    const begun = begin(clientOf(address, context.req.header('x-forwarded-for') ?? ''))
    if ('retryMs' in begun) {
      context.header('Retry-After', String(Math.ceil(begun.retryMs / 1_000)))
      return refuse(context, begun.retryMs)
    }
    try {
      await next()
    } finally {
      begun(wrong.includes(context.res.status))
    }
    return undefined
  }
}
