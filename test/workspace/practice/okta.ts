import { z } from 'zod'

/** What is kept of somebody who works here, as it is sent. */
export interface Profile {
  /** The directory's own id: it stays, whatever they are called. */
  readonly externalId: string
  readonly name: string
  readonly email: string
  /** Their manager's id at the other side. */
  readonly manager: string | null
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH'

/** One request, and what it was answered with; null: nobody answered. */
export interface Exchange {
  readonly method: Method
  readonly path: string
  readonly body: unknown
  readonly status: number | null
}

export type Send = (
  method: Method,
  path: string,
  body?: unknown,
) => Promise<{ readonly status: number; readonly body: unknown }>

const core = 'urn:ietf:params:scim:schemas:core:2.0'
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const patchOp = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'

const made = z.object({ id: z.string() })
const found = z.object({ Resources: z.array(made).default([]) })
const whole = z.record(z.string(), z.unknown())
const refusal = z.object({ detail: z.string() })

/**
 * Writes people and groups by SCIM in the requests that Okta sends: whoever may be there already is looked up first, a
 * profile is read and put as a whole, and `active` and members are patched. `hears` gets each exchange. Rejects, in words
 * for whoever looks on, with what the other side refused.
 */
export function okta(send: Send, hears: (exchange: Exchange) => void) {
  const ask = async (method: Method, path: string, body?: unknown): Promise<unknown> => {
    const answer = await send(method, path, body).catch((error: unknown) => {
      hears({ method, path, body, status: null })
      throw new Error('Curfew does not answer just now.', { cause: error })
    })
    hears({ method, path, body, status: answer.status })
    if (answer.status < 300) return answer.body
    const said = refusal.safeParse(answer.body)
    throw new Error(`Curfew answered ${answer.status}${said.success ? `: ${said.data.detail}` : '.'}`)
  }
  const lookUp = async (path: string, filter: string): Promise<string | null> => {
    const list = await ask('GET', `${path}?filter=${encodeURIComponent(filter)}&startIndex=1&count=100`)
    return found.parse(list).Resources[0]?.id ?? null
  }
  const patch = async (path: string, operation: object): Promise<void> => {
    await ask('PATCH', path, { schemas: [patchOp], Operations: [operation] })
  }
  const putOver = async (id: string, profile: Profile): Promise<void> => {
    const before = whole.parse(await ask('GET', `/Users/${id}`))
    await ask('PUT', `/Users/${id}`, { ...before, ...attributesOf(profile) })
  }
  return {
    /** Resolves with their id at the other side. */
    async writes(profile: Profile): Promise<string> {
      const there = await lookUp('/Users', `userName eq ${JSON.stringify(profile.email)}`)
      if (there === null)
        return made.parse(await ask('POST', '/Users', { ...attributesOf(profile), groups: [], active: true }))
          .id
      await putOver(there, profile)
      return there
    },
    putOver,
    setActive: (id: string, active: boolean) => patch(`/Users/${id}`, { op: 'replace', value: { active } }),
    async writesGroup(name: string): Promise<string> {
      const there = await lookUp('/Groups', `displayName eq ${JSON.stringify(name)}`)
      if (there !== null) return there
      const group = { schemas: [`${core}:Group`], displayName: name, members: [] }
      return made.parse(await ask('POST', '/Groups', group)).id
    },
    add: (group: string, user: string, display: string) =>
      patch(`/Groups/${group}`, { op: 'add', path: 'members', value: [{ value: user, display }] }),
    remove: (group: string, user: string) =>
      patch(`/Groups/${group}`, { op: 'remove', path: `members[value eq "${user}"]` }),
  }
}

const attributesOf = ({ externalId, name, email, manager }: Profile) => ({
  schemas: [`${core}:User`, enterprise],
  externalId,
  userName: email,
  displayName: name,
  name: { formatted: name },
  emails: [{ primary: true, value: email, type: 'work' }],
  [enterprise]: manager === null ? {} : { manager: { value: manager } },
})
