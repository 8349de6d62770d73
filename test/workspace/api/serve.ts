import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CallFault, Faults } from '../faults.ts'
import type { Limits } from '../limits.ts'
import { ApiError, type Json, needScopes, type Room } from './method.ts'
import { methods } from './methods.ts'
import { kindOfToken, readRequest } from './request.ts'
import { respond } from './respond.ts'

/** What one answer looks like on the wire; no answer at all is a dropped connection. */
interface Answer {
  status: number
  body: Json
  headers?: Record<string, string>
}

/** One HTTP request to the Web API or a response_url: faults first, then limits, then the call; recorded. */
export async function serve(
  { room, faults, limits }: { room: Room; faults: Faults; limits: Limits },
  request: IncomingMessage,
  reply: ServerResponse,
): Promise<void> {
  const atMs = performance.now()
  const at = new Date()
  const { pathname } = new URL(request.url ?? '/', 'http://workspace')
  const [, root = '', name = ''] = pathname.split('/')
  const method = root === 'response' ? 'response_url' : root === 'api' ? name : pathname
  let args: Json = {}

  const answerOf = async (): Promise<Answer> => {
    const { args: read, token } = await readRequest(request)
    args = read
    if (method === 'response_url') return respond(room, name, args)
    const seconds = limits.retryAfterSeconds(method, args.channel)
    if (seconds !== undefined) return rateLimited(seconds)
    return { status: 200, body: { ok: true, ...(await call(room, method, args, token)) } }
  }

  const fault = faults.ofCall(method)
  if (typeof fault === 'object' && 'delayMs' in fault) await sleep(fault.delayMs)
  const answer = instead(fault) ?? (await answerOf().catch((error: unknown) => failed(room, method, error)))
  const isDropped = fault === 'drop' || fault === 'dropAfter'
  const status = isDropped ? 'dropped' : answer.status
  room.state.record({ method, at, atMs, args, response: answer.body, status })
  if (isDropped) {
    request.socket.destroy()
    return
  }
  reply.writeHead(answer.status, {
    'content-type': 'application/json; charset=utf-8',
    'x-oauth-scopes': [...room.scopes].join(','),
    ...answer.headers,
  })
  reply.end(JSON.stringify(answer.body))
}

async function call(room: Room, name: string, args: Json, token: string | undefined): Promise<Json> {
  const method = methods.get(name)
  if (!method) {
    room.state.complain({ about: name, what: 'unknown_method' })
    throw new ApiError('unknown_method', { req_method: name })
  }
  if (kindOfToken(token, room.state.identity) !== method.token) throw new ApiError('not_allowed_token_type')
  needScopes(room, method.scopes)
  const unknown = Object.keys(args).filter((key) => !method.known.includes(key))
  if (unknown.length > 0) room.state.complain({ about: name, what: 'unknown_arguments', messages: unknown })
  return method.run(room, args)
}

/** What a fault answers in the call's stead, or what `drop` keeps from happening. */
function instead(fault: CallFault | undefined): Answer | undefined {
  if (fault === 'drop') return { status: 0, body: {} }
  if (fault === undefined || fault === 'dropAfter') return undefined
  if ('ratelimited' in fault) return rateLimited(fault.retryAfterSeconds)
  if ('status' in fault) return { status: fault.status, body: { ok: false, error: 'internal_error' } }
  if ('error' in fault) return { status: 200, body: { ok: false, error: fault.error } }
  return undefined
}

const rateLimited = (seconds: number): Answer => ({
  status: 429,
  body: { ok: false, error: 'ratelimited' },
  headers: { 'retry-after': String(seconds) },
})

/** Blocks and arguments that Slack would refuse are the app's mistakes: complained about as well. */
function failed({ state }: Room, about: string, error: unknown): Answer {
  if (!(error instanceof ApiError)) throw error
  const { message: what, details } = error
  const { messages } = (details.response_metadata ?? {}) as { messages?: string[] }
  if (/^(invalid_(blocks|arguments|post|json)|no_text|msg_too_long|view_too_large)/.test(what))
    state.complain({ about, what, ...(messages && { messages }) })
  return { status: 200, body: { ok: false, error: what, ...details } }
}
