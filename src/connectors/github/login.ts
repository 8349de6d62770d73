import { createPrivateKey, sign, type KeyObject } from 'node:crypto'
import { z } from 'zod'
import { ConnectorError, type Surroundings } from '../../domain/connector.ts'
import type { HttpAnswer, HttpClient, HttpRequest } from '../http/client.ts'
import { refusedBy } from '../http/failure.ts'
import { readSecret, type Secret } from '../secret.ts'
import { isLimited, refused, system } from './failure.ts'
import { rest as resting } from './rest.ts'
import type { AppSettings } from './settings.ts'

/** GitHub takes one that lasts ten minutes at most, and clocks differ. */
const signedForMs = 540_000
const signedBeforeMs = 60_000
/** A token that ends so soon is not begun with. */
const spareMs = 300_000
/** Until then a token may not be known everywhere at GitHub. */
const newForMs = 30_000

const tokenSchema = z.object({
  token: z.string().min(1),
  expires_at: z.string().transform((text, context) => {
    const at = new Date(text)
    if (!Number.isNaN(at.getTime())) return at
    context.addIssue({ code: 'custom', message: 'is no time' })
    return z.NEVER
  }),
})

const installationSchema = z.object({
  html_url: z.string(),
  app_slug: z.string(),
  account: z.object({ id: z.number(), login: z.string() }),
  permissions: z.record(z.string(), z.string()),
  suspended_at: z.string().nullish(),
})

export type Installation = z.infer<typeof installationSchema>

/** Asked for one call. */
export interface Calling {
  readonly doing: string
  readonly signal: AbortSignal
}

/** Whom Curfew is at GitHub. */
export interface Login {
  readonly isApp: boolean
  token(calling: Calling): Promise<string>
  /** Whether GitHub made this token a moment ago: then it is not known everywhere perhaps, and another would be no better. */
  isNew(token: string): boolean
  /** Whether it can be somebody again after a token was not accepted. */
  renews(token: string): boolean
  /** What the organization lets its app do; null where Curfew is no app. */
  installation(calling: Calling): Promise<Installation | null>
}

/** By a personal access token, which ends when its owner says so. */
export const byToken = (token: Secret, surroundings: Surroundings): Login => ({
  isApp: false,
  token: () => readSecret(token, surroundings),
  isNew: () => false,
  renews: () => false,
  installation: () => Promise.resolve(null),
})

/**
 * As an app that the organization installed: signed with its private key, by the database's time, for a token that lasts
 * an hour. One token serves all calls until five minutes before its end.
 */
export function asApp(
  app: AppSettings,
  { http, base, surroundings }: { http: HttpClient; base: string; surroundings: Surroundings },
): Login {
  let current: (z.infer<typeof tokenSchema> & { readonly madeAt: Date }) | null = null
  let making: Promise<string> | null = null
  const rest = resting(surroundings)

  async function send(
    doing: string,
    request: Pick<HttpRequest, 'method' | 'path' | 'signal'>,
  ): Promise<HttpAnswer> {
    rest.expectOver(doing)
    const signed = signedBy(await keyOf(app.key, surroundings), String(app.id), surroundings.now())
    const headers = () => ({
      authorization: `Bearer ${signed}`,
      accept: 'application/vnd.github+json',
      'user-agent': 'curfew',
    })
    const answer = await http.send({ doing, headers, ...request })
    if (isLimited(answer)) {
      rest.begin(answer)
      throw new ConnectorError(`${system} could not ${doing}: it was asked too often (${answer.status})`, {
        retryable: true,
        happened: 'no',
      })
    }
    if (answer.status === 404 || answer.status === 403)
      throw refused(
        doing,
        `it did not accept the installation ${app.installation} (${answer.status}), which is suspended or none of this app`,
      )
    if (answer.status >= 400) throw refusedBy({ system, doing, credentials: 'private key' }, answer.status)
    return answer
  }

  async function make(): Promise<string> {
    const doing = `sign in as the app ${app.id}`
    const path = `${base}/app/installations/${app.installation}/access_tokens`
    try {
      const signal = AbortSignal.timeout(surroundings.timeoutMs)
      const made = http.read(tokenSchema, await send(doing, { method: 'POST', path, signal }), doing)
      surroundings.hide(made.token)
      current = { ...made, madeAt: surroundings.now() }
      return made.token
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error
      // Whatever a token was wanted for has not begun.
      const { message, retryable, cause } = error
      throw new ConnectorError(message, { retryable, happened: 'no', cause })
    }
  }

  return {
    isApp: true,
    async token({ doing, signal }) {
      const endsAt = current?.expires_at.getTime() ?? 0
      if (current !== null && endsAt - surroundings.now().getTime() > spareMs) return current.token
      making ??= make().finally(() => {
        making = null
      })
      return within(making, { doing, signal })
    },
    isNew: (token) =>
      current?.token === token && surroundings.now().getTime() - current.madeAt.getTime() < newForMs,
    renews(token) {
      if (current?.token === token) current = null
      return true
    },
    async installation({ signal }) {
      const doing = `look up the installation ${app.installation}`
      const path = `${base}/app/installations/${app.installation}`
      return http.read(installationSchema, await send(doing, { method: 'GET', path, signal }), doing)
    },
  }
}

/** Waits no longer than the call may: others may wait for the same. */
function within<T>(work: Promise<T>, { doing, signal }: Calling): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void =>
      reject(new ConnectorError(`No time was left to ${doing}`, { retryable: true, happened: 'no' }))
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** A variable often has `\n` for each end of a line. */
async function keyOf(from: Secret, surroundings: Surroundings): Promise<KeyObject> {
  const text = (await readSecret(from, surroundings)).replaceAll('\\n', '\n')
  try {
    const key = createPrivateKey(text)
    if (key.asymmetricKeyType === 'rsa') return key
  } catch {
    // Why is not told: it may quote the key.
  }
  throw new ConnectorError(`The private key of Curfew's app at ${system} is no RSA key in PEM`, {
    retryable: false,
    happened: 'no',
  })
}

/** A JSON Web Token (RFC 7519), which for one fixed form needs no library. */
function signedBy(key: KeyObject, issuer: string, now: Date): string {
  const part = (content: object) => Buffer.from(JSON.stringify(content)).toString('base64url')
  const seconds = (ms: number) => Math.floor((now.getTime() + ms) / 1_000)
  const claims = { iat: seconds(-signedBeforeMs), exp: seconds(signedForMs), iss: issuer }
  const said = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`
  return `${said}.${sign('RSA-SHA256', Buffer.from(said), key).toString('base64url')}`
}
