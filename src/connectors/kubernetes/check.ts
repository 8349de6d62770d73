import { createHash } from 'node:crypto'
import { stringify } from 'yaml'
import { z } from 'zod'
import type { Lack, Target } from '../../domain/connector.ts'
import type { Api } from './api.ts'
import { rbac, rolePath } from './binding.ts'
import { Refused } from './failure.ts'
import { giftOf, type Gift } from './settings.ts'

/** A right to ask for: in one namespace, or null in all; on one thing by name, or null on all of them. */
interface Right {
  readonly namespace: string | null
  readonly verb: string
  readonly resource: string
  readonly name: string | null
}

const selfSchema = z.object({
  status: z.object({ userInfo: z.object({ username: z.string() }) }),
})
const reviewSchema = z.object({ status: z.object({ allowed: z.boolean() }) })
const named = z.object({ metadata: z.object({ name: z.string() }) })

/**
 * What Curfew's token may not do, asked of the server right by right; then whether what is given is there, and whether a
 * give would be let through: by a dry run, which writes nothing.
 */
export async function lacksOf(
  api: Api,
  {
    targets,
    signal,
    rehearse,
  }: {
    targets: readonly Target[]
    signal: AbortSignal
    rehearse: (target: Target, signal: AbortSignal) => Promise<void>
  },
): Promise<Lack[]> {
  const login = await loginOf(api, signal)
  const rights = new Map(
    targets.flatMap((target) => rightsFor(giftOf(target))).map((right) => [JSON.stringify(right), right]),
  )
  const asked = await Promise.all(
    [...rights].map(async ([key, right]) => ({ key, right, isThere: await isAllowed(api, right, signal) })),
  )
  const missing = new Map(asked.flatMap(({ key, right, isThere }) => (isThere ? [] : [[key, right]])))
  const scopes = groupedBy([...missing.values()], ({ namespace }) => namespace)
  const lacks = [...scopes].map(([namespace, lacking]) => ({
    what: `${login} lacks, ${namespace === null ? 'in the whole cluster' : `in the namespace ${namespace}`}: ${sentence(lacking)}`,
    remedy: granting(login, namespace, lacking),
  }))
  const able = targets.filter((target) =>
    rightsFor(giftOf(target)).every((right) => !missing.has(JSON.stringify(right))),
  )
  const further = await Promise.all(able.map((target) => hindrance(api, { target, signal, rehearse })))
  const found = new Map(further.flatMap((lack) => (lack === null ? [] : [[lack.what, lack]])))
  return [...lacks, ...found.values()]
}

function rightsFor({ namespace, roleKind, role }: Gift): Right[] {
  const bindings = namespace === null ? 'clusterrolebindings' : 'rolebindings'
  const roles = roleKind === 'Role' ? 'roles' : 'clusterroles'
  return [
    ...['get', 'list', 'create', 'delete', 'patch'].map((verb) => ({
      namespace,
      verb,
      resource: bindings,
      name: null,
    })),
    { namespace, verb: 'bind', resource: roles, name: role },
    { namespace: roleKind === 'Role' ? namespace : null, verb: 'get', resource: roles, name: role },
  ]
}

async function isAllowed(api: Api, right: Right, signal: AbortSignal): Promise<boolean> {
  const { namespace, verb, resource, name } = right
  const { status } = await api.ask({
    doing: 'look up its rights',
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: {
        resourceAttributes: {
          group: rbac,
          version: 'v1',
          resource,
          verb,
          ...(namespace === null ? {} : { namespace }),
          ...(name === null ? {} : { name }),
        },
      },
    },
    answer: reviewSchema,
    signal,
  })
  return status.allowed
}

/** As whom the token is let in. */
async function loginOf(api: Api, signal: AbortSignal): Promise<string> {
  const { status } = await api.ask({
    doing: 'say who Curfew is',
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
    answer: selfSchema,
    signal,
  })
  return status.userInfo.username
}

/** What keeps a target from being given although all rights are there. */
async function hindrance(
  api: Api,
  {
    target,
    signal,
    rehearse,
  }: {
    target: Target
    signal: AbortSignal
    rehearse: (target: Target, signal: AbortSignal) => Promise<void>
  },
): Promise<Lack | null> {
  const gift = giftOf(target)
  const { namespace, roleKind, role } = gift
  const found = await api.find({
    doing: `look up the ${roleKind} ${role}`,
    method: 'GET',
    path: rolePath(gift),
    answer: named,
    signal,
  })
  try {
    await rehearse(target, signal)
  } catch (error) {
    if (!(error instanceof Refused) || error.retryable) throw error
    if (error.isMissing('namespaces') && namespace !== null)
      return {
        what: `the namespace ${namespace} does not exist`,
        remedy: `kubectl create namespace ${namespace}`,
      }
    // Something that admits what is written has effects of its own, and says nothing to a dry run.
    if (error.status !== 400) return { what: error.message, remedy: null }
  }
  if (found !== null) return null
  return {
    what: `the ${roleKind} ${role} does not exist${roleKind === 'Role' ? ` in the namespace ${namespace ?? ''}` : ''}`,
    remedy: applying([
      {
        apiVersion: `${rbac}/v1`,
        kind: roleKind,
        metadata: { name: role, ...(roleKind === 'Role' ? { namespace } : {}) },
        rules: [],
      },
    ]),
  }
}

const sentence = (rights: readonly Right[]): string =>
  grouped(rights)
    .map(
      ({ verbs, resource, name }) => `${verbs.join(', ')} on ${resource}${name === null ? '' : ` ${name}`}`,
    )
    .join('; ')

function groupedBy<T, Key>(all: readonly T[], keyOf: (one: T) => Key): Map<Key, T[]> {
  const groups = new Map<Key, T[]>()
  for (const one of all) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one])
  return groups
}

/** Rights on the same things, written as one rule of a role. */
function grouped(rights: readonly Right[]) {
  const same = groupedBy(rights, ({ resource, name }) => JSON.stringify([resource, name]))
  return [...same.values()].flatMap((those) =>
    those.slice(0, 1).map(({ resource, name }) => ({ verbs: those.map(({ verb }) => verb), resource, name })),
  )
}

/** A role of these rights and no other, bound to Curfew's login; roles add up, so that it replaces nothing. */
function granting(login: string, namespace: string | null, rights: readonly Right[]): string {
  const rules = grouped(rights).map(({ verbs, resource, name }) => ({
    apiGroups: [rbac],
    resources: [resource],
    ...(name === null ? {} : { resourceNames: [name] }),
    verbs,
  }))
  const digest = createHash('sha256')
    .update(JSON.stringify([login, rules]))
    .digest('hex')
    .slice(0, 8)
  const kind = namespace === null ? 'ClusterRole' : 'Role'
  const metadata = { name: `curfew-gives-${digest}`, ...(namespace === null ? {} : { namespace }) }
  const [, accountNamespace, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(login) ?? []
  const subject =
    account === undefined
      ? { kind: 'User', apiGroup: rbac, name: login }
      : { kind: 'ServiceAccount', name: account, namespace: accountNamespace }
  return applying([
    { apiVersion: `${rbac}/v1`, kind, metadata, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: `${kind}Binding`,
      metadata,
      roleRef: { apiGroup: rbac, kind, name: metadata.name },
      subjects: [subject],
    },
  ])
}

const applying = (documents: readonly object[]): string =>
  ["kubectl apply -f - <<'EOF'", documents.map((document) => stringify(document)).join('---\n') + 'EOF'].join(
    '\n',
  )
