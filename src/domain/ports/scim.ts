import type { Filter } from '../scim/filter.ts'
import type { Complex } from '../scim/json.ts'
import type { GroupChange } from '../scim/resource.ts'
import type { Group, User } from '../scim/user.ts'

/** The database does not answer. Whether what was asked for happened is not known: all of it, or nothing. */
export class ScimStoreAway extends Error {
  override readonly name = 'ScimStoreAway'
}

export interface Meta {
  readonly id: string
  readonly createdAt: Date
  readonly modifiedAt: Date
  /** Another one whenever the resource is another. Of a group, its members count too. */
  readonly version: string
}

export type StoredUser = User & Meta
export type StoredGroup = Group & Meta

export interface Listing {
  readonly filter: Filter | null
  /** From 0. */
  readonly skip: number
  readonly limit: number
}

export interface Page<T> {
  readonly total: number
  readonly items: readonly T[]
}

/** What was written, and which Users it concerns. */
export interface Written<T> {
  readonly stored: T
  readonly users: readonly string[]
}

/** Looks at the version of what is about to be changed; throws to leave it as it is. */
export type Condition = (version: string) => void

/**
 * The Users and Groups of SCIM sources. What another source made is not found. Each write is whole or not at all.
 * Throws `ScimError` for what cannot be, and `ScimStoreAway`.
 */
export interface ScimStore {
  /** Whoever has the externalId and is not active comes back, by the id they had. */
  addUser(source: string, user: User): Promise<Written<StoredUser>>
  user(source: string, id: string): Promise<StoredUser | null>
  /** In an order that stays. */
  users(source: string, listing: Listing): Promise<Page<StoredUser>>
  /** `change` may be called more than once. Null: there is none. */
  changeUser(
    source: string,
    id: string,
    change: (was: Complex) => Complex,
    condition: Condition | null,
  ): Promise<Written<StoredUser> | null>
  /** Takes the memberships too. Null: there is none. */
  deleteUser(source: string, id: string, condition: Condition | null): Promise<readonly string[] | null>
  /** Where these Users are members. */
  groupsOf(
    users: readonly string[],
  ): Promise<ReadonlyMap<string, readonly { id: string; displayName: string }[]>>

  addGroup(source: string, change: GroupChange): Promise<Written<StoredGroup>>
  group(source: string, id: string): Promise<StoredGroup | null>
  groups(source: string, listing: Listing): Promise<Page<StoredGroup>>
  changeGroup(
    source: string,
    id: string,
    change: GroupChange,
    condition: Condition | null,
  ): Promise<readonly string[] | null>
  deleteGroup(source: string, id: string, condition: Condition | null): Promise<readonly string[] | null>
  /** Ids of Users, some thousand at a time. */
  membersOf(group: string): AsyncIterable<readonly string[]>
  /** Of as many of these groups, from the first on, as have `most` members together: but of the first always. */
  membersOfEach(groups: readonly string[], most: number): Promise<ReadonlyMap<string, readonly string[]>>
}

/** Whose a token is; that it was used is noted, once a minute at most. */
export interface ScimTokens {
  /** The source. Null for one that nobody has, or that was revoked a second ago or longer. */
  sourceOf(token: string): Promise<string | null>
}

export interface ScimToken {
  readonly id: string
  readonly source: string
  readonly createdAt: Date
  readonly by: string
  readonly lastUsedAt: Date | null
}

/** What the command line does with them. */
export interface ScimTokenDesk {
  /** The token itself, which stands nowhere else; or the two of the source that live already. */
  create(
    source: string,
    by: string,
    silentAfterMs: number | null | undefined,
  ): Promise<{ readonly token: string } | { readonly living: readonly ScimToken[] }>
  list(): Promise<readonly ScimToken[]>
  /** Once it resolves nobody is let in by it any more. Null: there is none of this id that lives. */
  revoke(id: string): Promise<ScimToken | null>
}
