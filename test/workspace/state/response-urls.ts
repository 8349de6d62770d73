import type { Ids } from './ids.ts'

/** What a response_url answers to. `source` is the message that was clicked; a command has none. */
export interface ResponseUrl {
  readonly channelId: string
  readonly personId: string
  readonly source?: { channel: string; ts: string }
  uses: number
  readonly expiresAtMs: number
}

/** Five uses within thirty minutes, then never again. Source: facts/slack.md, Ack. */
export class ResponseUrls {
  readonly #urls = new Map<string, ResponseUrl>()
  readonly #ids: Ids
  /** Where the server listens; known once it does. */
  base = ''
  lifeMs = 30 * 60_000

  constructor(ids: Ids) {
    this.#ids = ids
  }

  make(about: Pick<ResponseUrl, 'channelId' | 'personId' | 'source'>): string {
    const id = this.#ids.token(24)
    this.#urls.set(id, { ...about, uses: 0, expiresAtMs: performance.now() + this.lifeMs })
    return `${this.base}/response/${id}`
  }

  use(id: string): ResponseUrl | 'expired_url' | 'used_url' | 'no_such_url' {
    const url = this.#urls.get(id)
    if (!url) return 'no_such_url'
    if (performance.now() > url.expiresAtMs) return 'expired_url'
    if (url.uses >= 5) return 'used_url'
    url.uses += 1
    return url
  }
}
