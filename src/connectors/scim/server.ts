import { setTimeout as sleep } from 'node:timers/promises'
import type { z } from 'zod'
import { ConnectorError, type Surroundings } from '../../domain/connector.ts'
import { httpClient, type HttpAnswer, type HttpRequest } from '../http/client.ts'
import { refusedBy } from '../http/failure.ts'
import { turns } from '../turns.ts'
import { loginOf } from './login.ts'
import { complaintOf } from './messages.ts'
import type { ScimSettings } from './settings.ts'

/** Some thirty thousand members of a group. */
const mostAnswerBytes = 8_000_000
/** A wait that a server asks for and that is worth waiting within a call. */
const mostWaitMs = 2_000
/** Many SCIM servers are small, and count what they are asked. */
const askedAtOnce = 6
const mostKeptSecrets = 16

export interface Asked extends Pick<HttpRequest, 'doing' | 'method' | 'body' | 'signal'> {
  /** Below the address of the catalog, with its query. */
  readonly path: string
  readonly ifMatch?: string | null
}

/** A SCIM server, with our login. */
export interface Server {
  /** An answer that is 2xx, or one that is `expected`. */
  send(asked: Asked, expected?: readonly number[] | ((answer: HttpAnswer) => boolean)): Promise<HttpAnswer>
  read<T>(schema: z.ZodType<T>, answer: HttpAnswer, doing: string): T
  close(): Promise<void>
}

export const system = 'The SCIM server'

export function serverAt(settings: ScimSettings, surroundings: Surroundings): Server {
  const url = new URL(settings.url)
  const base = url.pathname.replace(/\/+$/, '')
  const secrets: string[] = []
  const keep = (secret: string): void => {
    if (secrets.includes(secret)) return
    secrets.push(secret)
    if (secrets.length > mostKeptSecrets) secrets.shift()
  }
  const login = loginOf(settings, surroundings, keep)
  const http = httpClient(url.origin, { system, secrets, mostBytes: mostAnswerBytes, surroundings })

  const closing = new AbortController()
  const turn = turns(askedAtOnce)

  async function sent({ doing, method, path, body, ifMatch, signal }: Asked, token: string) {
    return http.send({
      doing,
      method,
      path: base + path,
      headers: () => ({
        accept: 'application/scim+json, application/json',
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/scim+json' }),
        ...(ifMatch ? { 'if-match': ifMatch } : {}),
      }),
      ...(body === undefined ? {} : { body }),
      signal,
    })
  }

  async function answered(call: Asked): Promise<HttpAnswer> {
    const signal = AbortSignal.any([call.signal, closing.signal])
    const asked = { ...call, signal }
    let token = await login.token(signal)
    let answer = await sent(asked, token)
    if (answer.status === 401 && login.refused(token)) {
      const another = await login.token(signal)
      if (another !== token) {
        token = another
        answer = await sent(asked, token)
      }
    }
    for (let waitMs = waitOf(answer); waitMs !== null; waitMs = waitOf(answer)) {
      await sleep(waitMs, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) break
      answer = await sent(asked, token)
    }
    return answer
  }

  return {
    async send(asked, expected = []) {
      const { doing, signal } = asked
      const tooLate = new ConnectorError(`${system} could not ${doing}: its turn did not come in time`, {
        retryable: true,
        happened: 'no',
      })
      const answer = await turn.take(() => answered(asked), { signal, tooLate })
      const { status } = answer
      const isExpected = typeof expected === 'function' ? expected(answer) : expected.includes(status)
      if ((status >= 200 && status < 300) || isExpected) return answer
      const said = complaintOf(answer)
      const words = [said?.scimType, said?.detail].filter(Boolean).join(': ')
      const isNotScim = status === 404 && said === null
      throw refusedBy({ system, doing }, status, {
        why: isNotScim ? notScim : http.clean(words),
        // What it does not do it will not do later; what is too much or was changed meanwhile was not begun.
        ...(status === 501 ? { retryable: false } : {}),
        ...(status === 412 ? { retryable: true, happened: false } : {}),
        ...(status === 429 ? { happened: false } : {}),
      })
    },
    read: (schema, answer, doing) => http.read(schema, answer, doing),
    async close() {
      closing.abort()
      await Promise.all([login.close(), http.close()])
    },
  }
}

/** How long a server that has too much to do asks to wait, where it is short; null: it does not, or for longer. */
function waitOf(answer: HttpAnswer): number | null {
  const asked = answer.status === 429 ? answer.header('retry-after') : null
  if (asked === null || !/^\d{1,6}$/.test(asked)) return null
  const waitMs = Math.max(Number(asked) * 1_000, 100)
  return waitMs <= mostWaitMs ? waitMs : null
}

const notScim = 'and not as SCIM does: look at the url'

/** Only SCIM's own word says that something is gone: any web server answers 404 at a wrong address. */
export function isGone(answer: HttpAnswer, doing: string): boolean {
  if (answer.status === 404 && complaintOf(answer) === null)
    throw refused(doing, `it answered 404, ${notScim}`)
  return answer.status === 404
}

/** A failure that another try does not mend, before anything was changed. */
export const refused = (doing: string, why: string) =>
  new ConnectorError(`${system} could not ${doing}: ${why}`, { retryable: false, happened: 'no' })

/** An answer that may be another the next time. */
export const unclear = (doing: string, why: string) =>
  new ConnectorError(`${system} could not ${doing}: ${why}`, { retryable: true })
