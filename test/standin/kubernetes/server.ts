/*
 * A stand-in for the API server of Kubernetes, as far as access is given by RBAC there. Strict where the real one is:
 * written after what kube-apiserver 1.34.4 answered, and after its source where that was not tried.
 *
 * Covered: namespaces, roles, clusterroles, rolebindings, clusterrolebindings: create, get, list (limit, continue,
 * labelSelector, fieldSelector; 410 for what expired), update, server-side apply (managers, conflicts, dry run), delete;
 * RBAC itself, with what keeps one from giving more than one holds (`bind`); SelfSubjectAccessReview,
 * SubjectAccessReview, SelfSubjectReview; `timeout`; namespaces that do not exist or are being deleted.
 *
 * Not covered, so that nothing of it is shown by a test: watches; generateName, owner references, finalizers of objects;
 * the other kinds of patch; admission by webhooks and policies; aggregated roles, `escalate`, rules for non-resource
 * URLs; several API servers, whose caches of RBAC lag by milliseconds; priority and fairness (429); audit; discovery.
 * Sets in labelSelector are refused. Whoever may write roles may write any.
 *
 *   node --import tsx server.ts --tokens tokens.csv [--compact-after-ms 300000] [--slow-ms 0] [--cert cert.pem --key key.pem]
 *
 * tokens.csv has a line `token,user,"group,group"` for each token. Listens on a free loopback port, which it prints.
 */
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { anObject, Objects, type Kept } from './objects.ts'
import { isAllowed, notHeld, rbacGroup, rulesOf, type User } from './rbac.ts'
import { reviews } from './reviews.ts'
import { byFields, byLabels } from './selectors.ts'
import { badRequest, forbidden, notFound, Refusal } from './status.ts'
import { defaulted, validate } from './validation.ts'

const { values: options } = parseArgs({
  options: {
    tokens: { type: 'string', default: '' },
    'compact-after-ms': { type: 'string', default: '300000' },
    'slow-ms': { type: 'string', default: '0' },
    cert: { type: 'string' },
    key: { type: 'string' },
  },
})
const slowMs = Number(options['slow-ms'])
const longestMs = 60_000
const objects = new Objects(Number(options['compact-after-ms']))
const users = new Map(
  readFileSync(options.tokens, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, token = '', name = '', groups = ''] = /^([^,]+),([^,]+),"(.*)"$/.exec(line) ?? []
      return [token, { name, groups: [...groups.split(',').filter(Boolean), 'system:authenticated'] }]
    }),
)

/** What every cluster has from its first start. */
const basics: readonly [resource: string, object: object][] = [
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
for (const [resource, object] of basics) objects.create(resource, anObject.parse(object), 'kube-apiserver')

const kinds = new Map([
  ['namespaces', 'Namespace'],
  ['roles', 'Role'],
  ['clusterroles', 'ClusterRole'],
  ['rolebindings', 'RoleBinding'],
  ['clusterrolebindings', 'ClusterRoleBinding'],
])

interface Asked {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly namespace: string
  readonly name: string
  readonly subresource: string
  readonly query: URLSearchParams
  readonly user: User
  readonly manager: string
  readonly contentType: string
  readonly body: string
}

const path =
  /^\/(?:api\/v1|apis\/([a-z0-9.]+)\/v1)(?:\/namespaces\/([^/]+)(?=\/(?:roles|rolebindings)(?:\/|$)))?\/([a-z]+)(?:\/([^/]+))?(?:\/([a-z]+))?$/

async function asked(request: IncomingMessage): Promise<Asked> {
  const body = await text(request)
  const url = new URL(request.url ?? '/', 'http://here')
  const [, group = '', namespace = '', resource = '', name = '', subresource = ''] =
    path.exec(url.pathname) ?? []
  const isNamespaced = resource === 'roles' || resource === 'rolebindings'
  const user = userOf(request.headers.authorization)
  const verb = verbOf(request.method ?? '', name !== '')
  const { searchParams: query } = url
  const attributes = {
    verb,
    group,
    resource: subresource === '' ? resource : `${resource}/${subresource}`,
    namespace: resource === 'namespaces' ? decodeURIComponent(name) : decodeURIComponent(namespace),
    name: decodeURIComponent(name),
  }
  if (!isAllowed(objects, user, attributes)) throw notAllowed(user, attributes)
  const isKnown = reviews.has(resource) || kinds.has(resource)
  const isWhole = isNamespaced && namespace === '' && verb !== 'list'
  if (!isKnown || isWhole || (group === rbacGroup) !== /^(cluster)?role/.test(resource))
    throw new Refusal(404, 'NotFound', 'the server could not find the requested resource')
  return {
    ...attributes,
    resource,
    subresource,
    query,
    user,
    manager: query.get('fieldManager') ?? (request.headers['user-agent'] ?? 'unknown').split('/')[0] ?? '',
    contentType: request.headers['content-type'] ?? '',
    body,
  }
}

function userOf(authorization: string | undefined): User {
  if (authorization === undefined) return { name: 'system:anonymous', groups: ['system:unauthenticated'] }
  const user = users.get(/^Bearer (.+)$/.exec(authorization)?.[1] ?? '')
  if (user !== undefined) return user
  throw new Refusal(401, 'Unauthorized', 'Unauthorized')
}

function verbOf(method: string, isNamed: boolean): string {
  const verbs = new Map([
    ['GET', isNamed ? 'get' : 'list'],
    ['POST', 'create'],
    ['PUT', 'update'],
    ['PATCH', 'patch'],
    ['DELETE', isNamed ? 'delete' : 'deletecollection'],
  ])
  return verbs.get(method) ?? ''
}

function notAllowed(
  { name: user }: User,
  {
    verb,
    group,
    resource,
    namespace,
    name,
  }: Pick<Asked, 'verb' | 'group' | 'resource' | 'namespace' | 'name'>,
): Refusal {
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`
  const why = `User "${user}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`
  return forbidden(resource, group, name, why)
}

/** Milliseconds of a duration as Go writes it, of the units that are used here. */
function timeoutOf(query: URLSearchParams): number {
  const written = query.get('timeout') ?? ''
  if (written === '') return longestMs
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(written) ?? []
  if (amount === undefined) throw badRequest('invalid timeout specified in the request URL')
  const ms = Number(amount) * (unit === 'ms' ? 1 : unit === 's' ? 1_000 : 60_000)
  return ms > 0 ? Math.min(ms, longestMs) : longestMs
}

function sent({ body, contentType, resource, namespace, name, group }: Asked): Kept {
  // As YAML these would be the end of a line, or refused, where they are not escaped.
  if (contentType.endsWith('yaml') && /[\u007f-\u009f\u2028\u2029\ufeff]/.test(body))
    throw badRequest('error decoding YAML: control characters are not allowed')
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    throw badRequest('the object provided is unrecognized')
  }
  const object = anObject.safeParse(json)
  if (!object.success)
    throw badRequest(`strict decoding error: ${object.error.issues[0]?.path.join('.') ?? ''}`)
  const { kind, apiVersion, metadata } = object.data
  if (kind !== kinds.get(resource) || apiVersion !== (group === '' ? 'v1' : `${group}/v1`))
    throw badRequest(`the API version and kind in the data (${apiVersion}, ${kind}) do not match the request`)
  if (name !== '' && metadata.name !== name)
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`)
  const isNamespaced = resource === 'roles' || resource === 'rolebindings'
  if (isNamespaced && (metadata.namespace ?? namespace) !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  return defaulted(isNamespaced ? { ...object.data, metadata: { ...metadata, namespace } } : object.data)
}

/** What is asked of everything that comes into being or changes. */
function admit(asked: Asked, object: Kept, before: Kept | null): void {
  const { resource, group, namespace } = asked
  const { name } = object.metadata
  const isNamespaced = resource === 'roles' || resource === 'rolebindings'
  if (isNamespaced && before === null) {
    const found = objects.get('namespaces', '', namespace)
    if (found === null) throw notFound('namespaces', '', namespace)
    if (found.metadata.deletionTimestamp !== undefined)
      throw forbidden(
        resource,
        group,
        name,
        `unable to create new content in namespace ${namespace} because it is being terminated`,
        [
          {
            reason: 'NamespaceTerminating',
            message: `namespace ${namespace} is being terminated`,
            field: 'metadata.namespace',
          },
        ],
      )
  }
  mayBind(asked, object)
  validate(object, group, before)
}

/** Nobody gives more than they hold, but for roles that they may bind. A role that they may bind need not be there. */
function mayBind({ user, group, resource, namespace }: Asked, object: Kept): void {
  if (object.roleRef === undefined || user.groups.includes('system:masters')) return
  const { kind, name } = object.roleRef
  const role = kind === 'ClusterRole' ? 'clusterroles' : 'roles'
  if (isAllowed(objects, user, { verb: 'bind', group: rbacGroup, resource: role, namespace, name })) return
  const rules = rulesOf(objects, object)
  if (rules === null) throw notFound(role, rbacGroup, name)
  const missing = notHeld(objects, user, namespace, rules)
  if (missing.length === 0) return
  const groups = JSON.stringify(user.groups)
  const why = `user "${user.name}" (groups=${groups}) is attempting to grant RBAC permissions not currently held:\n`
  throw forbidden(
    resource,
    group,
    object.metadata.name,
    why + missing.map((rule) => JSON.stringify(rule)).join('\n'),
  )
}

function applied(asked: Asked): [number, object] {
  const { query, contentType, resource, namespace, name, group, user, manager } = asked
  if (!contentType.startsWith('application/apply-patch+yaml'))
    throw new Refusal(415, 'UnsupportedMediaType', 'the body of the request was in an unknown format')
  if (!query.has('fieldManager'))
    throw new Refusal(422, 'Invalid', 'fieldManager: Required value: is required for apply patch')
  const object = sent(asked)
  if (object.metadata.managedFields !== undefined) throw badRequest('metadata.managedFields must be nil')
  const before = objects.get(resource, asked.resource === 'namespaces' ? '' : namespace, name)
  const create = { verb: 'create', group, resource, namespace, name }
  if (before === null && !isAllowed(objects, user, create)) throw notAllowed(user, create)
  const made = objects.applied(resource, object, { manager, force: query.get('force') === 'true' })
  admit(asked, made.object, before)
  const status = before === null ? 201 : 200
  return [status, isDry(query) ? made.object : objects.keepApplied(resource, made)]
}

function isDry(query: URLSearchParams): boolean {
  const written = query.get('dryRun')
  if (written !== null && written !== 'All') throw badRequest('dryRun: Unsupported value')
  return written === 'All'
}

function answered(asked: Asked): [number, object] {
  const { verb, resource, group, name, subresource, query, user, manager } = asked
  const namespace = resource === 'namespaces' ? '' : asked.namespace
  const review = reviews.get(resource)
  if (review !== undefined && verb === 'create') return [201, review(objects, user, JSON.parse(asked.body))]
  if (verb === 'list') return [200, listed(asked)]
  if (verb === 'patch') return applied(asked)
  const before = name === '' ? null : objects.get(resource, namespace, name)
  if (verb === 'create') {
    const object = sent(asked)
    if (objects.get(resource, namespace, object.metadata.name) !== null)
      throw new Refusal(
        409,
        'AlreadyExists',
        `${resource}.${group} "${object.metadata.name}" already exists`,
        { name: object.metadata.name, group, kind: resource },
      )
    admit(asked, object, null)
    return [201, isDry(query) ? object : objects.create(resource, object, manager)]
  }
  if (before === null) throw notFound(resource, group, name)
  if (verb === 'get') return [200, before]
  if (verb === 'update' && subresource === 'finalize') return [200, finalized(before)]
  if (verb === 'update') {
    const object = sent(asked)
    const { resourceVersion } = object.metadata
    if (resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion)
      throw new Refusal(409, 'Conflict', 'the object has been modified', { name, group, kind: resource })
    admit(asked, object, before)
    return [200, objects.replace(resource, before, object, manager)]
  }
  if (verb !== 'delete') throw new Refusal(405, 'MethodNotAllowed', 'the server does not allow this method')
  if (resource === 'namespaces') {
    const ending = { ...before.metadata, deletionTimestamp: new Date().toISOString() }
    objects.delete(resource, before)
    return [
      200,
      objects.create(resource, { ...before, metadata: ending, status: { phase: 'Terminating' } }, manager),
    ]
  }
  if (!isDry(query)) objects.delete(resource, before)
  const details = { name, group, kind: resource, uid: before.metadata.uid }
  return [200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }]
}

/** What the controller of namespaces does in the end: all that was in it goes, and it too. */
function finalized(namespace: Kept): Kept {
  for (const resource of ['roles', 'rolebindings'])
    for (const object of objects.all(resource, namespace.metadata.name)) objects.delete(resource, object)
  objects.delete('namespaces', namespace)
  return namespace
}

function listed({ resource, group, namespace, query }: Asked): object {
  const [labels, fields] = [query.get('labelSelector') ?? '', query.get('fieldSelector') ?? '']
  const [isLabelled, isField] = [byLabels(labels), byFields(fields)]
  const limit = Number(query.get('limit') ?? 0)
  if (!Number.isInteger(limit) || limit < 0) throw badRequest('limit: Invalid value')
  return {
    kind: `${kinds.get(resource) ?? ''}List`,
    apiVersion: group === '' ? 'v1' : `${group}/v1`,
    ...objects.list(resource, namespace, {
      limit,
      goOn: query.get('continue') ?? '',
      isWanted: (object) => isLabelled(object) && isField(object),
      isSelected: labels + fields !== '',
    }),
  }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [status, body] = await asked(request)
    .then(async (question): Promise<[number, object]> => {
      const withinMs = timeoutOf(question.query)
      const isChange = !['get', 'list'].includes(question.verb) && !reviews.has(question.resource)
      if (isChange && slowMs > 0) await sleep(Math.min(slowMs, withinMs))
      if (isChange && slowMs > withinMs)
        throw new Refusal(504, 'Timeout', 'Timeout: request did not complete within the requested timeout')
      return answered(question)
    })
    .catch((error: unknown): [number, object] => {
      if (error instanceof Refusal) return [error.code, error.body()]
      return [500, new Refusal(500, 'InternalError', String(error)).body()]
    })
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

const listener = (request: IncomingMessage, response: ServerResponse) => void answer(request, response)
const server =
  options.cert === undefined || options.key === undefined
    ? createServer(listener)
    : createTlsServer({ cert: readFileSync(options.cert), key: readFileSync(options.key) }, listener)
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(`listening on ${typeof address === 'object' ? (address?.port ?? '') : ''}`)
})
