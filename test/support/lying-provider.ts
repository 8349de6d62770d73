import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey, type JWK } from 'jose'

type Claims = Record<string, unknown>
/** What comes instead of an answer. Hangs: nothing ever. Breaks: the connection ends in the middle. Floods: no end. */
type Instead =
  | 'hangs'
  | 'breaks'
  | 'floods'
  | 'redirects'
  | { readonly status: number; readonly body: string; readonly type?: string }
type Signing = 'announced' | 'unknown' | 'imposter' | 'none' | 'secret'

/**
 * An identity provider that signs everybody in at once, unseen, and lies as it is told to: what a real one never does. Without
 * a lie it tells the truth. It does not look at client secrets and PKCE.
 */
export interface LyingProvider {
  readonly issuer: string
  /** Who is signed in. */
  subject: string
  /** What becomes of the ID token's honest claims; what is undefined is left out. */
  claims: (honest: Claims) => Claims
  /** By which key: the announced one; one it never announced; another behind the same id; none; the client's secret. */
  signing: Signing
  /** By path: `/token`. */
  readonly instead: Map<string, Instead>
  /** Beside what it announces of itself. */
  announces: Claims
  userinfo: Claims
  /** How long each answer takes. */
  delayMs: number
  /** With which error it sends back. */
  error: string | null
  /** Paths that it was asked for. */
  readonly asked: string[]
  /** Another key from now on; the one before is not announced any more. */
  rotates(): Promise<void>
  /** The truth again. */
  repents(): void
  stop(): Promise<void>
}

const clientSecret = 'the-secret-of-curfew-of-32-bytes-or-more'
export const lyingClient = { clientId: 'curfew', clientSecret }

interface Key {
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly jwk: JWK
}

export async function startLyingProvider(): Promise<LyingProvider> {
  const server = createServer((request, response) => {
    answered(request, response).catch((error: unknown) => response.destroy(new Error(String(error))))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening')
  const issuer = `http://127.0.0.1:${address.port}`
  const codes = new Map<string, { nonce: string | null }>()
  const imposter = await aKey('imposter')
  let key = await aKey('1')

  const one: LyingProvider = {
    issuer,
    asked: [],
    instead: new Map(),
    ...honest(),
    rotates: async () => {
      key = await aKey(`${key.kid}1`)
    },
    repents: () => {
      Object.assign(one, honest())
      one.instead.clear()
      one.asked.length = 0
    },
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }

  const idToken = async (nonce: string | null): Promise<string> => {
    const now = Math.floor(Date.now() / 1_000)
    const claims = one.claims({
      iss: issuer,
      sub: one.subject,
      aud: lyingClient.clientId,
      nonce,
      iat: now,
      exp: now + 300,
      auth_time: now,
      acr: 'mfa',
      amr: ['pwd', 'mfa'],
    })
    const { kid, privateKey } = key
    switch (one.signing) {
      case 'none':
        return new UnsecuredJWT(claims).encode()
      case 'secret':
        return new SignJWT(claims)
          .setProtectedHeader({ alg: 'HS256' })
          .sign(new TextEncoder().encode(clientSecret))
      case 'unknown':
        return signed(claims, 'never-announced', imposter.privateKey)
      case 'imposter':
        return signed(claims, kid, imposter.privateKey)
      case 'announced':
        return signed(claims, kid, privateKey)
    }
  }

  async function answered(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    const body = new URLSearchParams(await text(request))
    const { pathname, searchParams } = new URL(String(request.url), issuer)
    one.asked.push(pathname)
    if (one.delayMs > 0) await setTimeout(one.delayMs)
    const instead = one.instead.get(pathname)
    if (instead !== undefined) return lie(instead, response)
    const says = (answer: object, status = 200) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    switch (pathname) {
      case '/.well-known/openid-configuration': {
        says({ ...announced(issuer), ...one.announces })
        return
      }
      case '/jwks': {
        says({ keys: [key.jwk] })
        return
      }
      case '/userinfo': {
        says({ sub: one.subject, ...one.userinfo })
        return
      }
      case '/authorize': {
        const code = randomBytes(16).toString('hex')
        codes.set(code, { nonce: searchParams.get('nonce') })
        const back = new URL(searchParams.get('redirect_uri') ?? issuer)
        back.searchParams.set('state', searchParams.get('state') ?? '')
        if (one.error === null) back.searchParams.set('code', code)
        else {
          back.searchParams.set('error', one.error)
          back.searchParams.set('error_description', 'secret-of-the-provider')
        }
        return response.writeHead(303, { location: back.href }).end()
      }
      case '/token': {
        const code = codes.get(body.get('code') ?? '')
        if (code === undefined) {
          says({ error: 'invalid_grant' }, 400)
          return
        }
        codes.delete(body.get('code') ?? '')
        const token = await idToken(code.nonce)
        says({ access_token: 'a', token_type: 'Bearer', expires_in: 60, id_token: token })
        return
      }
      default: {
        says({}, 404)
        return
      }
    }
  }
  return one
}

const honest = (): Pick<
  LyingProvider,
  'subject' | 'claims' | 'signing' | 'announces' | 'userinfo' | 'delayMs' | 'error'
> => ({
  subject: 'riley-1',
  claims: (claims) => claims,
  signing: 'announced',
  announces: {},
  userinfo: { email: 'riley@acme.example', email_verified: true },
  delayMs: 0,
  error: null,
})

const announced = (issuer: string): Claims => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/jwks`,
  userinfo_endpoint: `${issuer}/userinfo`,
  response_types_supported: ['code'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256'],
  token_endpoint_auth_methods_supported: ['client_secret_post'],
  code_challenge_methods_supported: ['S256'],
  scopes_supported: ['openid', 'email'],
})

async function aKey(kid: string): Promise<Key> {
  const { publicKey, privateKey } = await generateKeyPair('RS256')
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' } }
}

const signed = (claims: Claims, kid: string, by: CryptoKey): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid }).sign(by)

function lie(instead: Instead, response: ServerResponse): unknown {
  if (typeof instead === 'object')
    return response
      .writeHead(instead.status, { 'content-type': instead.type ?? 'text/html' })
      .end(instead.body)
  switch (instead) {
    case 'hangs':
      return null
    case 'redirects':
      return response.writeHead(302, { location: '/elsewhere' }).end()
    case 'breaks':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' })
      return response.write('{"issuer":', () => response.destroy())
    case 'floods': {
      response.writeHead(200, { 'content-type': 'application/json' })
      const pour = (): void => {
        while (!response.destroyed && response.write(' '.repeat(64_000)));
        if (!response.destroyed) response.once('drain', pour)
      }
      pour()
      return
    }
  }
}
