import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import Provider, { type Configuration, type InteractionResults } from 'oidc-provider'
import { openIdMemory } from './openid-memory.ts'

/** How the next sign-ins are made, as the ID token says it. */
export interface SignIns {
  /** Null: now. */
  at: Date | null
  acr: string | undefined
  amr: readonly string[]
}

/** A real identity provider, with a sign-in page of ours: whoever types an account's name is it. */
export interface TestOpenIdProvider {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** Accounts by their subject. */
  readonly accounts: Map<string, { email: string; isVerified: boolean }>
  readonly signIns: SignIns
  stop(): Promise<void>
}

const clientId = 'curfew'

/** `redirectUris` are where it may send browsers back to. With a `port` it is there, otherwise on a free one. */
export async function startOpenIdProvider({
  redirectUris,
  port = 0,
  acrValues = ['mfa', 'pwd'],
}: {
  redirectUris: readonly string[]
  port?: number
  acrValues?: readonly string[]
}): Promise<TestOpenIdProvider> {
  let handle: (request: IncomingMessage, response: ServerResponse) => Promise<void> = async () => undefined
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error))
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening')
  const issuer = `http://127.0.0.1:${address.port}`
  const clientSecret = randomBytes(24).toString('base64url')
  const accounts: TestOpenIdProvider['accounts'] = new Map()
  const signIns: SignIns = { at: null, acr: 'mfa', amr: ['pwd', 'otp', 'mfa'] }

  const configuration: Configuration = {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [...redirectUris],
        token_endpoint_auth_method: 'client_secret_post',
        response_types: ['code'],
        grant_types: ['authorization_code'],
      },
    ],
    jwks: { keys: [{ ...aKey(), kid: 'one', use: 'sig', alg: 'RS256' }] },
    adapter: openIdMemory(),
    ttl: { AccessToken: 600, Grant: 3_600, IdToken: 600, Interaction: 600, Session: 86_400 },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    features: { devInteractions: { enabled: false }, claimsParameter: { enabled: true } },
    acrValues: [...acrValues],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], acr: null, amr: null, auth_time: null },
    findAccount: (_, subject) => {
      const account = accounts.get(subject)
      if (account === undefined) return undefined
      const { email, isVerified } = account
      return {
        accountId: subject,
        claims: async () => ({ sub: subject, email, email_verified: isVerified }),
      }
    },
    // Nobody is asked whether Curfew may know who they are.
    loadExistingGrant: async ({ oidc }) => {
      const grant = new oidc.provider.Grant({
        clientId: oidc.client?.clientId ?? clientId,
        accountId: oidc.session?.accountId ?? '',
      })
      grant.addOIDCScope('openid email')
      grant.addOIDCClaims(['acr', 'amr', 'auth_time'])
      await grant.save()
      return grant
    },
    interactions: { url: (_, { uid }) => `/sign-in/${uid}` },
  }
  const provider = new Provider(issuer, configuration)
  const answer = provider.callback()

  const resultOf = (form: URLSearchParams): InteractionResults => {
    if (form.has('cancel'))
      return { error: 'access_denied', error_description: 'Riley <b>said</b> no to secret-project' }
    const { at, acr, amr } = signIns
    const ts = Math.floor((at ?? new Date()).getTime() / 1_000)
    return { login: { accountId: form.get('account') ?? '', ts, amr: [...amr], ...(acr ? { acr } : {}) } }
  }
  handle = async (request, response) => {
    if (request.url?.startsWith('/sign-in/') !== true) return answer(request, response)
    const form = new URLSearchParams(request.method === 'POST' ? await text(request) : '')
    const isDone = form.has('cancel') || accounts.has(form.get('account') ?? '')
    if (isDone) return provider.interactionFinished(request, response, resultOf(form))
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page)
  }
  return {
    issuer,
    clientId,
    clientSecret,
    accounts,
    signIns,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const aKey = () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })

const page = `<!doctype html>
<html lang="en">
  <meta charset="utf-8" />
  <meta name="viewport" content="width=device-width" />
  <title>Sign in</title>
  <form method="post">
    <h1>Sign in at Acme</h1>
    <label>Account <input name="account" autocomplete="username" autofocus required /></label>
    <button>Sign in</button>
    <button name="cancel" value="yes" formnovalidate>Cancel</button>
  </form>
</html>
`
