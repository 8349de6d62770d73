import { isDeepStrictEqual } from 'node:util'
import type { Kept, Subject } from './kept.ts'
import { rbacGroup } from './rbac.ts'
import { badRequest, invalid, type Cause } from './status.ts'

const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/
const subdomain = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/
const metaKey = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/

/** The fields that a kind may have beside its metadata. */
const fields = new Map<string, readonly string[]>([
  ['Namespace', ['spec', 'status']],
  ['Role', ['rules']],
  ['ClusterRole', ['rules']],
  ['RoleBinding', ['subjects', 'roleRef']],
  ['ClusterRoleBinding', ['subjects', 'roleRef']],
])

const wrong = (field: string, message: string): Cause => ({ reason: 'FieldValueInvalid', message, field })

/** Throws 400 or 422 where the real one does. */
export function validate(object: Kept, group: string, before: Kept | null): void {
  const { kind, metadata, roleRef, subjects } = object
  const known = ['apiVersion', 'kind', 'metadata', ...(fields.get(kind) ?? [])]
  const written: [string, unknown][] = Object.entries(object)
  for (const [key, value] of written)
    if (value !== undefined && !known.includes(key))
      throw badRequest(`strict decoding error: unknown field "${key}"`)
  const causes: Cause[] = []
  if (kind === 'Namespace' ? !label.test(metadata.name) : !isPathSegment(metadata.name))
    causes.push(wrong('metadata.name', `Invalid value: "${metadata.name}"`))
  for (const [key, value] of Object.entries(metadata.labels ?? {}))
    if (!metaKey.test(key) || !labelValue.test(value))
      causes.push(wrong('metadata.labels', `Invalid value: "${value}"`))
  for (const key of Object.keys(metadata.annotations ?? {}))
    if (!metaKey.test(key)) causes.push(wrong('metadata.annotations', `Invalid value: "${key}"`))
  if (kind.endsWith('RoleBinding')) {
    const kinds = kind === 'RoleBinding' ? ['Role', 'ClusterRole'] : ['ClusterRole']
    if (roleRef?.apiGroup !== rbacGroup) causes.push(wrong('roleRef.apiGroup', 'Unsupported value'))
    if (!kinds.includes(roleRef?.kind ?? '')) causes.push(wrong('roleRef.kind', 'Unsupported value'))
    if (!isPathSegment(roleRef?.name ?? '')) causes.push(wrong('roleRef.name', 'Invalid value'))
    ;(subjects ?? []).forEach((subject, i) => {
      const why = wrongSubject(subject, kind === 'RoleBinding')
      if (why !== null) causes.push(wrong(`subjects[${i}]`, why))
    })
    if (before !== null && !isDeepStrictEqual(before.roleRef, roleRef))
      causes.push(wrong('roleRef', `Invalid value: ${JSON.stringify(roleRef)}: cannot change roleRef`))
  }
  if (causes.length > 0) throw invalid(kind, group, metadata.name, causes)
}

const isPathSegment = (name: string) => name !== '' && name !== '.' && name !== '..' && !/[/%]/.test(name)

function wrongSubject({ kind, apiGroup, name, namespace }: Subject, isNamespaced: boolean): string | null {
  if (name === '') return 'name: Required value'
  if (kind === 'User' || kind === 'Group')
    return apiGroup === rbacGroup ? null : 'apiGroup: Unsupported value'
  if (kind !== 'ServiceAccount') return 'kind: Unsupported value'
  if (!subdomain.test(name)) return 'name: Invalid value'
  if ((apiGroup ?? '') !== '') return 'apiGroup: Unsupported value'
  return isNamespaced || namespace ? null : 'namespace: Required value'
}

/** Subjects of the API group that their kind has, where none is written. */
export const defaulted = (object: Kept): Kept => ({
  ...object,
  ...(object.subjects
    ? {
        subjects: object.subjects.map((subject) =>
          subject.kind === 'ServiceAccount' || subject.apiGroup
            ? subject
            : { ...subject, apiGroup: rbacGroup },
        ),
      }
    : {}),
})
