import { rbacGroup } from './rbac.ts'

/** The kinds that are kept, by their resources. */
export const kinds = new Map([
  ['namespaces', 'Namespace'],
  ['roles', 'Role'],
  ['clusterroles', 'ClusterRole'],
  ['rolebindings', 'RoleBinding'],
  ['clusterrolebindings', 'ClusterRoleBinding'],
])

export const isNamespaced = (resource: string): boolean => resource === 'roles' || resource === 'rolebindings'

/** What every cluster has from its first start. */
export const basics: readonly [resource: string, object: object][] = [
  ['namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } }],
  [
    'clusterroles',
    {
      apiVersion: `${rbacGroup}/v1`,
      kind: 'ClusterRole',
      metadata: { name: 'system:basic-user' },
      rules: [
        {
          verbs: ['create'],
          apiGroups: ['authorization.k8s.io'],
          resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
        },
        { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
      ],
    },
  ],
  [
    'clusterrolebindings',
    {
      apiVersion: `${rbacGroup}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'system:basic-user' },
      subjects: [{ kind: 'Group', apiGroup: rbacGroup, name: 'system:authenticated' }],
      roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: 'system:basic-user' },
    },
  ],
]
