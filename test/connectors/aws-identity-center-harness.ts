import { randomBytes, randomInt } from 'node:crypto'
import { z } from 'zod'
import { awsIdentityCenter } from '../../src/connectors/aws-identity-center/aws-identity-center.ts'
import type { Connector, Surroundings, Target } from '../../src/domain/connector.ts'
import { instanceArn, region, storeId } from '../standin/aws/state.ts'
import { freeze } from '../support/freeze.ts'
import { startStandin } from '../support/standin.ts'
import { surroundings, type Harness } from '../../src/testing/contract.ts'

export interface IdentityCenterHarness extends Harness {
  connectWith(settings: object, around?: Partial<Surroundings>): Connector
  /** Does what an owner does in the console. */
  admin(verb: string, body?: object): Promise<unknown>
  /** How often each was asked so far. */
  counts(): Promise<Readonly<Record<string, number>>>
  aGroup(): Promise<string>
  anAssignment(): Promise<{ account: string; permissionSet: string }>
  idOf(principal: string): string
  /** A key that is allowed nothing but these. */
  aKey(statements?: readonly object[]): Promise<{ accessKeyId: string; secretAccessKey: string }>
}

const short = () => randomBytes(4).toString('hex')
const withId = z.object({ id: z.string() })
const good = { accessKeyId: 'AKIACURFEWCURFEWCURF', secretAccessKey: 's3cret/of+curfew=' }

/** What docs/connectors/aws-identity-center.md tells to allow; on all groups, accounts and permission sets here. */
export const leastRights = [
  {
    Effect: 'Allow',
    Action: [
      'identitystore:GetUserId',
      'identitystore:DescribeUser',
      'identitystore:DescribeGroup',
      'identitystore:GetGroupMembershipId',
      'identitystore:ListGroupMemberships',
      'identitystore:CreateGroupMembership',
      'identitystore:DeleteGroupMembership',
    ],
    Resource: [
      `arn:aws:identitystore::*:identitystore/${storeId}`,
      'arn:aws:identitystore:::user/*',
      'arn:aws:identitystore:::group/*',
      'arn:aws:identitystore:::membership/*',
    ],
  },
  {
    Effect: 'Allow',
    Action: [
      'sso:DescribePermissionSet',
      'sso:ListAccountAssignments',
      'sso:ListAccountAssignmentsForPrincipal',
      'sso:CreateAccountAssignment',
      'sso:DeleteAccountAssignment',
      'sso:DescribeAccountAssignmentCreationStatus',
      'sso:DescribeAccountAssignmentDeletionStatus',
    ],
    Resource: [instanceArn, 'arn:aws:sso:::permissionSet/*', 'arn:aws:sso:::account/*'],
  },
  { Effect: 'Allow', Action: ['sso:ListInstances'], Resource: ['*'] },
]

/** All of these but one action. */
export const without = (action: string) =>
  leastRights.map((statement) => ({
    ...statement,
    Action: statement.Action.filter((one) => one !== action),
  }))

/** The stand-in, on which Curfew's key may do what the docs tell to allow, and nothing else. */
export async function anInstance(kind: 'groups' | 'assignments'): Promise<IdentityCenterHarness> {
  const server = await startStandin('aws', {
    tokens: [`${good.accessKeyId},${good.secretAccessKey},arn:aws:iam::111122223333:user/curfew`],
  })
  const origin = (port: number) => `http://127.0.0.1:${port}`
  async function admin(verb: string, body: object = {}): Promise<unknown> {
    const answer = await fetch(`${origin(server.port)}/standin/${verb}`, {
      method: 'POST',
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`${verb}: ${answer.status} ${await answer.text()}`)
    return answer.json()
  }
  for (const statement of leastRights) await admin('allow', { id: good.accessKeyId, statement })
  const connectWith = (settings: object, around: Partial<Surroundings> = {}) =>
    awsIdentityCenter.connect(
      awsIdentityCenter.settings.parse({
        region,
        instance: instanceArn,
        identityStore: storeId,
        endpoint: origin(server.port),
        login: good,
        ...settings,
      }),
      { ...surroundings(2_500), ...around },
    )

  const ids = new Map<string, string>()
  const idOf = (principal: string) => ids.get(principal) ?? ''
  const targetOf = async (): Promise<Target> =>
    kind === 'groups' ? { group: await harness.aGroup() } : harness.anAssignment()
  const harness: IdentityCenterHarness = {
    port: server.port,
    secrets: [good.secretAccessKey, 'wrong-secret'],
    admin,
    idOf,
    connectWith,
    counts: async () => z.record(z.string(), z.number()).parse(await admin('counts')),
    connect: () => connectWith({}),
    connectBy: (port) => connectWith({ endpoint: origin(port) }),
    connectUnreachable: () => connectWith({ endpoint: origin(1) }),
    connectWithBadCredentials: () => connectWith({ login: { ...good, secretAccessKey: 'wrong-secret' } }),

    aGroup: async () => withId.parse(await admin('group')).id,
    async anAssignment() {
      const account = String(randomInt(1e11, 1e12))
      await admin('account', { id: account })
      return { account, permissionSet: withId.parse(await admin('permission-set')).id }
    },
    async aKey(statements = []) {
      const key = { accessKeyId: `AKIA${short()}`, secretAccessKey: `secret-${short()}` }
      await admin('key', {
        id: key.accessKeyId,
        secret: key.secretAccessKey,
        arn: `arn:aws:iam::111122223333:user/${short()}`,
        statements,
      })
      return key
    },
    async aPrincipal(name = `ada-${short()}@example.com`) {
      // A user name has no spaces there.
      const userName = name.replaceAll(' ', '_')
      ids.set(userName, withId.parse(await admin('user', { userName })).id)
      return userName
    },
    async fill(target, count) {
      const names = Array.from({ length: count }, (_, i) => `member-${short()}-${i}@example.com`)
      await admin('fill', { ...target, names })
    },
    async vanish(principal) {
      await admin('delete-user', { id: idOf(principal) })
    },
    async aTarget() {
      const target = await targetOf()
      const { group } = target
      return {
        target,
        sameTarget: typeof group === 'string' ? { group: group.toUpperCase() } : { ...target },
      }
    },
    async vanishTarget({ group, permissionSet }) {
      if (group === undefined) await admin('delete-permission-set', { id: permissionSet })
      else await admin('delete-group', { id: group })
    },
    async lacking() {
      const target = await targetOf()
      const lacksAction = async (action: string) => ({
        connector: connectWith({ login: await harness.aKey(without(action)) }),
        target,
        what: new RegExp(`^Curfew's login may not ${action}, for `),
        remedy: new RegExp(`^\\{"Effect":"Allow","Action":\\["${action}"\\],"Resource":\\["arn:aws:`),
      })
      const actions =
        kind === 'groups'
          ? ['identitystore:GetUserId', 'identitystore:DescribeGroup', 'identitystore:CreateGroupMembership']
          : [
              'identitystore:DescribeUser',
              'sso:DescribePermissionSet',
              'sso:DeleteAccountAssignment',
              'sso:DescribeAccountAssignmentCreationStatus',
            ]
      const gone = await targetOf()
      await harness.vanishTarget?.(gone)
      return [
        ...(await Promise.all(actions.map(lacksAction))),
        { connector: connectWith({}), target: gone, what: /does not exist/, remedy: null },
      ]
    },
    async reallyHolds(principal, target) {
      const answer = await admin('holds', { ...target, user: idOf(principal) })
      return z.object({ isHeld: z.boolean() }).parse(answer).isHeld
    },
    async freeze() {
      const thaw = await freeze(server.pid)
      return async () => {
        thaw()
        // What had arrived while it was frozen is done with once it has answered what came after.
        for (let i = 0; i < 2; i += 1) await admin('counts')
      }
    },
    stop: server.stop,
  }
  return harness
}
