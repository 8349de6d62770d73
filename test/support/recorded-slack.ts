import { LogLevel, WebClient } from '@slack/web-api'

/** A call as it went over the wire. */
export interface Call {
  readonly method: string
  readonly args: Readonly<Record<string, string>>
  readonly atMs: number
}

/** What Slack answers, instead of yes. */
export type Answer =
  { error: string } | { retryAfterSeconds: number } | { status: number } | { broken: string }

/**
 * Slack's own client with nothing behind it: each call is noted and answered at once. Its errors are the library's own,
 * made from what comes over the wire.
 */
export class RecordedSlack {
  readonly calls: Call[] = []
  readonly client: WebClient
  readonly #answers = new Map<string, Answer[]>()
  #always: (call: Call) => Answer | undefined = () => undefined
  #posted = 0

  constructor() {
    this.client = new WebClient('xoxb-recorded', {
      fetch: (url, init) => this.#answer(url, init?.body),
      rejectRateLimitedCalls: true,
      retryConfig: { retries: 0 },
      logLevel: LogLevel.ERROR,
    })
  }

  /** The next calls of this method are answered so, one after the other; later ones with yes again. */
  next(method: string, ...answers: Answer[]): void {
    this.#answers.set(method, [...(this.#answers.get(method) ?? []), ...answers])
  }

  /** From now on each call is answered so that nothing else was said of; undefined: with yes. */
  always(answer: (call: Call) => Answer | undefined): void {
    this.#always = answer
  }

  /** The texts of what was sent, in their order. */
  get texts(): string[] {
    return this.calls.map(({ args }) => args['text'] ?? '')
  }

  #answer(url: unknown, body: unknown): Promise<Response> {
    const method = String(url).replace(/^.*\//, '')
    const args = Object.fromEntries(new URLSearchParams(String(body)))
    const call = { method, args, atMs: performance.now() }
    this.calls.push(call)
    const answer = this.#answers.get(method)?.shift() ?? this.#always(call)
    if (answer === undefined) return Promise.resolve(this.#yes(args))
    if ('error' in answer) return Promise.resolve(Response.json({ ok: false, error: answer.error }))
    if ('broken' in answer) return Promise.reject(new Error(answer.broken))
    if ('status' in answer) return Promise.resolve(new Response('', { status: answer.status }))
    const headers = { 'retry-after': String(answer.retryAfterSeconds) }
    return Promise.resolve(new Response('', { status: 429, headers }))
  }

  /** A message to a person lands in the DM with them: `D…` for `U…`. */
  #yes({ channel = '', ts }: Readonly<Record<string, string>>): Response {
    return Response.json({
      ok: true,
      channel: channel.replace(/^U/, 'D'),
      ts: ts ?? `${++this.#posted}.0`,
    })
  }
}
