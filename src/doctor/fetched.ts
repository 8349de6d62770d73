import type { Dispatcher } from 'undici'
import { z } from 'zod'
import { fetchBy } from '../slack/wire/proxied.ts'

const withinMs = 8_000
const mostRead = 10_000

export interface Fetched {
  readonly status: number
  readonly location: string | null
  /** No more than its beginning. */
  readonly text: string
}

/** What stands at an address, without following it elsewhere. */
export async function fetched(
  url: string,
  {
    dispatcher,
    body,
    headers = {},
  }: {
    dispatcher: Dispatcher | null
    /** Sent by POST. */
    body?: string
    headers?: Readonly<Record<string, string>>
  },
): Promise<Fetched> {
  const fetch = fetchBy(dispatcher).fetch ?? globalThis.fetch
  const answer = await fetch(url, {
    redirect: 'manual',
    signal: AbortSignal.timeout(withinMs),
    headers,
    ...(body === undefined ? {} : { method: 'POST', body }),
  })
  return {
    status: answer.status,
    location: answer.headers.get('location'),
    text: await beginningOf(answer),
  }
}

const bytes = z.instanceof(Uint8Array)

async function beginningOf({ body }: Response): Promise<string> {
  if (body === null) return ''
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of body) {
    text += decoder.decode(bytes.parse(chunk), { stream: true })
    if (text.length > mostRead) break
  }
  return text
}

const coded = z.object({ code: z.string() })
const caused = z.object({ cause: z.unknown() })

/** In words where the code is one that says what to do; the addresses that were tried are not repeated. */
export function whyNotFetched(error: unknown): string {
  const { data } = coded.safeParse(error)
  if (data !== undefined) return words[data.code] ?? data.code
  const cause = caused.safeParse(error).data?.cause
  if (cause) return whyNotFetched(cause)
  return error instanceof Error ? error.message : String(error)
}

const words: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is not known (ENOTFOUND)',
  ECONNREFUSED: 'nobody listens there (ECONNREFUSED)',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is of an authority that this machine does not trust',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is of an authority that this machine does not trust',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is of another name',
}
