import { z } from 'zod'
import { page } from './paging.ts'
import { invalid, notFound, Refusal } from './refusal.ts'
import { accountId, storeId, type Membership, type State, type User } from './state.ts'

export type Need = (action: string, resources: readonly string[]) => void
export type Operations = Readonly<Record<string, (body: unknown, need: Need) => object>>

const inStore = z.object({ IdentityStoreId: z.string() })
const uuid = z.string().regex(/^([0-9a-f]{10}-)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
const paged = { MaxResults: z.number().optional(), NextToken: z.string().optional() }
const ofUser = z.strictObject({ ...inStore.shape, UserId: uuid })
const ofGroup = z.strictObject({ ...inStore.shape, GroupId: uuid })
const ofMember = z.strictObject({
  ...inStore.shape,
  GroupId: uuid,
  MemberId: z.strictObject({ UserId: uuid }),
})
const byAttribute = z.strictObject({
  ...inStore.shape,
  AlternateIdentifier: z.strictObject({
    UniqueAttribute: z.strictObject({
      AttributePath: z.enum(['userName', 'emails.value']),
      AttributeValue: z.string().min(1),
    }),
  }),
})

const arnOf = (kind: string, id: string) => `arn:aws:identitystore:::${kind}/${id}`
const storeArn = `arn:aws:identitystore::${accountId}:identitystore/${storeId}`

export function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  throw invalid(result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '))
}

/** What can be asked of the identity store. */
export function storeOperations(state: State): Operations {
  const open = (body: unknown) => {
    if (parsed(inStore, body).IdentityStoreId !== storeId) throw notFound('IDENTITY_STORE', 'IDENTITY_STORE')
  }
  const user = (id: string): User => {
    const found = state.users.get(id)
    if (found === undefined) throw notFound('USER', 'USER')
    return found
  }
  const group = (id: string): string => {
    const name = state.groups.get(id)
    if (name === undefined) throw notFound('GROUP', 'GROUP')
    return name
  }
  const shown = ({ MembershipId, GroupId, UserId }: Membership) => ({
    IdentityStoreId: storeId,
    MembershipId,
    GroupId,
    MemberId: { UserId },
  })

  return {
    GetUserId(body, need) {
      const { AttributePath, AttributeValue } = parsed(byAttribute, body).AlternateIdentifier.UniqueAttribute
      need('identitystore:GetUserId', [storeArn])
      open(body)
      const found = [...state.users.values()].find(({ UserName, Emails }) =>
        AttributePath === 'userName'
          ? UserName === AttributeValue
          : Emails.some(({ Value }) => Value === AttributeValue),
      )
      if (found === undefined) throw notFound('USER', 'USER')
      return { IdentityStoreId: storeId, UserId: found.UserId }
    },

    DescribeUser(body, need) {
      const { UserId } = parsed(ofUser, body)
      need('identitystore:DescribeUser', [storeArn, arnOf('user', UserId)])
      open(body)
      return { IdentityStoreId: storeId, ...user(UserId) }
    },

    DescribeGroup(body, need) {
      const { GroupId } = parsed(ofGroup, body)
      need('identitystore:DescribeGroup', [storeArn, arnOf('group', GroupId)])
      open(body)
      return { IdentityStoreId: storeId, GroupId, DisplayName: group(GroupId) }
    },

    GetGroupMembershipId(body, need) {
      const { GroupId, MemberId } = parsed(ofMember, body)
      need('identitystore:GetGroupMembershipId', [
        storeArn,
        arnOf('group', GroupId),
        arnOf('user', MemberId.UserId),
        arnOf('membership', '*'),
      ])
      open(body)
      group(GroupId)
      user(MemberId.UserId)
      const found = state.membershipOf(GroupId, MemberId.UserId)
      if (found === null) throw notFound('GROUP_MEMBERSHIP', 'GROUP_MEMBERSHIP')
      return { IdentityStoreId: storeId, MembershipId: found.MembershipId }
    },

    CreateGroupMembership(body, need) {
      const { GroupId, MemberId } = parsed(ofMember, body)
      need('identitystore:CreateGroupMembership', [
        storeArn,
        arnOf('group', GroupId),
        arnOf('user', MemberId.UserId),
        arnOf('membership', '*'),
      ])
      open(body)
      group(GroupId)
      user(MemberId.UserId)
      if (state.membershipOf(GroupId, MemberId.UserId) !== null)
        throw new Refusal('ConflictException', 'Member and Group relationship already exists.', {
          Reason: 'UNIQUENESS_CONSTRAINT_VIOLATION',
        })
      const { MembershipId } = state.addMembership(GroupId, MemberId.UserId)
      return { IdentityStoreId: storeId, MembershipId }
    },

    DeleteGroupMembership(body, need) {
      const { MembershipId } = parsed(z.strictObject({ ...inStore.shape, MembershipId: uuid }), body)
      need('identitystore:DeleteGroupMembership', [storeArn, arnOf('membership', MembershipId)])
      open(body)
      const found = state.memberships.get(MembershipId)
      if (found === undefined) throw notFound('GROUP_MEMBERSHIP', 'GROUP_MEMBERSHIP')
      state.deleteMembership(found)
      return {}
    },

    ListGroupMemberships(body, need) {
      const asked = parsed(z.strictObject({ ...ofGroup.shape, ...paged }), body)
      need('identitystore:ListGroupMemberships', [storeArn, arnOf('group', asked.GroupId)])
      open(body)
      group(asked.GroupId)
      const all = [...state.memberships.values()].filter(({ GroupId }) => GroupId === asked.GroupId)
      const { items, ...next } = page(all, asked)
      return { GroupMemberships: items.map(shown), ...next }
    },
  }
}
