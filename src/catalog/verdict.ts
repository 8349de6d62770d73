import { z } from 'zod'
import { attempt } from './attempt.ts'
import { explainIssues } from './explain.ts'
import type { Path, Problem } from './problem.ts'
import { problemIn, type Source } from './source.ts'

type Issue = z.core.$ZodIssue

export type Verdict<T> =
  { readonly good: true; readonly data: T } | { readonly good: false; readonly issues: readonly Issue[] }

const step = z.union([z.string(), z.number(), z.symbol()])
const leastIssue = z.looseObject({ message: z.string(), path: z.array(step) })
const issue = z.custom<Issue>((value) => leastIssue.safeParse(value).success)
const outcome = z.object({ success: z.boolean() })
const refused = z.object({ error: z.looseObject({ issues: z.array(issue).min(1) }) })

/** What a connector's schema says. Null: nothing that can be understood, since it may be anybody's. */
export function verdictOf<T>(schema: z.ZodType<T>, value: unknown): Verdict<T> | null {
  return attempt((): Verdict<T> | null => {
    const parsed = schema.safeParse(value)
    if (!outcome.safeParse(parsed).success) return null
    if (parsed.success) return { good: true, data: parsed.data }
    const read = refused.safeParse(parsed)
    return read.success ? { good: false, issues: read.data.error.issues } : null
  })
}

/** What is wrong by it, in words; `instead` where it says nothing that can be understood. */
export function complaintsOf<T>(
  source: Source,
  path: Path,
  {
    verdict,
    schema,
    value,
    instead,
  }: { verdict: Verdict<T> | null; schema: z.ZodType<T>; value: unknown; instead: string },
): Problem[] {
  if (verdict?.good === true) return []
  const said =
    verdict && attempt(() => explainIssues(source, path, { schema, value, issues: verdict.issues }))
  return said && said.length > 0 ? said : [problemIn(source, path, instead)]
}
