import { z } from 'zod'
import { ConnectorError, type Surroundings } from '../../domain/connector.ts'
import { httpClient } from '../http/client.ts'
import { parsedJson, refusedBy } from '../http/failure.ts'
import { readSecret } from '../secret.ts'
import type { OAuth, ScimSettings } from './settings.ts'

/** A token is used no longer than until so long before its end, and where its end is not told. */
const beforeItsEndMs = 30_000
const untoldMs = 300_000

const tokenAnswer = z.object({
  access_token: z.string().min(1),
  expires_in: z.coerce.number().min(0).nullish(),
})
const refusal = z.object({ error: z.string(), error_description: z.string().nullish() })

/** The bearer token of now. */
export interface Login {
  /** Rejects with `ConnectorError`s alone: nothing happened then. */
  token(signal: AbortSignal): Promise<string>
  /** The server did not accept this token. True where another can be had. */
  refused(token: string): boolean
  close(): Promise<void>
}

export function loginOf(
  { token, oauth }: Pick<ScimSettings, 'token' | 'oauth'>,
  surroundings: Surroundings,
  keep: (secret: string) => void,
): Login {
  if (oauth) return oauthLogin(oauth, surroundings, keep)
  return {
    async token(signal) {
      if (token === undefined) throw new Error('no token in the settings')
      const read = await readSecret(token, surroundings, signal)
      keep(read)
      return read
    },
    // One that was rotated meanwhile stands in its file already.
    refused: () => typeof token !== 'string',
    close: () => Promise.resolve(),
  }
}

function oauthLogin(
  { url, clientId, clientSecret, scope, secretIn }: OAuth,
  surroundings: Surroundings,
  keep: (secret: string) => void,
): Login {
  const { origin, pathname, search } = new URL(url)
  const secrets: string[] = []
  const system = 'The token server'
  const http = httpClient(origin, { system, secrets, surroundings })
  const doing = "give a token to Curfew's client"
  let known: { token: string; until: number } | null = null
  let asking: Promise<string> | null = null

  async function asked(): Promise<string> {
    const signal = AbortSignal.timeout(surroundings.timeoutMs)
    const secret = await readSecret(clientSecret, surroundings, signal)
    const header = Buffer.from([clientId, secret].map(formEncoded).join(':')).toString('base64')
    for (const one of [secret, formEncoded(secret), header]) {
      if (!secrets.includes(one)) secrets.push(one)
      keep(one)
    }
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      ...(scope === undefined ? {} : { scope }),
      ...(secretIn === 'body' ? { client_id: clientId, client_secret: secret } : {}),
    })
    const answer = await http.send({
      doing,
      method: 'POST',
      path: pathname + search,
      headers: () => ({
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
        ...(secretIn === 'header' ? { authorization: `Basic ${header}` } : {}),
      }),
      body: body.toString(),
      signal,
    })
    if (answer.status !== 200) {
      const { error, error_description: more } = refusal.safeParse(parsedJson(answer.text)).data ?? {}
      const isRefused = error === 'invalid_client' || error === 'unauthorized_client'
      throw refusedBy({ system, doing, credentials: 'client' }, isRefused ? 401 : answer.status, {
        why: error === undefined ? undefined : http.clean(more ? `${error}: ${more}` : error),
      })
    }
    const { access_token: token, expires_in: seconds } = http.read(tokenAnswer, answer, doing)
    surroundings.hide(token)
    keep(token)
    const livesMs = seconds ? seconds * 1_000 : untoldMs
    // One that lives a minute at most is used for half of its life.
    known = { token, until: performance.now() + livesMs - Math.min(beforeItsEndMs, livesMs / 2) }
    return token
  }

  return {
    async token(signal) {
      if (known && performance.now() < known.until) return known.token
      asking ??= asked().finally(() => (asking = null))
      try {
        return await orAborted(asking, signal)
      } catch (error) {
        if (!(error instanceof ConnectorError)) throw error
        // What the call was for was not sent.
        throw new ConnectorError(error.message, {
          retryable: error.retryable,
          happened: 'no',
          cause: error.cause,
        })
      }
    },
    refused(token) {
      if (known?.token === token) known = null
      return true
    },
    close: () => http.close(),
  }
}

/** One token is asked for on behalf of many calls, of which each has its own time. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void =>
      reject(
        new ConnectorError('The token server did not answer in time', { retryable: true, happened: 'no' }),
      )
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** As RFC 6749 (2.3.1) has id and secret written before they are put together. */
const formEncoded = (text: string) => new URLSearchParams({ '': text }).toString().slice(1)
