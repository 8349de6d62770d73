import {
  Environment,
  EvaluationError,
  ParseError,
  TypeError as CelTypeError,
  type ASTNode,
} from '@marcbachmann/cel-js'
import { didYouMean } from './spelling.ts'

/** Why an expression cannot be used, and where in it. */
export interface ExpressionFault {
  readonly message: string
  /** Characters from the start of the expression. */
  readonly offset: number
}

export interface Expression {
  readonly source: string
  /** The variables it mentions, whether or not an answer would come to need them. */
  readonly mentions: ReadonlySet<string>
  /** Throws where CEL has no answer: a bad index, a division by zero, an unreadable duration. */
  evaluate(values: Record<string, unknown>): unknown
}

type VariableTypes = Readonly<Record<string, string>>

const MAX_LENGTH = 2000
const MAX_PATTERN_LENGTH = 200
const MAX_REPETITIONS = 3

/** CEL with these variables and no others; nesting and size are bounded. */
export function celEnvironment(variables: VariableTypes): Environment {
  const environment = new Environment({ limits: { maxDepth: 32, maxAstNodes: 1000, maxListElements: 500 } })
  for (const [name, type] of Object.entries(variables)) environment.registerVariable(name, type)
  return environment
}

/** Parses and type-checks; what can be seen to fail always (a bad literal pattern, zone or duration) is refused as well. */
export function compile(
  environment: Environment,
  source: string,
  { result, variables }: { result: string; variables: VariableTypes },
): Expression | ExpressionFault {
  if (source.trim() === '') return { message: 'is empty', offset: 0 }
  if (source.length > MAX_LENGTH) return { message: `is longer than ${MAX_LENGTH} characters`, offset: 0 }
  try {
    const program = environment.parse(source)
    const { valid, type, error } = program.check()
    if (!valid) return misnamed(error, source, Object.keys(variables)) ?? fault(error)
    if (type !== result) return { message: `must answer with ${result}, not ${type ?? 'dyn'}`, offset: 0 }
    const nodes = [...everyNode(program.ast)]
    for (const node of nodes) {
      const message = certainFailure(environment, node)
      if (message !== null) return { message, offset: node.start }
    }
    const named = nodes.flatMap((node) => (node.op === 'id' ? [node.args] : []))
    return {
      source,
      mentions: new Set(named.filter((name) => Object.hasOwn(variables, name))),
      evaluate: (values) => program(values) as unknown,
    }
  } catch (error) {
    return fault(error)
  }
}

function misnamed(error: unknown, source: string, names: readonly string[]): ExpressionFault | null {
  if (!(error instanceof CelTypeError) || error.code !== 'unknown_variable' || !error.range) return null
  const word = source.slice(error.range.start, error.range.end)
  const meant = didYouMean(word, names) || `; there are ${names.join(', ')}`
  return { message: `there is no "${word}"${meant}`, offset: error.range.start }
}

function fault(error: unknown): ExpressionFault {
  if (error instanceof ParseError || error instanceof CelTypeError || error instanceof EvaluationError)
    return { message: error.summary, offset: error.range?.start ?? 0 }
  if (error instanceof RangeError) return { message: 'is nested too deeply', offset: 0 }
  throw error
}

function* everyNode(value: unknown): Generator<ASTNode> {
  if (Array.isArray(value)) for (const item of value) yield* everyNode(item)
  if (!isNode(value)) return
  yield value
  yield* everyNode(value.args)
}

const isNode = (value: unknown): value is ASTNode =>
  typeof value === 'object' && value !== null && 'op' in value && 'args' in value

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
  if (method === 'matches') return patternFailure(args[0])
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

/** Patterns run on text that requesters write: one that can take for ever would stop the whole process. */
function patternFailure(pattern: ASTNode | undefined): string | null {
  if (pattern?.op !== 'value' || typeof pattern.args !== 'string')
    return 'matches() needs its pattern written out'
  const text = pattern.args
  if (text.length > MAX_PATTERN_LENGTH) return `a pattern may have ${MAX_PATTERN_LENGTH} characters`
  return slowPattern(text) ?? fails(() => new RegExp(text))
}

function slowPattern(pattern: string): string | null {
  const bare = pattern.replace(/\\./g, '_').replace(/\[[^\]]*\]/g, '_')
  const groups = [{ branches: false }]
  let repetitions = 0
  for (const [at, letter] of bare.split('').entries()) {
    const repeats = /[*+{]/.test(bare[at + 1] ?? '')
    const inner = groups.at(-1)
    if (letter === '(') groups.push({ branches: false })
    else if (letter === '|' && inner) inner.branches = true
    if (repeats) repetitions++
    if (letter !== ')') {
      if (repeats && inner && letter !== '(') inner.branches = true
      continue
    }
    const closed = groups.length > 1 ? groups.pop() : undefined
    if (closed?.branches && repeats) return 'a repeated group may not hold a repetition or a choice'
    const outer = groups.at(-1)
    if (outer && (closed?.branches || repeats)) outer.branches = true
  }
  return repetitions > MAX_REPETITIONS ? `a pattern may repeat in ${MAX_REPETITIONS} places` : null
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
