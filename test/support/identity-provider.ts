/** An identity provider as Okta and Entra are one: it sends SCIM requests, and keeps the ids that it is answered with. */
export interface IdentityProvider {
  /** Sends it as it is. */
  send(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>
  hires(who: { name: string; email: string; manager?: string; userName?: string }): Promise<string>
  /** `active`, as Okta says it. */
  sets(user: string, active: boolean): Promise<void>
  deletes(user: string): Promise<void>
  renames(user: string, to: { email?: string; name?: string }): Promise<void>
  makesGroup(name: string, users?: readonly string[]): Promise<string>
  adds(group: string, ...users: string[]): Promise<void>
  removes(group: string, ...users: string[]): Promise<void>
}

const core = 'urn:ietf:params:scim:schemas:core:2.0'
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const patchOp = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'

export function anIdentityProvider({ address, token }: { address: string; token: string }): IdentityProvider {
  const send: IdentityProvider['send'] = async (method, path, body) => {
    const answer = await fetch(`${address}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    return { status: answer.status, body: text === '' ? null : JSON.parse(text) }
  }
  const done = async (...[method, path, body]: Parameters<typeof send>): Promise<unknown> => {
    const answer = await send(method, path, body)
    if (answer.status >= 300)
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  const idOf = (body: unknown): string =>
    typeof body === 'object' && body !== null && 'id' in body ? String(body.id) : ''
  const patch = async (path: string, ...operations: object[]): Promise<void> => {
    await done('PATCH', path, { schemas: [patchOp], Operations: operations })
  }
  const values = (users: readonly string[]) => users.map((value) => ({ value }))
  return {
    send,
    hires: async ({ name, email, manager, userName = email }) =>
      idOf(
        await done('POST', '/Users', {
          schemas: [`${core}:User`, ...(manager === undefined ? [] : [enterprise])],
          userName,
          externalId: `ext-${userName}`,
          displayName: name,
          emails: [{ value: email, type: 'work', primary: true }],
          active: true,
          ...(manager === undefined ? {} : { [enterprise]: { manager: { value: manager } } }),
        }),
      ),
    sets: (user, active) => patch(`/Users/${user}`, { op: 'replace', value: { active } }),
    deletes: async (user) => {
      await done('DELETE', `/Users/${user}`)
    },
    renames: (user, { email, name }) =>
      patch(
        `/Users/${user}`,
        ...(email === undefined
          ? []
          : [{ op: 'replace', path: 'emails', value: [{ value: email, type: 'work', primary: true }] }]),
        ...(name === undefined ? [] : [{ op: 'replace', path: 'displayName', value: name }]),
      ),
    makesGroup: async (name, users = []) =>
      idOf(
        await done('POST', '/Groups', {
          schemas: [`${core}:Group`],
          displayName: name,
          members: values(users),
        }),
      ),
    adds: (group, ...users) =>
      patch(`/Groups/${group}`, { op: 'add', path: 'members', value: values(users) }),
    removes: (group, ...users) =>
      patch(
        `/Groups/${group}`,
        ...users.map((user) => ({ op: 'remove', path: `members[value eq "${user}"]` })),
      ),
  }
}
