import { z } from 'zod'
import type { Lack } from '../../domain/connector.ts'
import type { Api } from './api.ts'
import { Refused } from './failure.ts'
import type { GithubSettings } from './settings.ts'
import { isSameLogin, membership, orNull } from './teams.ts'

/** To whom a token belongs; an app has none. */
export interface Owner {
  readonly login: string
  readonly isClassic: boolean
  /** Of the organization: may change all its teams. */
  readonly ownsAll: boolean
}

export interface Whole {
  readonly owner: Owner | null
  readonly lacks: readonly Lack[]
}

/** Where people are, beside the API. */
const siteOf = (url: string): string => {
  const { protocol, host } = new URL(url)
  return `${protocol}//${host.replace(/^api\./, '')}`
}

const enough = z.enum(['write:org', 'admin:org'])

/** What Curfew lacks in the organization, before any of its teams is looked at. */
export async function lookAtLogin(api: Api, settings: GithubSettings, signal: AbortSignal): Promise<Whole> {
  const { organization, url } = settings

  async function lacksOfApp(): Promise<Lack[]> {
    const doing = 'look up the installation of the app'
    // Signing in tells whether the key and the installation are good.
    await api.login.token({ doing, signal })
    const installed = await api.login.installation({ doing, signal })
    if (installed === null) return []
    const { account, app_slug: slug, html_url: page, permissions } = installed
    if (!isSameLogin(account.login, organization))
      return [
        {
          what: `the installation of the app ${slug} is in ${account.login}, and not in ${organization}`,
          remedy: `Install the app in ${organization}, and write the number that ends the address of its page there`,
        },
      ]
    const { members = 'none' } = permissions
    if (members === 'write') return []
    return [
      {
        what: `the app ${slug} may not change who is in teams: it has the permission members: ${members}`,
        remedy: `Set the organization permission Members of the app ${slug} to "Read and write", and accept it at ${page}`,
      },
    ]
  }

  async function lookAtToken(): Promise<Whole> {
    const { login, scopes } = await api.self(signal)
    const owner = { login, isClassic: scopes !== null, ownsAll: false }
    if (scopes !== null && !scopes.some((scope) => enough.safeParse(scope).success)) {
      const has = scopes.filter((scope) => scope !== '').join(', ') || 'none'
      const what = `the token of ${login} has the scopes ${has}, and neither write:org nor admin:org`
      const remedy = `Give the token the scope write:org, at ${siteOf(url)}/settings/tokens`
      return { owner, lacks: [{ what, remedy }] }
    }
    const path = `/user/memberships/orgs/${organization}`
    const doing = `look up ${login} in ${organization}`
    const own = await orRefused(orNull(api.read(membership, { doing, path, signal })))
    if (own instanceof Refused) return { owner, lacks: [lackOf(own, owner, settings)] }
    if (own?.state === 'active')
      return { owner: { login, isClassic: owner.isClassic, ownsAll: own.role === 'admin' }, lacks: [] }
    const what = `${login}, to whom the token belongs, is not in the organization ${organization}`
    const invite = `PUT ${url.replace(/\/+$/, '')}/orgs/${organization}/memberships/${login}`
    return { owner, lacks: [{ what, remedy: `${invite} {"role":"member"}, which they accept` }] }
  }

  return api.login.isApp ? { owner: null, lacks: await lacksOfApp() } : lookAtToken()
}

/** What a refusal says is lacking. */
export function lackOf(refusal: Refused, owner: Owner | null, { organization, url }: GithubSettings): Lack {
  if (owner !== null && refusal.needsSignOn)
    return {
      what: `the token of ${owner.login} is not authorized for the single sign-on of ${organization}`,
      remedy: `Configure SSO of the token, at ${siteOf(url)}/settings/tokens`,
    }
  if (owner === null || owner.isClassic) return { what: refusal.message, remedy: null }
  return {
    what: `the token of ${owner.login} may not read or change who is in teams of ${organization}`,
    remedy: `Give the token the organization permission Members: "Read and write" for ${organization}, at ${siteOf(url)}/settings/personal-access-tokens`,
  }
}

/** What a call resolves to, or the refusal where a right is missing. */
export async function orRefused<T>(call: Promise<T>): Promise<T | Refused> {
  try {
    return await call
  } catch (error) {
    if (error instanceof Refused && error.status === 403 && !error.retryable) return error
    throw error
  }
}
