import { randomBytes } from 'node:crypto'

export interface User {
  readonly id: string
  status: 'ACTIVE' | 'SUSPENDED' | 'DEPROVISIONED'
  readonly profile: { readonly login: string; readonly email: string }
  readonly roles: Set<string>
  /** When the index of `search` first knows of it. */
  readonly indexedAtMs: number
}

export interface Group {
  readonly id: string
  readonly type: string
  readonly profile: { readonly name: string }
  readonly members: Set<string>
}

export interface Rule {
  readonly id: string
  readonly type: 'group_rule'
  readonly name: string
  status: 'ACTIVE' | 'INACTIVE'
  readonly actions: { readonly assignUserToGroups: { readonly groupIds: readonly string[] } }
}

/** Whom and what the organisation has, in the order in which it came. */
export class Directory {
  readonly users = new Map<string, User>()
  readonly groups = new Map<string, Group>()
  readonly rules = new Map<string, Rule>()
  readonly #indexLagMs: number

  constructor(indexLagMs: number) {
    this.#indexLagMs = indexLagMs
    this.addGroup('Everyone', 'BUILT_IN')
  }

  /** Null where the login is taken: case does not count there. */
  addUser(login: string, email: string, roles: readonly string[] = []): User | null {
    const taken = [...this.users.values()].some(
      ({ profile }) => profile.login.toLowerCase() === login.toLowerCase(),
    )
    return taken ? null : this.putUser(login, email, roles)
  }

  putUser(login: string, email: string, roles: readonly string[] = []): User {
    const user: User = {
      id: anId('00u'),
      status: 'ACTIVE',
      profile: { login, email },
      roles: new Set(roles),
      indexedAtMs: performance.now() + this.#indexLagMs,
    }
    this.users.set(user.id, user)
    return user
  }

  addGroup(name: string, type = 'OKTA_GROUP'): Group {
    const group: Group = { id: anId('00g'), type, profile: { name }, members: new Set() }
    this.groups.set(group.id, group)
    return group
  }

  addRule(name: string, groupIds: readonly string[]): Rule {
    const rule: Rule = {
      id: anId('0pr'),
      type: 'group_rule',
      name,
      status: 'INACTIVE',
      actions: { assignUserToGroups: { groupIds } },
    }
    this.rules.set(rule.id, rule)
    return rule
  }

  /** Whoever is here is deactivated; whoever is deactivated goes for good. */
  deleteUser(user: User): void {
    if (user.status !== 'DEPROVISIONED') {
      user.status = 'DEPROVISIONED'
      return
    }
    this.users.delete(user.id)
    for (const { members } of this.groups.values()) members.delete(user.id)
  }

  groupsOf(user: User): Group[] {
    return [...this.groups.values()].filter(
      ({ type, members }) => type === 'BUILT_IN' || members.has(user.id),
    )
  }

  membersOf({ type, members }: Group): User[] {
    return [...this.users.values()].filter(({ id }) => type === 'BUILT_IN' || members.has(id))
  }
}

const anId = (prefix: string) => `${prefix}${randomBytes(9).toString('hex').slice(0, 17)}`
