import type { Identitystore } from '@aws-sdk/client-identitystore'
import type { SSOAdmin } from '@aws-sdk/client-sso-admin'
import type { z } from 'zod'
import { ConnectorError, type Surroundings } from '../../domain/connector.ts'
import { failureOf, Refused, system } from './failure.ts'
import { loginOf, type Keys, type Roles } from './login.ts'
import { rest as resting } from './rest.ts'
import type { IdentityCenterSettings } from './settings.ts'
import { transport, type Handler, type How } from './transport.ts'

export interface Asked {
  readonly doing: string
  readonly signal: AbortSignal
}

type Ask<Client> = <T>(
  schema: z.ZodType<T>,
  asked: Asked,
  call: (client: Client, how: How) => Promise<unknown>,
) => Promise<T>

export interface Api {
  /** Asks the identity store: people, groups and memberships. Rejects with `ConnectorError`s alone. */
  readonly store: Ask<Identitystore>
  /** Asks Identity Center: permission sets and assignments. */
  readonly admin: Ask<SSOAdmin>
  close(): Promise<void>
}

/**
 * The services of AWS, by its SDK, which signs and reads; it is loaded at the first call. Nothing is asked twice by it,
 * and none of its settings comes from the environment or the files of this machine.
 *
 * Where a service says that it is asked too often, it is left alone for as long as it asks (a second where it does not
 * say): calls fail at once meanwhile.
 */
export function apiAt(settings: IdentityCenterSettings, surroundings: Surroundings): Api {
  const wire = transport(surroundings)
  let loading: Promise<{ store: Identitystore; admin: SSOAdmin }> | null = null
  /** Those of the last call: read for each, so that what is rotated counts at once. */
  let keys: Keys | null = null
  let isClosed = false
  const configOf = (service: string) => configFor(service, settings, wire.handler)
  const offsetMs = (): number => surroundings.now().getTime() - Date.now()

  const roles: Roles = {
    async assumeRole(input, own, how) {
      const { STS } = await import('@aws-sdk/client-sts')
      const sts = new STS({ ...configOf('sts'), credentials: own, systemClockOffset: offsetMs() })
      return sts.assumeRole(input, how)
    },
    async assumeRoleWithWebIdentity(input, how) {
      const { STS } = await import('@aws-sdk/client-sts')
      // Asked by a token, without a signature.
      return new STS({ ...configOf('sts'), credentials: noKeys }).assumeRoleWithWebIdentity(input, how)
    },
  }
  const login = loginOf(settings, surroundings, roles)

  async function load() {
    const [{ Identitystore }, { SSOAdmin }] = await Promise.all([
      import('@aws-sdk/client-identitystore'),
      import('@aws-sdk/client-sso-admin'),
    ])
    const credentials = () =>
      keys === null
        ? noKeys()
        : // Over at once, so that the SDK asks for them each time.
          Promise.resolve({ ...keys, expiration: new Date(0) })
    return {
      store: new Identitystore({ ...configOf('identitystore'), credentials }),
      admin: new SSOAdmin({ ...configOf('sso'), credentials }),
    }
  }

  function asking<Name extends 'store' | 'admin'>(name: Name) {
    const rest = resting()
    return async function ask<T>(
      schema: z.ZodType<T>,
      { doing, signal }: Asked,
      call: (client: { store: Identitystore; admin: SSOAdmin }[Name], how: How) => Promise<unknown>,
    ): Promise<T> {
      const refused = (why: string) =>
        new ConnectorError(`${system} could not ${doing}: ${why}`, { retryable: true, happened: 'no' })
      rest.expectOver(doing)
      if (signal.aborted) throw refused('no time was left')
      loading ??= load()
      const clients = await loading
      keys = await login.keys({ doing, signal })
      if (isClosed) throw refused('the connector is closed')
      clients[name].config.systemClockOffset = offsetMs()
      const answer = await call(clients[name], { abortSignal: signal, doing }).catch((error: unknown) => {
        const failure = failureOf(doing, error)
        if (failure instanceof Refused && failure.kind === 'expired') login.forget()
        rest.beginAfter(failure)
        throw failure
      })
      const parsed = schema.safeParse(answer)
      if (parsed.success) return parsed.data
      throw new ConnectorError(`${system} could not ${doing}: its answer cannot be read`, { retryable: true })
    }
  }

  return {
    store: asking('store'),
    admin: asking('admin'),
    async close() {
      isClosed = true
      await wire.close()
    },
  }
}

const noKeys = () => Promise.reject(new Error('asked without a login'))

/** All that the SDK would look up in this machine's environment and files is said. */
function configFor(
  service: string,
  { region, instance, endpoint }: IdentityCenterSettings,
  handler: Handler,
) {
  const domain = instance.startsWith('arn:aws-cn:') ? 'amazonaws.com.cn' : 'amazonaws.com'
  return {
    region,
    endpoint: endpoint ?? `https://${service}.${region}.${domain}`,
    requestHandler: handler,
    maxAttempts: 1,
    retryMode: 'standard',
    defaultsMode: 'standard' as const,
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    authSchemePreference: [],
    userAgentAppId: 'curfew',
  }
}
