import { z } from 'zod'
import { ConnectorError } from '../../domain/connector.ts'
import type { Api } from './api.ts'
import { system } from './failure.ts'
import type { OktaSettings } from './settings.ts'

const person = z.object({
  id: z.string().min(1),
  status: z.string(),
  profile: z.object({ login: z.string(), email: z.string().nullish() }),
})

export const people = z.array(person)

export type Person = z.infer<typeof person>

/** What a person is called by; null where they have none of it. */
export const nameOf = ({ profile }: Person, by: OktaSettings['people']): string | null =>
  (by === 'login' ? profile.login : profile.email) ?? null

export const isCalled = (one: Person, principal: string, by: OktaSettings['people']): boolean =>
  nameOf(one, by)?.toLowerCase() === principal.toLowerCase()

/** Whose account Okta has ended: they cannot sign in, and may be in groups still. */
export const isDeactivated = ({ status }: Person): boolean => status === 'DEPROVISIONED'

const isThem = {
  filter: (one: Person, principal: string, by: OktaSettings['people']) => nameOf(one, by) === principal,
  search: isCalled,
}

interface Sought {
  readonly principal: string
  readonly by: OktaSettings['people']
  readonly signal: AbortSignal
}

async function lookUp(
  api: Api,
  how: 'filter' | 'search',
  { principal, by, signal }: Sought,
): Promise<Person[]> {
  const query = new URLSearchParams({
    [how]: `profile.${by} eq ${JSON.stringify(principal)}`,
    limit: '200',
  })
  const path = `/api/v1/users?${query.toString()}`
  const found = await api.read(people, { doing: `look up ${principal}`, path, signal })
  return found.filter((one) => isThem[how](one, principal, by))
}

/**
 * All accounts that are called so. Of one login there is but one; of one e-mail address there may be several, such as one
 * that was deactivated and the one that came after it.
 */
export async function accountsOf(api: Api, sought: Sought): Promise<readonly Person[]> {
  const found = await lookUp(api, 'filter', sought)
  if (sought.by === 'login' && found.length > 0) return found
  const all = [...found, ...(await lookUp(api, 'search', sought))]
  return [...new Map(all.map((one) => [one.id, one])).values()]
}

/**
 * Who is called so, or null. First by `filter`, which is up to date and minds the case; then by `search`, which does not
 * mind it, and may be some seconds behind. Whatever comes back is compared here: nobody else is taken for them.
 */
export async function findPerson(api: Api, sought: Sought): Promise<Person | null> {
  for (const how of ['filter', 'search'] as const) {
    const found = await lookUp(api, how, sought)
    // Several may have one e-mail address: of those who have left none counts beside one who has not.
    const here = found.filter((one) => !isDeactivated(one))
    const [first, second] = here.length > 0 ? here : found
    if (second !== undefined)
      throw new ConnectorError(
        `${system} could not look up ${sought.principal}: several people are called so`,
        {
          retryable: false,
          happened: 'no',
        },
      )
    if (first !== undefined) return first
  }
  return null
}
