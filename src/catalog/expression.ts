import {
  Environment,
  EvaluationError,
  ParseError,
  TypeError as CelTypeError,
  type ASTNode,
} from '@marcbachmann/cel-js'
import type { RE2JS } from 're2js'
import { everyNode } from './every-node.ts'
import type { ExpressionFault } from './expression-fault.ts'
import { LINEAR_MATCHES, takePatterns, withLinearMatches } from './patterns.ts'
import { didYouMean } from './spelling.ts'
import { costlyWalk } from './walks.ts'

export interface Expression {
  readonly source: string
  readonly ast: ASTNode
  /** The variables it mentions, whether or not an answer would come to need them. */
  readonly mentions: ReadonlySet<string>
  /** Throws where CEL has no answer: a bad index, a division by zero, an unreadable duration. */
  evaluate(values: Record<string, unknown>): unknown
}

/** A CEL type, or a type of each field. */
type VariableTypes = Readonly<Record<string, string | Readonly<Record<string, string>>>>

/** The CEL type that an answer must have; or all that may be, and what these are called. */
type Answers = string | { readonly types: RegExp; readonly called: string }

const MAX_LENGTH = 2000

/** CEL with these variables and no others; nesting and size are bounded. Mixed: of a map's values each has its own type. */
export function celEnvironment(variables: VariableTypes, { isMixed = false } = {}): Environment {
  const environment = new Environment({
    limits: { maxDepth: 32, maxAstNodes: 1000, maxListElements: 500 },
    homogeneousAggregateLiterals: !isMixed,
  })
  for (const [name, type] of Object.entries(variables))
    if (typeof type === 'string') environment.registerVariable(name, type)
    else environment.registerVariable({ name, schema: type })
  return environment
}

/** Parses and type-checks; what can be seen to fail always (a bad literal pattern, zone or duration) is refused as well. */
export function compile(
  environment: Environment,
  source: string,
  {
    result,
    variables,
    orUnchecked = false,
  }: {
    result: Answers
    variables: VariableTypes
    /** What is of no type before it is evaluated is let pass: whoever evaluates it looks. */
    orUnchecked?: boolean
  },
): Expression | ExpressionFault {
  if (source.trim() === '') return { message: 'is empty', offset: 0 }
  if (source.length > MAX_LENGTH) return { message: `is longer than ${MAX_LENGTH} characters`, offset: 0 }
  try {
    const patterns = new Map<string, RE2JS>()
    const program = withLinearMatches(environment, patterns).parse(source)
    const nodes = [...everyNode(program.ast)]
    const pattern = takePatterns(nodes, patterns)
    const { valid, type, error } = program.check()
    if (!valid) return misnamed(error, source, Object.keys(variables)) ?? fault(error)
    const mistaken = orUnchecked && type === 'dyn' ? null : mistakenType(type ?? 'dyn', result)
    if (mistaken !== null) return { message: mistaken, offset: 0 }
    for (const node of nodes) {
      const message = certainFailure(environment, node)
      if (message !== null) return { message, offset: node.start }
    }
    const costly = pattern ?? costlyWalk(program.ast)
    if (costly) return costly
    const named = nodes.flatMap((node) => (node.op === 'id' ? [node.args] : []))
    return {
      source,
      ast: program.ast,
      mentions: new Set(named.filter((name) => Object.hasOwn(variables, name))),
      evaluate: (values) => program(values) as unknown,
    }
  } catch (error) {
    return fault(error)
  }
}

function mistakenType(type: string, wanted: Answers): string | null {
  if (typeof wanted === 'string') return type === wanted ? null : `must answer with ${wanted}, not ${type}`
  return wanted.types.test(type) ? null : `must give ${wanted.called}, not ${type}`
}

function misnamed(error: unknown, source: string, names: readonly string[]): ExpressionFault | null {
  if (!(error instanceof CelTypeError) || error.code !== 'unknown_variable' || !error.range) return null
  const word = source.slice(error.range.start, error.range.end)
  const meant = didYouMean(word, names) || `; there are ${names.join(', ')}`
  return { message: `there is no "${word}"${meant}`, offset: error.range.start }
}

function fault(error: unknown): ExpressionFault {
  if (error instanceof ParseError || error instanceof CelTypeError || error instanceof EvaluationError)
    return { message: error.summary.replace(LINEAR_MATCHES, 'matches'), offset: error.range?.start ?? 0 }
  if (error instanceof RangeError) return { message: 'is nested too deeply', offset: 0 }
  throw error
}

/** The type checker looks at types only: `duration("soon")` would pass, and be unknown for ever. */
function certainFailure(environment: Environment, node: ASTNode): string | null {
  if (node.op === 'call') {
    const [name, [argument]] = node.args
    const call = node.input.slice(node.start, node.end)
    const isFixed = (name === 'duration' || name === 'timestamp') && argument?.op === 'value'
    if (isFixed && fails(() => environment.evaluate(call)) !== null)
      return `${call} cannot be read: ${LITERALS[name]}`
  }
  if (node.op !== 'rcall') return null
  const [method, , args] = node.args
  const zone = args[0]
  if (method.startsWith('get') && zone?.op === 'value' && typeof zone.args === 'string') {
    const timeZone = zone.args
    return fails(() => new Intl.DateTimeFormat('en', { timeZone }))
  }
  return null
}

const LITERALS = {
  duration: 'write hours, minutes and seconds, such as "2h" or "1h30m"',
  timestamp: 'write a date and time, such as "2027-01-31T09:00:00Z"',
}

function fails(attempt: () => unknown): string | null {
  try {
    attempt()
    return null
  } catch (error) {
    if (error instanceof EvaluationError) return error.summary
    return error instanceof Error ? error.message : 'cannot be read'
  }
}
