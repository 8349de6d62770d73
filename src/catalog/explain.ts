import { z } from 'zod'
import { problemIn, type Source } from './source.ts'
import type { Path, Problem } from './problem.ts'
import { LATER_KEYS } from './schema.ts'
import { didYouMean } from './spelling.ts'

type Issue = z.core.$ZodIssue

/** What zod found wrong with the value at `at`, in words and with places in the file. */
export function explainIssues(
  source: Source,
  at: Path,
  { schema, value, issues }: { schema: z.ZodType; value: unknown; issues: readonly Issue[] },
): Problem[] {
  return issues.flatMap((issue) => {
    const inside = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))
    const path = [...at, ...inside]
    switch (issue.code) {
      case 'unrecognized_keys': {
        const known = keysOf(within(schema, inside))
        return issue.keys.map((key) =>
          problemIn(source, [...path, key], unknownKey([...path, key], known), 'key'),
        )
      }
      case 'invalid_key':
        return [problemIn(source, path, issue.issues[0]?.message ?? 'cannot be a key', 'key')]
      case 'invalid_type':
        return [problemIn(source, path, typeMessage(issue, valueAt(value, inside)))]
      case 'invalid_union': {
        const meant = issue.message === 'Invalid input' ? meantOf(issue) : null
        return meant === null
          ? [problemIn(source, path, issue.message)]
          : explainIssues(source, at, { schema, value, issues: meant })
      }
      case 'custom': {
        const offset: unknown = issue.params?.['offset']
        const problem = problemIn(source, path, issue.message)
        return [typeof offset === 'number' ? { ...problem, ...source.inside(path, offset) } : problem]
      }
      default:
        return [problemIn(source, path, valueAt(value, inside) === undefined ? 'is missing' : issue.message)]
    }
  })
}

/** What is wrong by the one option whose kind it is, such as a map where there may be a list too; null: it may be several. */
function meantOf({ errors, path }: Extract<Issue, { code: 'invalid_union' }>): Issue[] | null {
  const ofItsKind = errors.filter((issues) =>
    issues.every((issue) => issue.code !== 'invalid_type' || issue.path.length > 0),
  )
  const [meant, ...others] = ofItsKind
  if (meant === undefined || others.length > 0) return null
  return meant.map((issue) => ({ ...issue, path: [...path, ...issue.path] }))
}

export function unknownKey(path: Path, known: readonly string[]): string {
  const key = String(path.at(-1))
  if (LATER_KEYS.includes(key)) return 'is not supported by this version'
  if (path.length === 2 && path[0] === 'defaults' && (key === 'who' || key === 'external'))
    return 'is never a default: write it on each resource or entitlement'
  return `is not a key here${didYouMean(key, known) || (known.length > 0 ? `; there are ${known.join(', ')}` : '')}`
}

function typeMessage(issue: Extract<Issue, { code: 'invalid_type' }>, found: unknown): string {
  if (found === undefined) return 'is missing'
  if (!issue.message.startsWith('Invalid input')) return issue.message
  const hint = issue.expected === 'string' && typeof found !== 'object' ? ': put it in quotes' : ''
  return `must be ${EXPECTED[issue.expected] ?? issue.expected}, not ${kindOf(found)}${hint}`
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'text',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
  array: 'a list',
  object: 'a map of keys',
  record: 'a map of keys',
}

function kindOf(value: unknown): string {
  if (value === null) return 'empty'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  return typeof value === 'string' ? 'text' : `a ${typeof value}`
}

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (holder, step) =>
      typeof holder === 'object' && holder !== null && Object.hasOwn(holder, step)
        ? new Map<unknown, unknown>(Object.entries(holder)).get(String(step))
        : undefined,
    value,
  )

/** The keys a schema names, looking through whatever wraps the object. */
export function keysOf(schema: unknown): string[] {
  const bare = unwrap(schema)
  if (bare instanceof z.ZodObject) return Object.keys(bare.shape)
  if (bare instanceof z.ZodUnion) return bare.options.flatMap((option: unknown) => keysOf(option))
  return []
}

/** The schema at this path; undefined where the schema does not say. */
export function within(schema: unknown, path: Path): unknown {
  const bare = unwrap(schema)
  const [step, ...rest] = path
  if (step === undefined) return bare
  if (bare instanceof z.ZodObject) return within(bare.shape[step], rest)
  if (bare instanceof z.ZodArray) return within(bare.element, rest)
  if (bare instanceof z.ZodRecord) return within(bare.valueType, rest)
  return undefined
}

function unwrap(schema: unknown): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
    return unwrap(schema.unwrap())
  if (schema instanceof z.ZodPipe) return unwrap(schema.in)
  return schema
}

/** The parsed value, or null once everything wrong with it was reported. */
export function parseAt<Schema extends z.ZodType>(
  source: Source,
  at: Path,
  { schema, value, report }: { schema: Schema; value: unknown; report: Report },
): z.output<Schema> | null {
  const parsed = judge(schema, value)
  if (parsed?.success) return parsed.data
  // One by one: a call cannot have as many arguments as a file can have mistakes.
  if (parsed)
    explainIssues(source, at, { schema, value, issues: parsed.error.issues }).forEach((one) => report(one))
  else report(problemIn(source, at, 'has more mistakes than can be told'))
  return null
}

/** Null for so many mistakes that zod cannot carry them: its own calls have limits too. */
function judge<Schema extends z.ZodType>(schema: Schema, value: unknown) {
  try {
    return schema.safeParse(value)
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

export type Report = (...problems: Problem[]) => void
