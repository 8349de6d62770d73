import { createHmac } from 'node:crypto'

/** The headers that prove a request comes from Slack: HMAC-SHA256 over `v0:timestamp:body`. */
export function sign(
  body: string,
  secret: string,
  atSeconds = Math.floor(Date.now() / 1000),
): { 'x-slack-request-timestamp': string; 'x-slack-signature': string } {
  const digest = createHmac('sha256', secret).update(`v0:${atSeconds}:${body}`).digest('hex')
  return { 'x-slack-request-timestamp': String(atSeconds), 'x-slack-signature': `v0=${digest}` }
}
