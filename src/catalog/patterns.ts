import { EvaluationError, type ASTNode, type Environment } from '@marcbachmann/cel-js'
import { RE2JS, RE2JSSyntaxException } from 're2js'
import type { ExpressionFault } from './expression-fault.ts'

const MAX_PATTERN_LENGTH = 200
/** Instructions of all patterns of one expression: each may be run at each letter. */
const MAX_PATTERN_SIZE = 1000
/** No e-mail, reason or handle is as long. */
const MAX_MATCHED_LENGTH = 2000
/** No identifier, so that nobody can write it. */
export const LINEAR_MATCHES = 'matches in linear time'

/**
 * `matches` by RE2, whose time grows with the length of the text and no faster: CEL names its syntax. The library's own
 * takes JavaScript's, which can take for ever on text that requesters write, and stop the whole process. It cannot be
 * replaced, so calls of it are renamed.
 */
export function withLinearMatches(
  environment: Environment,
  patterns: ReadonlyMap<string, RE2JS>,
): Environment {
  return environment.clone().registerFunction({
    name: LINEAR_MATCHES,
    receiverType: 'string',
    params: [{ name: 'pattern', type: 'string' }],
    returnType: 'bool',
    handler: (text: string, pattern: string) => {
      const compiled = patterns.get(pattern)
      if (!compiled || text.length > MAX_MATCHED_LENGTH)
        throw new EvaluationError('matches() has a text that is too long')
      return compiled.test(text)
    },
  })
}

/** To be called before types are checked: compiles every pattern, calls ours instead of `matches`, and says what is wrong. */
export function takePatterns(
  nodes: readonly ASTNode[],
  patterns: Map<string, RE2JS>,
): ExpressionFault | null {
  let size = 0
  let wrong: ExpressionFault | null = null
  for (const node of nodes) {
    if (node.op !== 'rcall' || node.args[0] !== 'matches') continue
    const [, , [pattern]] = node.args
    node.args[0] = LINEAR_MATCHES
    const message = patternFailure(pattern, (text, compiled) => {
      patterns.set(text, compiled)
      size += compiled.programSize()
      return size > MAX_PATTERN_SIZE ? 'the patterns of one condition repeat too much' : null
    })
    if (message !== null) wrong ??= { message, offset: node.start }
  }
  return wrong
}

function patternFailure(
  pattern: ASTNode | undefined,
  take: (text: string, compiled: RE2JS) => string | null,
): string | null {
  if (pattern?.op !== 'value' || typeof pattern.args !== 'string')
    return 'matches() needs its pattern written out'
  const text = pattern.args
  if (text.length > MAX_PATTERN_LENGTH) return `a pattern may have ${MAX_PATTERN_LENGTH} characters`
  try {
    return take(text, RE2JS.compile(text))
  } catch (error) {
    if (error instanceof RE2JSSyntaxException)
      return `a pattern in RE2: ${error.message.replace(/^error parsing regexp: /, '')}`
    throw error
  }
}
