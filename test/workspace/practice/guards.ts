import type { IncomingHttpHeaders } from 'node:http'

/** Other web sites can reach a loopback port through the browser of whoever runs it: by a name of theirs that points
 *  there (Host), or by a request from their own page (Origin). Both are refused. */
export function isOurs({ host, origin }: IncomingHttpHeaders, port: number): boolean {
  if (!hostsOf(port).includes(host ?? '')) return false
  return origin === undefined || origin === `http://${host ?? ''}`
}

/** A WebSocket must say where it comes from; browsers always do. */
export const mayConnect = (headers: IncomingHttpHeaders, port: number): boolean =>
  headers.origin !== undefined && isOurs(headers, port)

/** Nothing from anywhere else is loaded, and nobody puts the page into a frame. */
export function safeHeaders(port: number): Record<string, string> {
  const sockets = hostsOf(port).map((host) => `ws://${host}`)
  const policy = {
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': "'self'",
    'img-src': "'self' data:",
    'font-src': "'self'",
    'connect-src': `'self' ${sockets.join(' ')}`,
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
  }
  return {
    'content-security-policy': Object.entries(policy)
      .map((rule) => rule.join(' '))
      .join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
  }
}

const hostsOf = (port: number) => [`127.0.0.1:${port}`, `localhost:${port}`]
