import { admit, sent } from './admission.ts'
import type { Kept } from './kept.ts'
import type { Objects } from './objects.ts'
import { isAllowed } from './rbac.ts'
import { isDry, notAllowed, type Asked } from './request.ts'
import { kinds } from './resources.ts'
import { reviews } from './reviews.ts'
import { byFields, byLabels } from './selectors.ts'
import { badRequest, notFound, Refusal } from './status.ts'

/** Does what is asked for. */
export function answered(objects: Objects, asked: Asked): [number, object] {
  const { verb, resource, group, name, subresource, query, user, manager } = asked
  const namespace = resource === 'namespaces' ? '' : asked.namespace
  const review = reviews.get(resource)
  if (review !== undefined && verb === 'create') return [201, review(objects, user, JSON.parse(asked.body))]
  if (verb === 'list') return [200, listed(objects, asked)]
  if (verb === 'patch') return applied(objects, asked)
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
    admit(objects, { asked, object, before: null })
    return [201, isDry(query) ? object : objects.create(resource, object, manager)]
  }
  if (before === null) throw notFound(resource, group, name)
  if (verb === 'get') return [200, before]
  if (verb === 'update' && subresource === 'finalize') return [200, finalized(objects, before)]
  if (verb === 'update') {
    const object = sent(asked)
    const { resourceVersion } = object.metadata
    if (resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion)
      throw new Refusal(409, 'Conflict', 'the object has been modified', { name, group, kind: resource })
    admit(objects, { asked, object, before })
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

function applied(objects: Objects, asked: Asked): [number, object] {
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
  admit(objects, { asked, object: made.object, before })
  const status = before === null ? 201 : 200
  return [status, isDry(query) ? made.object : objects.keepApplied(resource, made)]
}

/** What the controller of namespaces does in the end: all that was in it goes, and it too. */
function finalized(objects: Objects, namespace: Kept): Kept {
  for (const resource of ['roles', 'rolebindings'])
    for (const object of objects.all(resource, namespace.metadata.name)) objects.delete(resource, object)
  objects.delete('namespaces', namespace)
  return namespace
}

function listed(objects: Objects, { resource, group, namespace, query }: Asked): object {
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
