import { anObject, type Kept } from './kept.ts'
import type { Objects } from './objects.ts'
import { isAllowed, notHeld, rbacGroup, rulesOf } from './rbac.ts'
import type { Asked } from './request.ts'
import { isNamespaced, kinds } from './resources.ts'
import { badRequest, forbidden, notFound } from './status.ts'
import { defaulted, validate } from './validation.ts'

/** The object that was sent. */
export function sent({ body, contentType, resource, namespace, name, group }: Asked): Kept {
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
  if (isNamespaced(resource) && (metadata.namespace ?? namespace) !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  return defaulted(
    isNamespaced(resource) ? { ...object.data, metadata: { ...metadata, namespace } } : object.data,
  )
}

/** What is asked of everything that comes into being or changes. */
export function admit(
  objects: Objects,
  { asked, object, before }: { asked: Asked; object: Kept; before: Kept | null },
): void {
  const { resource, group, namespace } = asked
  const { name } = object.metadata
  if (isNamespaced(resource) && before === null) {
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
  mayBind(objects, asked, object)
  validate(object, group, before)
}

/** Nobody gives more than they hold, but for roles that they may bind. A role that they may bind need not be there. */
function mayBind(objects: Objects, { user, group, resource, namespace }: Asked, object: Kept): void {
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
