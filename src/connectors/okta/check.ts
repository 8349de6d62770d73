import { z } from 'zod'
import type { Lack, Target } from '../../domain/connector.ts'
import type { Api } from './api.ts'
import { Refused } from './failure.ts'
import { findGroup, ruleInto, whyClosed } from './groups.ts'
import { people } from './people.ts'
import { groupOf, type OktaSettings } from './settings.ts'

const self = z.object({ id: z.string(), profile: z.object({ login: z.string() }) })

/** An id that is nobody's: taking nobody out of a group tells whether one may. */
const nobody = '00u0000000000000nobody'

export async function lacksOf(
  api: Api,
  settings: OktaSettings,
  { targets, signal }: { targets: readonly Target[]; signal: AbortSignal },
): Promise<Lack[]> {
  const owner = await api.read(self, { doing: 'say who Curfew is', path: '/api/v1/users/me', signal })
  const needs = (what: string, role: string, or = ''): Lack => ({
    what: `${owner.profile.login}, to whom the token belongs, may not ${what}`,
    remedy: `POST ${new URL(settings.url).origin}/api/v1/users/${owner.id}/roles {"type":"${role}"}${or}`,
  })

  async function lacksFor(id: string): Promise<(Lack | null)[]> {
    const group = await mayBe(findGroup(api, id, signal))
    if (group === 'forbidden') return [needs(`see the group ${id}`, 'GROUP_MEMBERSHIP_ADMIN')]
    if (group === null) return [{ what: `the group ${id} does not exist`, remedy: null }]
    const closed = whyClosed(group)
    if (closed !== null)
      return [
        { what: closed, remedy: `Give a group that was made in Okta: POST ${settings.url}/api/v1/groups` },
      ]
    const path = `/api/v1/groups/${id}/users/${nobody}`
    const changed = await mayBe(
      api.change('DELETE', { doing: `rehearse a take from the group ${group.name}`, path, signal }),
    )
    const rule = settings.rules ? await mayBe(ruleInto(api, id, signal)) : null
    return [
      changed === 'forbidden'
        ? needs(`change who is in the group ${group.name}`, 'GROUP_MEMBERSHIP_ADMIN')
        : null,
      rule === 'forbidden'
        ? needs('read the group rules', 'READ_ONLY_ADMIN', ', or write rules: false into the settings')
        : null,
      rule !== null && rule !== 'forbidden'
        ? {
            what: `the rule ${rule.name} says who is in the group ${group.name}`,
            remedy: `POST ${new URL(settings.url).origin}/api/v1/groups/rules/${rule.id}/lifecycle/deactivate, or give another group`,
          }
        : null,
    ]
  }

  const path = '/api/v1/users?limit=1'
  const seen = await mayBe(api.read(people, { doing: 'look up people', path, signal }))
  const lacks = await Promise.all([...new Set(targets.map(groupOf))].map(lacksFor))
  const found = [
    seen === 'forbidden' ? needs('look up people', 'GROUP_MEMBERSHIP_ADMIN') : null,
    ...lacks.flat(),
  ].filter((lack) => lack !== null)
  return [...new Map(found.map((lack) => [lack.what, lack])).values()]
}

/** What a call resolves to; `forbidden` where a right is missing, and null where there is no such thing. */
async function mayBe<T>(call: Promise<T>): Promise<T | 'forbidden' | null> {
  try {
    return await call
  } catch (error) {
    if (error instanceof Refused && error.status === 403) return 'forbidden'
    if (error instanceof Refused && error.isMissing) return null
    throw error
  }
}
