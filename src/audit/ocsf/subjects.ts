import type { Method } from '../../domain/confirmation.ts'
import type { RecordedAct } from '../../domain/audit/act.ts'
import type { RecordedOfGrant } from '../../domain/audit/recorded.ts'
import { namedUser, userOf } from './people.ts'

/* What an event is about, in the fields of its class. */

/** A request, and the access that it becomes, as an entity. */
export const grantEntity = (entry: RecordedOfGrant) => ({
  type_id: 99,
  type: 'Access Grant',
  uid: entry.grantId,
  name: `${entry.entitlement.name} on ${entry.resource.name}`,
  user: holderOf(entry),
  data: {
    resource: entry.resource,
    entitlement: entry.entitlement,
    system: entry.system,
    requester: entry.requester.id,
    reason: entry.reason,
    endsAt: entry.endsAt,
  },
})

/** Whoever holds it or is to, and as whom. */
const holderOf = ({ subject, principal }: RecordedOfGrant) => ({
  ...userOf(subject),
  ...(principal === null ? {} : { account: { name: principal } }),
})

/** What is given on a system, and to whom. */
export const accessOf = (entry: RecordedOfGrant) => ({
  user: holderOf(entry),
  privileges: [entry.entitlement.id],
  resources: [
    {
      uid: entry.resource.id,
      name: entry.resource.name,
      namespace: entry.system,
      data: { entitlement: entry.entitlement, canonical: entry.canonical },
    },
  ],
})

/** Whoever confirmed who they are to begin a session, or go on with it. */
export const logonOf = (entry: RecordedOfGrant, method: Method) => ({
  user: holderOf(entry),
  service: { name: 'Curfew' },
  session: {
    uid: entry.grantId,
    ...(entry.endsAt === null ? {} : { expiration_time: entry.endsAt.getTime() }),
  },
  auth_factors: [factors[method]],
  ...(method === 'oidc' ? { auth_protocol_id: 4, auth_protocol: 'OpenID' } : {}),
})

const factors: Readonly<Record<Method, Readonly<Record<string, unknown>>>> = {
  oidc: { factor_type_id: 99, factor_type: 'OpenID Connect' },
  passkey: { factor_type_id: 10, factor_type: 'WebAuthn' },
  totp: { factor_type_id: 7, factor_type: 'OTP', is_totp: true },
}

type About = RecordedAct['about']

/** What an act is about, as an entity. A kind that is missing here does not compile. */
export function actEntity(about: About): Readonly<Record<string, unknown>> {
  const { kind, id: uid, name } = about
  switch (kind) {
    case 'person':
      return { type_id: 2, type: 'User', uid, name, user: namedUser(about) }
    case 'device':
      return { type_id: 1, type: 'Device', uid, name, device: { type_id: 0, type: 'Unknown', uid, name } }
    case 'group':
      return { type_id: 3, type: 'Group', uid, name, group: { uid, name } }
    case 'catalog':
      return { type_id: 5, type: 'Policy', uid, name, policy: { uid, name } }
    case 'source':
    case 'system':
    case 'entitlement':
    case 'keys':
    case 'record':
      return { type_id: 99, type: kind, uid, name }
  }
}

/** Access that no grant explains, on a system: which, and as whom it is held, as far as that was said. */
export function unexplained({ about, details }: RecordedAct) {
  const { principal, entitlement } = details
  return {
    user: principal === undefined ? namedUser(about) : { name: principal, account: { name: principal } },
    privileges: [entitlement ?? about.name],
    resources: [{ uid: about.id, name: about.name, type: about.kind }],
  }
}
