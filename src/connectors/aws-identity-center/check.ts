import { z } from 'zod'
import type { Lack, Target } from '../../domain/connector.ts'
import type { Api } from './api.ts'
import { isKind, system } from './failure.ts'
import { canonical, giftOf, inWords, type Gift, type IdentityCenterSettings } from './settings.ts'

const instancesSchema = z.object({
  Instances: z.array(
    z.object({ InstanceArn: z.string().optional(), IdentityStoreId: z.string().optional() }),
  ),
  NextToken: z.string().nullish(),
})
const anything = z.unknown()

/** Nobody's, and no request's: what is done to nobody does nothing, and is refused to whoever may not do it. */
const nobody = '00000000-0000-0000-0000-000000000000'

/** Something that Curfew does, under its name in a policy. */
interface Try {
  readonly action: string
  readonly call: () => Promise<unknown>
}

/**
 * What is missing. Whether somebody may be assigned is not found out: AWS might begin to do it. All else is done for
 * nobody.
 */
export async function lacksOf(
  api: Api,
  settings: IdentityCenterSettings,
  { targets, signal }: { targets: readonly Target[]; signal: AbortSignal },
): Promise<Lack[]> {
  const { instance, identityStore } = settings
  const IdentityStoreId = identityStore
  const [, partition = 'aws'] = instance.split(':')
  const storeAction = (
    action: string,
    call: (
      store: Parameters<Parameters<Api['store']>[2]>[0],
      how: Parameters<Parameters<Api['store']>[2]>[1],
    ) => Promise<unknown>,
  ): Try => ({
    action: `identitystore:${action}`,
    call: () => api.store(anything, { doing: `rehearse ${action}`, signal }, call),
  })
  const adminAction = (
    action: string,
    call: (
      admin: Parameters<Parameters<Api['admin']>[2]>[0],
      how: Parameters<Parameters<Api['admin']>[2]>[1],
    ) => Promise<unknown>,
  ): Try => ({
    action: `sso:${action}`,
    call: () => api.admin(anything, { doing: `rehearse ${action}`, signal }, call),
  })

  const forPeople: readonly Try[] = [
    storeAction('GetUserId', (store, how) =>
      store.getUserId(
        {
          IdentityStoreId,
          AlternateIdentifier: { UniqueAttribute: { AttributePath: 'userName', AttributeValue: nobody } },
        },
        how,
      ),
    ),
    storeAction('DescribeUser', (store, how) => store.describeUser({ IdentityStoreId, UserId: nobody }, how)),
  ]

  function stepsFor(gift: Gift): { exists: Try; others: readonly Try[]; resources: readonly string[] } {
    if (gift.kind === 'group') {
      const GroupId = gift.group
      const member = { IdentityStoreId, GroupId, MemberId: { UserId: nobody } }
      return {
        exists: storeAction('DescribeGroup', (store, how) =>
          store.describeGroup({ IdentityStoreId, GroupId }, how),
        ),
        others: [
          storeAction('GetGroupMembershipId', (store, how) => store.getGroupMembershipId(member, how)),
          storeAction('ListGroupMemberships', (store, how) =>
            store.listGroupMemberships({ IdentityStoreId, GroupId, MaxResults: 1 }, how),
          ),
          storeAction('CreateGroupMembership', (store, how) => store.createGroupMembership(member, how)),
          storeAction('DeleteGroupMembership', (store, how) =>
            store.deleteGroupMembership({ IdentityStoreId, MembershipId: nobody }, how),
          ),
        ],
        resources: [
          `arn:${partition}:identitystore::*:identitystore/${identityStore}`,
          `arn:${partition}:identitystore:::group/${GroupId}`,
          `arn:${partition}:identitystore:::user/*`,
          `arn:${partition}:identitystore:::membership/*`,
        ],
      }
    }
    const place = { InstanceArn: instance, PermissionSetArn: gift.permissionSet }
    return {
      exists: adminAction('DescribePermissionSet', (admin, how) => admin.describePermissionSet(place, how)),
      others: [
        adminAction('ListAccountAssignments', (admin, how) =>
          admin.listAccountAssignments({ ...place, AccountId: gift.account, MaxResults: 1 }, how),
        ),
        adminAction('ListAccountAssignmentsForPrincipal', (admin, how) =>
          admin.listAccountAssignmentsForPrincipal(
            {
              InstanceArn: instance,
              PrincipalType: 'USER',
              PrincipalId: nobody,
              Filter: { AccountId: gift.account },
              MaxResults: 1,
            },
            how,
          ),
        ),
        adminAction('DescribeAccountAssignmentCreationStatus', (admin, how) =>
          admin.describeAccountAssignmentCreationStatus(
            { InstanceArn: instance, AccountAssignmentCreationRequestId: nobody },
            how,
          ),
        ),
        adminAction('DescribeAccountAssignmentDeletionStatus', (admin, how) =>
          admin.describeAccountAssignmentDeletionStatus(
            { InstanceArn: instance, AccountAssignmentDeletionRequestId: nobody },
            how,
          ),
        ),
        adminAction('DeleteAccountAssignment', (admin, how) =>
          admin.deleteAccountAssignment(
            {
              ...place,
              TargetType: 'AWS_ACCOUNT',
              TargetId: gift.account,
              PrincipalType: 'USER',
              PrincipalId: nobody,
            },
            how,
          ),
        ),
      ],
      resources: [instance, gift.permissionSet, `arn:${partition}:sso:::account/${gift.account}`],
    }
  }

  async function lackFor(gift: Gift): Promise<Lack | null> {
    if (gift.kind === 'assignment' && instanceIn(gift.permissionSet) !== instanceIn(instance))
      return { what: `${inWords(gift)} is of another instance than the settings name`, remedy: null }
    const { exists, others, resources } = stepsFor(gift)
    const found = await outcomeOf(exists)
    if (found === 'missing')
      return {
        what:
          gift.kind === 'group'
            ? `the group ${gift.group} does not exist in the identity store ${identityStore}`
            : `the permission set ${gift.permissionSet} does not exist`,
        remedy: null,
      }
    const denied = await deniedOf(others)
    return lackOf([...(found === 'forbidden' ? [exists.action] : []), ...denied], resources, inWords(gift))
  }

  const [denied, wrongStore] = await Promise.all([deniedOf(forPeople), wrongStoreOf(api, settings, signal)])
  const toLookUp = lackOf(
    denied,
    [
      `arn:${partition}:identitystore::*:identitystore/${identityStore}`,
      `arn:${partition}:identitystore:::user/*`,
    ],
    'the people there',
  )
  // What is asked of one store about the groups of another would say nothing.
  if (wrongStore !== null) return [wrongStore]
  const gifts = [...new Map(targets.map((target) => [canonical(target), giftOf(target)])).values()]
  const lacks: (Lack | null)[] = [toLookUp]
  for (const gift of gifts) lacks.push(await lackFor(gift))
  return lacks.filter((lack) => lack !== null)
}

const instanceIn = (arn: string): string => /:::\w+\/([^/]+)/.exec(arn)?.[1] ?? ''

async function outcomeOf({ call }: Try): Promise<'done' | 'forbidden' | 'missing'> {
  try {
    await call()
    return 'done'
  } catch (error) {
    if (isKind(error, 'forbidden')) return 'forbidden'
    if (isKind(error, 'missing')) return 'missing'
    // Nothing else stands in the way of it than what is done there at this moment.
    if (isKind(error, 'conflict')) return 'done'
    throw error
  }
}

async function deniedOf(tries: readonly Try[]): Promise<string[]> {
  const outcomes = await Promise.all(tries.map(outcomeOf))
  return tries.filter((_, i) => outcomes[i] === 'forbidden').map(({ action }) => action)
}

function lackOf(actions: readonly string[], resources: readonly string[], of: string): Lack | null {
  if (actions.length === 0) return null
  return {
    what: `Curfew's login may not ${actions.join(' nor ')}, for ${of}`,
    remedy: JSON.stringify({ Effect: 'Allow', Action: actions, Resource: resources }),
  }
}

/** Null where the instance keeps its people there, or where it is not told to us. */
async function wrongStoreOf(
  api: Api,
  { instance, identityStore, region }: IdentityCenterSettings,
  signal: AbortSignal,
): Promise<Lack | null> {
  try {
    for (let after: string | undefined; ;) {
      const { Instances, NextToken }: z.infer<typeof instancesSchema> = await api.admin(
        instancesSchema,
        { doing: 'list the instances', signal },
        (admin, how) => admin.listInstances({ MaxResults: 100, NextToken: after }, how),
      )
      const store = Instances.find(({ InstanceArn }) => InstanceArn === instance)?.IdentityStoreId
      if (store === identityStore) return null
      if (store !== undefined)
        return {
          what: `the instance ${instance} keeps its people in the identity store ${store}, and not in ${identityStore}`,
          remedy: `identityStore: ${store}`,
        }
      if (!NextToken) return { what: `${system} knows of no instance ${instance} in ${region}`, remedy: null }
      after = NextToken
    }
  } catch (error) {
    if (isKind(error, 'forbidden')) return null
    throw error
  }
}
