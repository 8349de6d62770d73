import { randomBytes, randomUUID } from 'node:crypto'
import { invalid } from './refusal.ts'

export const accountId = '111122223333'
export const region = 'eu-central-1'
export const instanceArn = 'arn:aws:sso:::instance/ssoins-1234567890abcdef'
export const storeId = 'd-9967000001'

export interface User {
  readonly UserId: string
  readonly UserName: string
  readonly Emails: readonly { readonly Value: string; readonly Primary: boolean }[]
  UserStatus: 'ENABLED' | 'DISABLED'
}

export interface Membership {
  readonly MembershipId: string
  readonly GroupId: string
  readonly UserId: string
}

export interface Assignment {
  readonly account: string
  readonly permissionSet: string
  readonly type: 'USER' | 'GROUP'
  readonly principal: string
}

export interface Operation {
  readonly kind: 'creation' | 'deletion'
  readonly RequestId: string
  readonly assignment: Assignment
  readonly createdAt: number
  Status: 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED'
  FailureReason: string | null
}

/** Whom and what the instance has, in the order in which it came. */
export class State {
  readonly users = new Map<string, User>()
  readonly groups = new Map<string, string>()
  readonly memberships = new Map<string, Membership>()
  readonly #byMember = new Map<string, Membership>()
  readonly permissionSets = new Map<string, string>()
  readonly accounts = new Set<string>()
  readonly assignments = new Map<string, Assignment>()
  readonly operations = new Map<string, Operation>()

  addUser(userName: string, email: string): User {
    // As AWS has it: no spaces in it.
    if (!/^[\p{L}\p{M}\p{S}\p{N}\p{P}]{1,128}$/u.test(userName)) throw invalid('userName')
    const user: User = {
      UserId: anId(),
      UserName: userName,
      Emails: [{ Value: email, Primary: true }],
      UserStatus: 'ENABLED',
    }
    this.users.set(user.UserId, user)
    return user
  }

  addGroup(name: string): string {
    const id = anId()
    this.groups.set(id, name)
    return id
  }

  addPermissionSet(name: string): string {
    const arn = `${instanceArn.replace(':instance/', ':permissionSet/')}/ps-${randomBytes(8).toString('hex')}`
    this.permissionSets.set(arn, name)
    return arn
  }

  addMembership(GroupId: string, UserId: string): Membership {
    const membership = { MembershipId: anId(), GroupId, UserId }
    this.memberships.set(membership.MembershipId, membership)
    this.#byMember.set(`${GroupId} ${UserId}`, membership)
    return membership
  }

  membershipOf(GroupId: string, UserId: string): Membership | null {
    return this.#byMember.get(`${GroupId} ${UserId}`) ?? null
  }

  deleteMembership({ MembershipId, GroupId, UserId }: Membership): void {
    this.memberships.delete(MembershipId)
    this.#byMember.delete(`${GroupId} ${UserId}`)
  }

  /** Who is gone is in no group; what was assigned to them stays, and is of nobody. */
  deleteUser(id: string): void {
    this.users.delete(id)
    for (const one of [...this.memberships.values()]) if (one.UserId === id) this.deleteMembership(one)
  }

  deleteGroup(id: string): void {
    this.groups.delete(id)
    for (const one of [...this.memberships.values()]) if (one.GroupId === id) this.deleteMembership(one)
  }

  deletePermissionSet(arn: string): void {
    this.permissionSets.delete(arn)
    for (const [key, { permissionSet }] of this.assignments)
      if (permissionSet === arn) this.assignments.delete(key)
  }
}

/** As AWS's are where the identity store is its own. */
const anId = () => `${randomBytes(5).toString('hex')}-${randomUUID()}`
