import type { Kept, Rule, Subject } from './kept.ts'
import type { Objects } from './objects.ts'

export const rbacGroup = 'rbac.authorization.k8s.io'

export interface User {
  readonly name: string
  readonly groups: readonly string[]
}

export interface Attributes {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly namespace: string
  readonly name: string
}

/** Whether RBAC lets this user do so, by the roles and bindings that are kept. */
export function isAllowed(objects: Objects, user: User, asked: Attributes): boolean {
  if (user.groups.includes('system:masters')) return true
  return bindingsIn(objects, asked.namespace)
    .filter((binding) => binding.subjects?.some((subject) => isOf(subject, user, binding)))
    .some((binding) => (rulesOf(objects, binding) ?? []).some((rule) => covers(rule, asked)))
}

/** The rules of the role that a binding names; null where that role is not there. */
export function rulesOf(objects: Objects, { roleRef, metadata }: Kept): readonly Rule[] | null {
  if (roleRef === undefined) return []
  const role =
    roleRef.kind === 'ClusterRole'
      ? objects.get('clusterroles', '', roleRef.name)
      : objects.get('roles', metadata.namespace ?? '', roleRef.name)
  return role === null ? null : (role.rules ?? [])
}

/** Those of the rules that this user does not hold already. */
export function notHeld(objects: Objects, user: User, namespace: string, rules: readonly Rule[]): Rule[] {
  return rules
    .flatMap(({ verbs, apiGroups, resources, resourceNames }) =>
      verbs.flatMap((verb) =>
        apiGroups.flatMap((group) =>
          resources.flatMap((resource) =>
            (resourceNames ?? ['']).map((name) => ({ verb, group, resource, namespace, name })),
          ),
        ),
      ),
    )
    .filter((asked) => !isAllowed(objects, user, asked))
    .map(({ verb, group, resource, name }) => ({
      verbs: [verb],
      apiGroups: [group],
      resources: [resource],
      ...(name === '' ? {} : { resourceNames: [name] }),
    }))
}

const bindingsIn = (objects: Objects, namespace: string) => [
  ...objects.all('clusterrolebindings'),
  ...(namespace === '' ? [] : objects.all('rolebindings', namespace)),
]

function isOf({ kind, name, namespace }: Subject, user: User, binding: Kept): boolean {
  if (kind === 'User') return name === user.name
  if (kind === 'Group') return user.groups.includes(name)
  return user.name === `system:serviceaccount:${namespace ?? binding.metadata.namespace ?? ''}:${name}`
}

const has = (list: readonly string[], wanted: string) => list.includes('*') || list.includes(wanted)

const covers = ({ verbs, apiGroups, resources, resourceNames }: Rule, asked: Attributes) =>
  has(verbs, asked.verb) &&
  has(apiGroups, asked.group) &&
  has(resources, asked.resource) &&
  (resourceNames === undefined || resourceNames.length === 0 || resourceNames.includes(asked.name))
