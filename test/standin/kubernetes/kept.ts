import { z } from 'zod'

const metadata = z.strictObject({
  name: z.string(),
  namespace: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  creationTimestamp: z.string().optional(),
  deletionTimestamp: z.string().optional(),
  managedFields: z.array(z.unknown()).optional(),
})

const rule = z.strictObject({
  verbs: z.array(z.string()).min(1),
  apiGroups: z.array(z.string()).min(1),
  resources: z.array(z.string()).min(1),
  resourceNames: z.array(z.string()).optional(),
})

const subject = z.strictObject({
  kind: z.string(),
  apiGroup: z.string().optional(),
  name: z.string(),
  namespace: z.string().optional(),
})

/** All kinds that are kept here, in one: fields that a kind has not are refused when they are validated. */
export const anObject = z.strictObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata,
  rules: z.array(rule).nullable().optional(),
  subjects: z.array(subject).nullable().optional(),
  roleRef: z.strictObject({ apiGroup: z.string(), kind: z.string(), name: z.string() }).optional(),
  spec: z.strictObject({ finalizers: z.array(z.string()).optional() }).optional(),
  status: z.strictObject({ phase: z.string() }).optional(),
})

export type Kept = z.infer<typeof anObject>
export type Rule = z.infer<typeof rule>
export type Subject = z.infer<typeof subject>
