import type { KeyObject } from 'node:crypto'

export interface User {
  readonly id: number
  login: string
}

export interface Invitation {
  readonly id: number
  readonly user: User
  readonly inviter: string
}

export interface Organization {
  readonly id: number
  readonly login: string
  readonly members: Map<User, 'admin' | 'member'>
  readonly invitations: Map<number, Invitation>
}

export interface Team {
  readonly id: number
  readonly organization: Organization
  name: string
  slug: string
  readonly parent: Team | null
  readonly privacy: 'closed' | 'secret'
  readonly type: 'organization' | 'enterprise'
  readonly members: Map<User, 'member' | 'maintainer'>
  readonly pending: Set<User>
  /** The group of an identity provider that fills it, by either of GitHub's two ways. */
  filledBy: { readonly way: 'external-groups' | 'team-sync'; readonly group: string } | null
}

export interface App {
  readonly id: number
  readonly slug: string
  readonly key: KeyObject
}

export interface Installation {
  readonly id: number
  readonly app: App
  readonly organization: Organization
  members: 'read' | 'write' | null
  isSuspended: boolean
}

/** Who asks, and with what. */
export type Caller =
  | { readonly kind: 'site' }
  | { readonly kind: 'app'; readonly app: App }
  | { readonly kind: 'installation'; readonly installation: Installation }
  | { readonly kind: 'classic'; readonly user: User; scopes: readonly string[]; sso: boolean }
  | { readonly kind: 'fine'; readonly user: User; members: 'read' | 'write' | null; sso: boolean }

/** Whom and what GitHub has. */
export class Directory {
  readonly users = new Map<number, User>()
  readonly organizations = new Map<number, Organization>()
  readonly teams = new Map<number, Team>()
  readonly apps = new Map<number, App>()
  readonly installations = new Map<number, Installation>()
  #last = 1_000

  nextId(): number {
    this.#last += 1
    return this.#last
  }

  /** Case does not count in logins. */
  user(login: string): User | undefined {
    return [...this.users.values()].find((one) => one.login.toLowerCase() === login.toLowerCase())
  }

  addUser(login: string): User {
    const user = { id: this.nextId(), login }
    this.users.set(user.id, user)
    return user
  }

  deleteUser(user: User): void {
    this.users.delete(user.id)
    for (const organization of this.organizations.values()) this.leave(organization, user)
  }

  leave(organization: Organization, user: User): void {
    organization.members.delete(user)
    for (const { id, user: invited } of organization.invitations.values())
      if (invited === user) organization.invitations.delete(id)
    for (const team of this.teams.values())
      if (team.organization === organization) {
        team.members.delete(user)
        team.pending.delete(user)
      }
  }

  /** Once. */
  invite(organization: Organization, user: User, inviter: string): void {
    if ([...organization.invitations.values()].some((one) => one.user === user)) return
    const id = this.nextId()
    organization.invitations.set(id, { id, user, inviter })
  }

  accept(organization: Organization, user: User): void {
    organization.members.set(user, organization.members.get(user) ?? 'member')
    for (const { id, user: invited } of organization.invitations.values())
      if (invited === user) organization.invitations.delete(id)
    for (const team of this.teams.values())
      if (team.organization === organization && team.pending.delete(user)) team.members.set(user, 'member')
  }

  addOrganization(login: string): Organization {
    const organization = { id: this.nextId(), login, members: new Map(), invitations: new Map() }
    this.organizations.set(organization.id, organization)
    return organization
  }

  organization(login: string): Organization | undefined {
    return [...this.organizations.values()].find((one) => one.login.toLowerCase() === login.toLowerCase())
  }

  teamsOf(organization: Organization): Team[] {
    return [...this.teams.values()].filter((team) => team.organization === organization)
  }

  below(team: Team): Team[] {
    return [...this.teams.values()].filter(({ parent }) => parent === team)
  }

  /** As REST counts them: with those of the teams below. */
  everybodyIn(team: Team): Map<User, 'member' | 'maintainer'> {
    const found = new Map<User, 'member' | 'maintainer'>()
    for (const child of this.below(team))
      for (const user of this.everybodyIn(child).keys()) found.set(user, 'member')
    for (const [user, role] of team.members) found.set(user, role)
    return found
  }
}

export const slugOf = (name: string): string => name.toLowerCase().replaceAll(/[^\w-]+/g, '-')
