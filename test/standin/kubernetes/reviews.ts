import { z } from 'zod'
import type { Objects } from './objects.ts'
import { isAllowed, type User } from './rbac.ts'
import { badRequest } from './status.ts'

const attributes = z.strictObject({
  namespace: z.string().default(''),
  verb: z.string(),
  group: z.string().default(''),
  version: z.string().optional(),
  resource: z.string(),
  name: z.string().default(''),
})
const review = (kind: string) => ({
  apiVersion: z.literal('authorization.k8s.io/v1'),
  kind: z.literal(kind),
  metadata: z.strictObject({}).optional(),
})
const selfAccess = z.strictObject({
  ...review('SelfSubjectAccessReview'),
  spec: z.strictObject({ resourceAttributes: attributes }),
})
const access = z.strictObject({
  ...review('SubjectAccessReview'),
  spec: z.strictObject({
    resourceAttributes: attributes,
    user: z.string().default(''),
    groups: z.array(z.string()).default([]),
  }),
})
const self = z.strictObject({
  apiVersion: z.literal('authentication.k8s.io/v1'),
  kind: z.literal('SelfSubjectReview'),
  metadata: z.strictObject({}).optional(),
})

/** Questions that are asked by creating what is not kept. */
export const reviews: ReadonlyMap<string, (objects: Objects, user: User, body: unknown) => object> = new Map([
  [
    'selfsubjectaccessreviews',
    (objects, user, body) => {
      const { spec, ...rest } = parsed(selfAccess, body)
      return answer(rest, spec, { allowed: isAllowed(objects, user, spec.resourceAttributes) })
    },
  ],
  [
    'subjectaccessreviews',
    (objects, _user, body) => {
      const { spec, ...rest } = parsed(access, body)
      const asked = { name: spec.user, groups: spec.groups }
      return answer(rest, spec, { allowed: isAllowed(objects, asked, spec.resourceAttributes) })
    },
  ],
  [
    'selfsubjectreviews',
    (_objects, { name, groups }, body) =>
      answer(parsed(self, body), undefined, { userInfo: { username: name, groups } }),
  ],
])

const answer = (rest: object, spec: unknown, status: object) => ({
  ...rest,
  metadata: {},
  ...(spec === undefined ? {} : { spec }),
  status,
})

function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  throw badRequest(`strict decoding error: ${result.error.issues[0]?.message ?? ''}`)
}
