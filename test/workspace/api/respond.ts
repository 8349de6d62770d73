import { z } from 'zod'
import type { ResponseUrl } from '../state/response-urls.ts'
import { flag, json } from './args.ts'
import { contentOf } from './chat.ts'
import { ApiError, type Json, type Room } from './method.ts'

/** What an app may send to a response_url. Source: docs.slack.dev, "Handling user interaction". */
export const responseBody = z.strictObject({
  text: z.string().optional(),
  blocks: json.optional(),
  response_type: z.enum(['ephemeral', 'in_channel']).optional(),
  replace_original: flag.optional(),
  delete_original: flag.optional(),
  thread_ts: z.string().optional(),
  mrkdwn: z.boolean().optional(),
  metadata: z.unknown().optional(),
  unfurl_links: z.boolean().optional(),
  unfurl_media: z.boolean().optional(),
})

/** A POST to a response_url: no token; five uses in thirty minutes, then 404. */
export function respond(room: Room, id: string, body: Json): { status: number; body: Json } {
  const url = room.state.responseUrls.use(id)
  if (typeof url === 'string') return { status: 404, body: { ok: false, error: url } }
  try {
    answer(room, url, body)
    return { status: 200, body: { ok: true } }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    room.state.complain({ about: 'response_url', what: error.message })
    return { status: 400, body: { ok: false, error: error.message, ...error.details } }
  }
}

/** Also what an acknowledged command's own payload means. Commands have no original: `replace_original`
 *  on them posts anew, as Slack does. */
export function answer({ state }: Room, url: Omit<ResponseUrl, 'uses' | 'expiresAtMs'>, body: Json): void {
  const parsed = responseBody.safeParse(body)
  if (!parsed.success) throw new ApiError('invalid_payload', { why: z.prettifyError(parsed.error) })
  const { response_type = 'ephemeral', replace_original, delete_original, thread_ts, ...rest } = parsed.data
  const original = url.source && state.messages.get(url.source.channel, url.source.ts)
  if (delete_original === true) {
    if (original) state.delete(original)
    return
  }
  const { text, blocks } = contentOf(rest)
  if (replace_original === true && original) {
    state.edit(original, text, blocks)
    return
  }
  const channel = state.channels.get(url.channelId)
  if (!channel) throw new ApiError('channel_not_found')
  const onlyFor = response_type === 'ephemeral' ? { onlyFor: url.personId } : {}
  state.post({ channel, user: state.identity.botUserId, text, blocks, threadTs: thread_ts, ...onlyFor })
}
