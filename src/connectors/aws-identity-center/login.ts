import { z } from 'zod'
import { ConnectorError, type Surroundings } from '../../domain/connector.ts'
import { readSecret } from '../secret.ts'
import { failureOf, system } from './failure.ts'
import { rest as resting } from './rest.ts'
import type { IdentityCenterSettings } from './settings.ts'
import type { How } from './transport.ts'
import { within } from './waiting.ts'

/** Before it expires a role is assumed anew. */
const spareMs = 300_000

export interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** What the service for roles is asked. */
export interface Roles {
  assumeRole(
    input: { RoleArn: string; RoleSessionName: string; ExternalId?: string },
    keys: Keys,
    how: How,
  ): Promise<unknown>
  assumeRoleWithWebIdentity(
    input: { RoleArn: string; RoleSessionName: string; WebIdentityToken: string },
    how: How,
  ): Promise<unknown>
}

const assumedSchema = z.object({
  Credentials: z.object({
    AccessKeyId: z.string().min(1),
    SecretAccessKey: z.string().min(1),
    SessionToken: z.string().min(1),
    Expiration: z.date(),
  }),
})

const name = 'curfew'

export interface Login {
  /** The keys of now. Rejects with `ConnectorError`s, where nothing was asked for yet. */
  keys(asked: { doing: string; signal: AbortSignal }): Promise<Keys>
  /** They were said to have expired. */
  forget(): void
}

/** Keys are read anew at each call; those of a role are kept until they are about to expire. */
export function loginOf(
  { login }: Pick<IdentityCenterSettings, 'login'>,
  surroundings: Surroundings,
  roles: Roles,
): Login {
  let kept: { readonly keys: Keys; readonly until: number } | null = null
  let assuming: Promise<Keys> | null = null
  const rest = resting()

  async function ownKeys(): Promise<Keys | null> {
    if ('webIdentity' in login) return null
    const [accessKeyId, secretAccessKey, sessionToken] = await Promise.all([
      readSecret(login.accessKeyId, surroundings),
      readSecret(login.secretAccessKey, surroundings),
      login.sessionToken === undefined ? undefined : readSecret(login.sessionToken, surroundings),
    ])
    return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) }
  }

  async function assumed(role: string): Promise<Keys> {
    const doing = `assume the role ${role}`
    rest.expectOver(doing)
    const how = { doing, abortSignal: AbortSignal.timeout(surroundings.timeoutMs) }
    const asked = { RoleArn: role, RoleSessionName: name }
    const answer = await answerOf(asked, how).catch((error: unknown) => {
      const failure = failureOf(doing, error)
      rest.beginAfter(failure)
      const { message, retryable } = failure
      // To have assumed a role changes nothing; and what is refused is this, not what the role is for.
      throw new ConnectorError(message, { retryable, happened: 'no' })
    })
    const parsed = assumedSchema.safeParse(answer)
    if (!parsed.success)
      throw new ConnectorError(`${system} could not ${doing}: its answer cannot be read`, {
        retryable: true,
        happened: 'no',
      })
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = parsed.data.Credentials
    for (const secret of [SecretAccessKey, SessionToken]) surroundings.hide(secret)
    const keys = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
    kept = { keys, until: Expiration.getTime() - spareMs }
    return keys
  }

  async function answerOf(asked: { RoleArn: string; RoleSessionName: string }, how: How): Promise<unknown> {
    if ('webIdentity' in login) {
      const token = await readSecret(login.webIdentity, surroundings)
      return roles.assumeRoleWithWebIdentity({ ...asked, WebIdentityToken: token }, how)
    }
    const keys = await ownKeys()
    if (keys === null) throw new Error('a login without keys')
    const { externalId } = login
    return roles.assumeRole(
      { ...asked, ...(externalId === undefined ? {} : { ExternalId: externalId }) },
      keys,
      how,
    )
  }

  return {
    async keys({ doing, signal }) {
      const { role } = login
      if (role === undefined) {
        const keys = await ownKeys()
        if (keys !== null) return keys
        throw new Error('a login without keys or a role')
      }
      if (kept !== null && surroundings.now().getTime() < kept.until) return kept.keys
      assuming ??= assumed(role).finally(() => {
        assuming = null
      })
      return within(assuming, { doing, signal })
    },
    forget() {
      kept = null
    },
  }
}
