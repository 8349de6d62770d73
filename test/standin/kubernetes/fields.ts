import { anObject, type Kept } from './kept.ts'

/** What managers own apart from each other: each label and annotation, and the other fields as a whole. */
export function fieldsOf({
  metadata: { labels, annotations },
  rules,
  subjects,
  roleRef,
}: Kept): Map<string, unknown> {
  return new Map<string, unknown>([
    ...Object.entries(labels ?? {}).map(([key, value]) => [`metadata.labels.${key}`, value] as const),
    ...Object.entries(annotations ?? {}).map(
      ([key, value]) => [`metadata.annotations.${key}`, value] as const,
    ),
    ...Object.entries({ rules, subjects, roleRef }).filter(([, value]) => value !== undefined),
  ])
}

/** An object with these fields in the place of its own. */
export function built(base: Kept, fields: ReadonlyMap<string, unknown>): Kept {
  const below = (prefix: string) =>
    Object.fromEntries(
      [...fields].flatMap(([path, value]) =>
        path.startsWith(prefix) ? [[path.slice(prefix.length), value]] : [],
      ),
    )
  const { rules, subjects, roleRef } = Object.fromEntries(fields)
  return anObject.parse({
    ...base,
    metadata: {
      ...base.metadata,
      labels: below('metadata.labels.'),
      annotations: below('metadata.annotations.'),
    },
    rules,
    subjects,
    roleRef,
  })
}
