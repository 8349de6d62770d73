import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { kubernetes } from '../../src/connectors/kubernetes/kubernetes.ts'
import type { Connector, Target } from '../../src/domain/connector.ts'
import { freeze } from '../support/freeze.ts'
import { startKubernetes, type Kubernetes } from '../support/kubernetes.ts'
import { surroundings, type Harness } from '../../src/testing/contract.ts'

export interface KubernetesHarness extends Harness {
  readonly server: Kubernetes
  readonly namespace: string
  connectWith(settings: object, timeoutMs?: number): Connector
  /** Lets Curfew give a role that is there, or not. */
  entrust(role: { kind: 'Role' | 'ClusterRole'; name: string; namespace?: string }): Promise<void>
  /** Makes a role which lets its holders get one thing, called as the role. */
  aRole(kind: 'Role' | 'ClusterRole', namespace?: string): Promise<string>
  /** Binds subjects by hand. */
  bind(binding: {
    name: string
    role: string
    subjects: readonly object[]
    namespace?: string
  }): Promise<void>
  /** Whether a user of these groups may get the thing that a role is about, as the server decides it. */
  may(
    user: string,
    role: string,
    where?: { namespace?: string; groups?: readonly string[] },
  ): Promise<boolean>
  bindings(namespace?: string): Promise<z.infer<typeof bindingList>['items']>
}

export const rbac = 'rbac.authorization.k8s.io'
export const api = `/apis/${rbac}/v1`
const token = "t0ken/of+curfew's=="
const weakToken = 'token-of-somebody-weak'
const timeoutMs = 2_500
const short = () => randomBytes(4).toString('hex')

const review = z.object({ status: z.object({ allowed: z.boolean() }) })
const bindingList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({
        name: z.string(),
        resourceVersion: z.string(),
        labels: z.record(z.string(), z.string()).optional(),
        annotations: z.record(z.string(), z.string()).optional(),
      }),
      roleRef: z.object({ name: z.string() }),
      subjects: z.array(z.object({ kind: z.string(), name: z.string() })).optional(),
    }),
  ),
})

const bindingVerbs = ['get', 'list', 'create', 'delete', 'patch']

/** The stand-in, on which Curfew has the rights that the docs tell to grant, and no other. */
export async function aGuardedCluster(options: readonly string[] = []): Promise<KubernetesHarness> {
  const server = await startKubernetes({
    tokens: {
      [token]: 'curfew',
      [weakToken]: 'weak',
      'token-of-the-account': 'system:serviceaccount:curfew:curfew',
    },
    options,
  })
  const { admin } = server
  const url = (port: number) => `http://127.0.0.1:${port}`
  const connectWith = (settings: object, ms = timeoutMs) =>
    kubernetes.connect(
      kubernetes.settings.parse({ url: url(server.port), token, ...settings }),
      surroundings(ms),
    )
  const subject = (name: string) => ({ kind: 'User', apiGroup: rbac, name })

  async function grant(where: string | null, rules: readonly object[]): Promise<void> {
    const kind = where === null ? 'ClusterRole' : 'Role'
    const path = where === null ? api : `${api}/namespaces/${where}`
    const metadata = { name: `curfew-${short()}` }
    const plural = `${kind.toLowerCase()}s`
    await admin('POST', `${path}/${plural}`, { apiVersion: `${rbac}/v1`, kind, metadata, rules })
    await admin('POST', `${path}/${plural.replace('roles', 'rolebindings')}`, {
      apiVersion: `${rbac}/v1`,
      kind: `${kind}Binding`,
      metadata,
      roleRef: { apiGroup: rbac, kind, name: metadata.name },
      subjects: [subject('curfew')],
    })
  }
  async function aNamespace(): Promise<string> {
    const name = `orders-${short()}`
    await admin('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
    await grant(name, [{ apiGroups: [rbac], resources: ['rolebindings'], verbs: bindingVerbs }])
    return name
  }
  const namespace = await aNamespace()

  const harness: KubernetesHarness = {
    server,
    namespace,
    port: server.port,
    secrets: [token, encodeURIComponent(token), 'wrong-token'],
    connectWith,
    connect: () => connectWith({}),
    connectBy: (port) => connectWith({ url: url(port) }),
    connectUnreachable: () => connectWith({ url: url(1) }, 300),
    connectWithBadCredentials: () => connectWith({ token: 'wrong-token' }),

    async aRole(kind, where = namespace) {
      const name = `Reader:${short()}`
      const path = kind === 'Role' ? `${api}/namespaces/${where}/roles` : `${api}/clusterroles`
      const rules = [{ apiGroups: [''], resources: ['things'], resourceNames: [name], verbs: ['get'] }]
      await admin('POST', path, { apiVersion: `${rbac}/v1`, kind, metadata: { name }, rules })
      return name
    },
    async entrust({ kind, name, namespace: where = namespace }) {
      const rule = { apiGroups: [rbac], resources: [`${kind.toLowerCase()}s`], resourceNames: [name] }
      await grant(where, [{ ...rule, verbs: kind === 'Role' ? ['get', 'bind'] : ['bind'] }])
      if (kind === 'ClusterRole') await grant(null, [{ ...rule, verbs: ['get'] }])
    },
    async bind({ name, role, subjects, namespace: where = namespace }) {
      await admin('POST', `${api}/namespaces/${where}/rolebindings`, {
        apiVersion: `${rbac}/v1`,
        kind: 'RoleBinding',
        metadata: { name },
        roleRef: { apiGroup: rbac, kind: 'Role', name: role },
        subjects,
      })
    },
    async may(user, role, { namespace: where = namespace, groups = [] } = {}) {
      const resourceAttributes = { namespace: where, verb: 'get', resource: 'things', name: role }
      const answer = await admin('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: { user, groups, resourceAttributes },
      })
      return review.parse(answer).status.allowed
    },
    async bindings(where = namespace) {
      return bindingList.parse(await admin('GET', `${api}/namespaces/${where}/rolebindings`)).items
    },

    aPrincipal: async (name = `ada-${short()}@example.com`) => name,
    async fill(target, count) {
      const role = String(target['role'])
      const where = String(target['namespace'])
      const one = (i: number) =>
        harness.bind({
          name: `member-${short()}-${i}`,
          role,
          subjects: [subject(`member ${i}`)],
          namespace: where,
        })
      for (let i = 0; i < count; i += 50)
        await Promise.all(Array.from({ length: Math.min(50, count - i) }, (_, j) => one(i + j)))
    },
    vanish: null,
    /** In a namespace of its own: who looks at one reads all of its bindings, and one test makes thousands. */
    async aTarget() {
      const where = await aNamespace()
      const role = await harness.aRole('Role', where)
      await harness.entrust({ kind: 'Role', name: role, namespace: where })
      return { target: { namespace: where, role }, sameTarget: { subject: 'User', role, namespace: where } }
    },
    async vanishTarget({ role, namespace: where }: Target) {
      await admin('DELETE', `${api}/namespaces/${String(where)}/roles/${encodeURIComponent(String(role))}`)
    },
    lacking: async () => {
      const role = await harness.aRole('Role')
      await harness.entrust({ kind: 'Role', name: 'no-such-role' })
      return [
        {
          connector: connectWith({}),
          target: { namespace, role },
          what: new RegExp(`^curfew lacks, in the namespace ${namespace}: bind, get on roles ${role}$`),
          remedy: new RegExp(
            `^kubectl apply[^]*kind: Role\n[^]*- ${role}\n[^]*- bind\n[^]*name: curfew\nEOF$`,
          ),
        },
        {
          connector: connectWith({ token: weakToken }),
          target: { namespace, role },
          what: /^weak lacks.*: get, list, create, delete, patch on rolebindings; bind, get on roles/,
          remedy: /- patch\n/,
        },
        {
          connector: connectWith({}),
          target: { namespace, role: 'no-such-role' },
          what: new RegExp(`^the Role no-such-role does not exist in the namespace ${namespace}$`),
          remedy: /^kubectl apply[^]*kind: Role\n[^]*name: no-such-role\n/,
        },
      ]
    },
    reallyHolds: (principal, { role, namespace: where }) =>
      harness.may(principal, String(role), { namespace: String(where) }),
    async freeze() {
      const thaw = await freeze(server.pid)
      return async () => {
        thaw()
        // What had arrived while it was frozen is done with once it has answered what came after.
        for (let i = 0; i < 2; i += 1) await harness.bindings()
      }
    },
    stop: server.stop,
  }
  return harness
}
