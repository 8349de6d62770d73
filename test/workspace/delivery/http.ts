import { Agent, request } from 'node:http'
import type { Answer, Envelope, Transport } from './envelope.ts'
import { sign } from './signature.ts'

/** Signed POSTs to the app's request URL: commands as a form, interactions as a form's `payload`, events as JSON. */
export class HttpTransport implements Transport {
  readonly #url: URL
  readonly #secret: string
  readonly #agent = new Agent({ keepAlive: true })

  constructor(url: string, signingSecret: string) {
    this.#url = new URL(url)
    this.#secret = signingSecret
  }

  async send({ type, payload, retry }: Envelope, ackMs: number): Promise<Answer> {
    const body = bodyOf(type, payload)
    const headers = {
      'content-type': type === 'events_api' ? 'application/json' : 'application/x-www-form-urlencoded',
      ...sign(body, this.#secret),
      ...(retry && {
        'x-slack-retry-num': String(retry.attempt),
        'x-slack-retry-reason': retry.reason,
      }),
    }
    try {
      const { status, type: answered, text } = await this.post(body, headers, ackMs)
      if (status !== 200) return { outcome: 'dispatch_failed', why: `http_${status}` }
      const isJson = answered.startsWith('application/json')
      return { outcome: 'acked', payload: isJson ? (JSON.parse(text) as unknown) : textAck(text) }
    } catch (error) {
      if (error instanceof Error && error.name === 'AbortError') return { outcome: 'operation_timeout' }
      return { outcome: 'dispatch_failed', why: String(error) }
    }
  }

  /** Anything at all, as it is: also what tests of forged requests use. */
  post(body: string, headers: Record<string, string>, withinMs = 3000) {
    return new Promise<{ status: number; type: string; text: string }>((resolve, reject) => {
      const signal = AbortSignal.timeout(withinMs)
      const abort = () => sent.destroy(Object.assign(new Error('no answer in time'), { name: 'AbortError' }))
      signal.addEventListener('abort', abort)
      const sent = request(this.#url, { method: 'POST', headers, agent: this.#agent }, (reply) => {
        let text = ''
        reply.setEncoding('utf8')
        reply.on('data', (chunk: string) => (text += chunk))
        reply.on('error', reject)
        reply.on('end', () => {
          signal.removeEventListener('abort', abort)
          resolve({ status: reply.statusCode ?? 0, type: reply.headers['content-type'] ?? '', text })
        })
      })
      sent.on('error', reject)
      sent.end(body)
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}

const textAck = (text: string) => (text === '' ? undefined : { text })

function bodyOf(type: Envelope['type'], payload: Envelope['payload']): string {
  if (type === 'events_api') return JSON.stringify(payload)
  if (type === 'interactive') return new URLSearchParams({ payload: JSON.stringify(payload) }).toString()
  const form = new URLSearchParams()
  for (const [key, value] of Object.entries(payload)) form.set(key, String(value))
  return form.toString()
}
