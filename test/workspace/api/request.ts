import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import type { Identity } from '../state/identity.ts'
import type { Json } from './method.ts'
import { ApiError } from './method.ts'

const object = z.record(z.string(), z.unknown())

/** The arguments of a call, from its query, form or JSON body, and the token it came with.
 *  A JSON body cannot carry the token, as with Slack. */
export async function readRequest(
  request: IncomingMessage,
): Promise<{ args: Json; token: string | undefined }> {
  const raw = await bodyOf(request)
  const { searchParams } = new URL(request.url ?? '/', 'http://workspace')
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim()
  const bearer = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
  const query: Json = Object.fromEntries(searchParams)
  if (type === 'application/json') return { args: { ...query, ...parseJson(raw) }, token: bearer }
  if (raw !== '' && type !== 'application/x-www-form-urlencoded') throw new ApiError('invalid_post_type')
  const { token, ...args }: Json = { ...query, ...Object.fromEntries(new URLSearchParams(raw)) }
  return { args, token: bearer ?? (typeof token === 'string' ? token : undefined) }
}

/** Which of the app's two tokens it is; throws Slack's name for what is wrong with it. */
export function kindOfToken(token: string | undefined, identity: Identity): 'bot' | 'app' {
  if (token === undefined || token === '') throw new ApiError('not_authed')
  if (token === identity.botToken) return 'bot'
  if (token === identity.appToken) return 'app'
  throw new ApiError('invalid_auth')
}

export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(z.instanceof(Uint8Array).parse(chunk))
  return Buffer.concat(chunks).toString()
}

export function parseJson(raw: string): Json {
  try {
    return object.parse(JSON.parse(raw))
  } catch {
    throw new ApiError('invalid_json')
  }
}
