import { performance } from 'node:perf_hooks'
import { Secret, TOTP } from 'otpauth'
import { Pool } from 'undici'

/** What somebody confirms with: the app on their phone, and the link that Slack showed them. */
export interface Ready {
  readonly secret: string
  readonly ticket: string
}

/** Plays the browsers of many people, each with connections of its own as far as they come at once. */
export function browsers(publicUrl: string, atOnce: number) {
  const pool = new Pool(publicUrl, { connections: atOnce })
  const headers = {
    origin: publicUrl,
    'sec-fetch-site': 'same-origin',
    'content-type': 'application/x-www-form-urlencoded',
  }
  return {
    /** The page of a ticket: its bytes, all that a browser loads, and how long it took. */
    async opens(path: string): Promise<{ status: number; bytes: number; text: string; tookMs: number }> {
      const startMs = performance.now()
      const { statusCode: status, body } = await pool.request({ method: 'GET', path })
      const text = await body.text()
      return { status, text, bytes: Buffer.byteLength(text), tookMs: performance.now() - startMs }
    },
    /** Types the six digits of now, and sends them. Where the answer leads away it is done. */
    async confirms({ secret, ticket }: Ready): Promise<{ status: number; sentAtMs: number }> {
      const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate()
      const sentAtMs = Date.now()
      const { statusCode: status, body } = await pool.request({
        method: 'POST',
        path: `/confirm/${ticket}/totp`,
        headers,
        body: `code=${code}`,
      })
      await body.dump()
      return { status, sentAtMs }
    },
    close: () => pool.close(),
  }
}
