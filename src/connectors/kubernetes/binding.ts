import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Target } from '../../domain/connector.ts'
import { canonical, giftOf, inWords, type Gift, type SubjectKind } from './settings.ts'

export const rbac = 'rbac.authorization.k8s.io'

const subjectSchema = z.object({ kind: z.string(), name: z.string(), namespace: z.string().optional() })

/** Anybody's binding, as it is read; in a list it does not say of what kind it is. */
export const bindingSchema = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string().optional() }),
  roleRef: z.object({ kind: z.string(), name: z.string() }),
  subjects: z.array(subjectSchema).nullish(),
})

type Binding = z.infer<typeof bindingSchema>

const account = /^([a-z0-9][-a-z0-9]{0,62}):([a-z0-9][-a-z0-9.]{0,252})$/
const accountUser = /^system:serviceaccount:([^:]+:[^:]+)$/

/** Why nobody can be called so; null where somebody can. */
export function whyNobody(principal: string, kind: SubjectKind): string | null {
  if (kind === 'ServiceAccount')
    return account.test(principal) ? null : 'a service account is written namespace:name'
  if (principal === '' || !principal.isWellFormed()) return `no ${kind} can be called so`
  // Such as system:authenticated, which is everybody, and system:masters, which no binding limits.
  return principal.startsWith('system:') ? 'names with system: are of Kubernetes itself' : null
}

function subjectOf(principal: string, kind: SubjectKind): object {
  if (kind !== 'ServiceAccount') return { kind, apiGroup: rbac, name: principal }
  const [, namespace = '', name = ''] = account.exec(principal) ?? []
  return { kind, name, namespace }
}

/** Where the bindings of a gift are. */
export const bindingsPath = ({ namespace }: Gift): string =>
  namespace === null
    ? `/apis/${rbac}/v1/clusterrolebindings`
    : `/apis/${rbac}/v1/namespaces/${namespace}/rolebindings`

/** Where the role of a gift is. */
export const rolePath = ({ namespace, roleKind, role }: Gift): string =>
  roleKind === 'ClusterRole'
    ? `/apis/${rbac}/v1/clusterroles/${encodeURIComponent(role)}`
    : `/apis/${rbac}/v1/namespaces/${namespace ?? ''}/roles/${encodeURIComponent(role)}`

/** The one binding that is Curfew's for a place: principals may be any text, and its name is a DNS label. */
export function nameOf(principal: string, target: Target): string {
  const place = JSON.stringify([principal, canonical(target)])
  return `curfew-${createHash('sha256').update(place).digest('hex').slice(0, 40)}`
}

/** The binding that gives a target to a principal. */
export function bindingOf(principal: string, target: Target): object {
  const gift = giftOf(target)
  const { namespace, roleKind, role, subject } = gift
  return {
    apiVersion: `${rbac}/v1`,
    kind: namespace === null ? 'ClusterRoleBinding' : 'RoleBinding',
    metadata: {
      name: nameOf(principal, target),
      ...(namespace === null ? {} : { namespace }),
      labels: { 'app.kubernetes.io/managed-by': 'curfew' },
      annotations: { 'curfew/principal': principal, 'curfew/gives': inWords(gift) },
    },
    roleRef: { apiGroup: rbac, kind: roleKind, name: role },
    subjects: [subjectOf(principal, subject)],
  }
}

/** Who a binding gives this role to directly, of the kind that is asked for. */
export function holdersBy({ metadata, roleRef, subjects }: Binding, gift: Gift): string[] {
  if (roleRef.kind !== gift.roleKind || roleRef.name !== gift.role) return []
  return (subjects ?? []).flatMap(({ kind, name, namespace = metadata.namespace }) => {
    if (gift.subject !== 'ServiceAccount') return kind === gift.subject ? [name] : []
    if (kind === 'ServiceAccount') return [`${namespace ?? ''}:${name}`]
    // The same account by the name that it has as a user.
    const [, asUser] = (kind === 'User' && accountUser.exec(name)) || []
    return asUser === undefined ? [] : [asUser]
  })
}
