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

/**
 * Who is called so, or null. First by `filter`, which is up to date and minds the case; then by `search`, which does not
 * mind it, and may be some seconds behind. Whatever comes back is compared here: nobody else is taken for them.
 */
export async function findPerson(
  api: Api,
  { principal, by, signal }: { principal: string; by: OktaSettings['people']; signal: AbortSignal },
): Promise<Person | null> {
  const doing = `look up ${principal}`
  const isThem: Record<'filter' | 'search', (one: Person) => boolean> = {
    filter: (one) => nameOf(one, by) === principal,
    search: (one) => nameOf(one, by)?.toLowerCase() === principal.toLowerCase(),
  }
  for (const how of ['filter', 'search'] as const) {
    const query = new URLSearchParams({
      [how]: `profile.${by} eq ${JSON.stringify(principal)}`,
      limit: '200',
    })
    const path = `/api/v1/users?${query.toString()}`
    const found = (await api.read(people, { doing, path, signal })).filter(isThem[how])
    // Several may have one e-mail address: of those who have left none counts beside one who has not.
    const here = found.filter(({ status }) => status !== 'DEPROVISIONED')
    const [first, second] = here.length > 0 ? here : found
    if (second !== undefined)
      throw new ConnectorError(`${system} could not ${doing}: several people are called so`, {
        retryable: false,
        happened: 'no',
      })
    if (first !== undefined) return first
  }
  return null
}
