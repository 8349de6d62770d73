import { z } from 'zod'

/** An address that secrets may be sent to. */
export const safeUrl = z
  .string()
  .refine(isSafeUrl, 'must be https (http only for this very machine) and hold no user or password')

function isSafeUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || url.username || url.password) return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))
}

const isLoopback = (host: string) =>
  host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
