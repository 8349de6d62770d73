import { randomBytes } from 'node:crypto'
import { accountId } from './state.ts'
import type { Key } from './signature.ts'
import type { Statement } from './policy.ts'

/** Whose key it is, and what its policies allow. */
export interface Owned extends Key {
  readonly arn: string
  readonly statements: Statement[]
}

/** A role that can be assumed, by whom, and for how long. */
export interface Role {
  readonly arn: string
  readonly statements: Statement[]
  /** Null: by a token of the provider's alone. */
  readonly trusts: string | null
  readonly externalId: string | null
  readonly webIdentity: string | null
  readonly seconds: number
}

const xml = (status: number, body: string) => ({ status, body, type: 'text/xml' })
const fails = (code: string, message: string, status: number) =>
  xml(
    status,
    `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>stand-in</RequestId></ErrorResponse>`,
  )

/** What the service for roles answers: `signer` is null where nothing was signed. */
export function assume(
  asked: URLSearchParams,
  {
    roles,
    keys,
    signer,
    nowMs,
  }: { roles: ReadonlyMap<string, Role>; keys: Map<string, Owned>; signer: Owned | null; nowMs: number },
): { status: number; body: string; type: string } {
  const action = asked.get('Action') ?? ''
  const role = roles.get(asked.get('RoleArn') ?? '')
  const denied = fails(
    'AccessDenied',
    `${signer === null ? 'Not' : `User: ${signer.arn} is not`} authorized to perform: sts:${action}`,
    403,
  )
  if (role === undefined || (asked.get('RoleSessionName') ?? '') === '') return denied
  if (action === 'AssumeRole') {
    if (signer?.arn !== role.trusts || asked.get('ExternalId') !== role.externalId) return denied
  } else if (action === 'AssumeRoleWithWebIdentity') {
    if (role.webIdentity === null) return denied
    if (asked.get('WebIdentityToken') !== role.webIdentity)
      return fails(
        'InvalidIdentityToken',
        'Couldn&apos;t retrieve verification key from your identity provider',
        400,
      )
  } else return fails('InvalidAction', `Could not find operation ${action}`, 400)
  const id = `ASIA${randomBytes(8).toString('hex').toUpperCase()}`
  const expiresAtMs = nowMs + role.seconds * 1_000
  const key: Owned = {
    secret: randomBytes(20).toString('hex'),
    sessionToken: randomBytes(40).toString('base64'),
    expiresAtMs,
    arn: role.arn.replace(`arn:aws:iam::${accountId}:role/`, `arn:aws:sts::${accountId}:assumed-role/`),
    statements: role.statements,
  }
  keys.set(id, key)
  return xml(
    200,
    `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><Credentials><AccessKeyId>${id}</AccessKeyId><SecretAccessKey>${key.secret}</SecretAccessKey><SessionToken>${key.sessionToken ?? ''}</SessionToken><Expiration>${new Date(expiresAtMs).toISOString()}</Expiration></Credentials></${action}Result><ResponseMetadata><RequestId>stand-in</RequestId></ResponseMetadata></${action}Response>`,
  )
}
