import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { Refusal } from './refusal.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const hmac = (key: Buffer | string, text: string) => createHmac('sha256', key).update(text).digest()
/** How far a signature may be from AWS's own time. */
const mostSkewMs = 300_000

export interface Key {
  readonly secret: string
  /** Of keys that are of a role for a time. */
  readonly sessionToken: string | null
  readonly expiresAtMs: number | null
}

export interface Signed {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Checks a signature (version 4) as AWS describes it; whose it is. */
export function signerOf<K extends Key>(
  { method, path, headers, body }: Signed,
  {
    keys,
    region,
    service,
    nowMs,
  }: { keys: ReadonlyMap<string, K>; region: string; service: string; nowMs: number },
): K {
  const authorization = headers.authorization ?? ''
  if (authorization === '')
    throw new Refusal('MissingAuthenticationTokenException', 'Missing Authentication Token')
  const [, credential = '', names = '', signature = ''] =
    /^AWS4-HMAC-SHA256 Credential=([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      authorization,
    ) ?? []
  if (signature === '') throw new Refusal('IncompleteSignatureException', `Authorization=${authorization}`)
  const [id = '', day = '', scopeRegion = '', scopeService = '', end = ''] = credential.split('/')
  const key = keys.get(id)
  if (key === undefined)
    throw new Refusal('UnrecognizedClientException', 'The security token included in the request is invalid.')
  if (scopeRegion !== region || scopeService !== service || end !== 'aws4_request')
    throw new Refusal('InvalidSignatureException', `Credential should be scoped to ${region}/${service}`)
  if (key.sessionToken !== null && headers['x-amz-security-token'] !== key.sessionToken)
    throw new Refusal('UnrecognizedClientException', 'The security token included in the request is invalid.')
  if (key.expiresAtMs !== null && nowMs > key.expiresAtMs)
    throw new Refusal('ExpiredTokenException', 'The security token included in the request is expired')
  const at = String(headers['x-amz-date'])
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(at) ?? []
  const [year = '', month = '', date = '', hour = '', minute = '', second = ''] = parts
  const signedMs = Date.parse(`${year}-${month}-${date}T${hour}:${minute}:${second}Z`)
  if (Number.isNaN(signedMs) || !at.startsWith(day))
    throw new Refusal('IncompleteSignatureException', 'Date must be in ISO-8601')
  const listed = names.split(';')
  // What is not signed could be another's.
  const needed = ['host', 'x-amz-date', ...Object.keys(headers).filter((name) => name === 'x-amz-target')]
  if (!needed.every((name) => listed.includes(name)))
    throw new Refusal('InvalidSignatureException', 'Some headers must be signed')
  const canonical = [
    method,
    path,
    '',
    ...listed.map(
      (name) =>
        `${name}:${String(headers[name] ?? '')
          .trim()
          .replace(/ +/g, ' ')}`,
    ),
    '',
    names,
    sha256(body),
  ].join('\n')
  const scope = `${day}/${region}/${service}/aws4_request`
  const text = ['AWS4-HMAC-SHA256', at, scope, sha256(canonical)].join('\n')
  const signing = [day, region, service, 'aws4_request'].reduce<Buffer | string>(hmac, `AWS4${key.secret}`)
  if (!timingSafeEqual(hmac(signing, text), Buffer.from(signature, 'hex')))
    throw new Refusal(
      'InvalidSignatureException',
      'The request signature we calculated does not match the signature you provided.',
    )
  const skewMs = nowMs - signedMs
  if (Math.abs(skewMs) > mostSkewMs)
    throw new Refusal(
      'InvalidSignatureException',
      `Signature ${skewMs > 0 ? 'expired' : 'not yet current'}: ${at} is not near ${new Date(nowMs).toISOString()}`,
    )
  return key
}
