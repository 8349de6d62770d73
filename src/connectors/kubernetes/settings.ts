import { z } from 'zod'
import type { Target } from '../../domain/connector.ts'
import { safeUrl } from '../../domain/safe-url.ts'
import { secret } from '../secret.ts'
import { late } from '../times.ts'

export const kubernetesSettings = z.strictObject({
  /** Of the API server, with the path where a gateway in front of it has one. */
  url: safeUrl.refine((text) => !/[?#]/.test(text), 'must have nothing after its path'),
  /** A bearer token. */
  token: secret,
  /** Certificates in PEM that are trusted beside the usual ones. */
  ca: secret.optional(),
  /** The server gives up what reached it; whoever is between may hand on later what Curfew has given up. */
  late: late.default(30_000),
})

export type KubernetesSettings = z.infer<typeof kubernetesSettings>

const namespace = z
  .string()
  .regex(
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    'must be the name of a namespace: a-z, 0-9 and -, at most 63',
  )

/** RBAC lets a role have any name that can stand in a path. */
const role = z
  .string()
  .min(1)
  .max(253)
  .refine((name) => name !== '.' && name !== '..' && !/[/%]/.test(name), 'must be the name of a role')

export const kubernetesTarget = z
  .strictObject({
    namespace: namespace.optional(),
    role: role.optional(),
    clusterRole: role.optional(),
    /** Written out where a cluster role is to hold in all namespaces. */
    clusterWide: z.literal(true).optional(),
    /** What the principal is there. */
    subject: z.enum(['User', 'Group', 'ServiceAccount']).default('User'),
  })
  .refine(
    ({ role, clusterRole }) => (role === undefined) !== (clusterRole === undefined),
    'must name either a role or a clusterRole',
  )
  .refine(
    ({ namespace, clusterWide }) => (namespace === undefined) !== (clusterWide === undefined),
    'must name either a namespace or clusterWide: true',
  )
  .refine(
    ({ role, clusterWide }) => role === undefined || clusterWide === undefined,
    'clusterWide: true needs a clusterRole: a role is of one namespace',
  )

export type SubjectKind = 'User' | 'Group' | 'ServiceAccount'

/** What a target gives, and where: of the whole cluster where `namespace` is null. */
export interface Gift {
  readonly namespace: string | null
  readonly roleKind: 'Role' | 'ClusterRole'
  readonly role: string
  readonly subject: SubjectKind
}

export function giftOf(target: Target): Gift {
  const { namespace, role, clusterRole, subject } = kubernetesTarget.parse(target)
  const roleKind = role === undefined ? 'ClusterRole' : 'Role'
  return { namespace: namespace ?? null, roleKind, role: role ?? clusterRole ?? '', subject }
}

export function canonical(target: Target): string {
  const { namespace, roleKind, role, subject } = giftOf(target)
  return JSON.stringify([namespace, roleKind, role, subject])
}

export const inWords = ({ namespace, roleKind, role }: Gift): string =>
  `the ${roleKind} ${role} ${namespace === null ? 'in all namespaces' : `in the namespace ${namespace}`}`
