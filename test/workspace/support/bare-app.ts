import { type Logger, LogLevel, WebClient, type WebClientOptions } from '@slack/web-api'
import { WebSocket } from 'ws'
import { z } from 'zod'
import { afterThis } from './a-workspace.ts'
import type { Workspace } from '../workspace.ts'

const frame = z.looseObject({
  type: z.string(),
  envelope_id: z.string().optional(),
  payload: z.record(z.string(), z.unknown()).default({}),
  retry_attempt: z.number().optional(),
  retry_reason: z.string().optional(),
  reason: z.string().optional(),
})
export type Frame = z.infer<typeof frame>

export const silence = Symbol('no acknowledgement')

/** One Socket Mode connection without Bolt, to see every frame and to answer as a test likes. */
export interface BareSocket {
  socket: WebSocket
  /** All frames so far, the hello among them. */
  frames: Frame[]
  closed: Promise<unknown>
  /** What each envelope is acknowledged with: nothing, unless set; `silence` does not acknowledge. */
  answer: (payload: Frame['payload'], frame: Frame) => unknown
}

const quiet: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.ERROR,
  setName: () => undefined,
}

/** A real Web API client that tries once, unless told otherwise, and says nothing. */
export function client(
  workspace: Workspace,
  token = workspace.botToken,
  options: WebClientOptions = {},
): WebClient {
  const { apiUrl: slackApiUrl } = workspace
  return new WebClient(token, { slackApiUrl, retryConfig: { retries: 0 }, logger: quiet, ...options })
}

/** Resolves once Slack said hello (or that there are too many). */
export async function connect(workspace: Workspace): Promise<BareSocket> {
  const { url = '' } = await client(workspace, workspace.appToken).apps.connections.open({})
  const socket = new WebSocket(url)
  afterThis(async () => socket.terminate())
  const bare: BareSocket = {
    socket,
    frames: [],
    closed: new Promise((resolve) => socket.once('close', resolve)),
    answer: () => undefined,
  }
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.on('message', (data: Buffer) => {
      const received = frame.parse(JSON.parse(data.toString()))
      bare.frames.push(received)
      resolve()
      const { envelope_id } = received
      if (envelope_id === undefined) return
      const payload = bare.answer(received.payload, received)
      if (payload !== silence) socket.send(JSON.stringify({ envelope_id, payload }))
    })
  })
  return bare
}
