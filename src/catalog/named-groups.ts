import type { ASTNode } from '@marcbachmann/cel-js'

/** What a variable of `exists`, `map`, `cel.bind` and the like stands for, by its name. */
type Scope = ReadonlyMap<string, Bound>

interface Bound {
  readonly value: ASTNode
  readonly scope: Scope
}

/** Whether what is looked for may have been made into something else: a part of a text, or a longer one. */
type How = 'any' | 'unchanged'

const COMPARISONS: readonly string[] = ['==', '!=', '<', '<=', '>', '>=', 'in']
const WALKS: readonly string[] = ['all', 'exists', 'exists_one', 'map', 'filter']
const FINDS: readonly string[] = ['contains', 'indexOf', 'lastIndexOf']

/**
 * The groups that an expression compares with what is in `groups`, in their order: handles of Slack, `@dba`, and names of
 * SCIM, `dba`. Text that is compared with something else names no group, whatever it begins with:
 * `email.endsWith("@acme.example")`. A part of a handle names none either, nor does what is compared with a part of a name.
 */
export function namedGroups(ast: ASTNode): string[] {
  const named = new Set<string>()
  eachComparison(ast, (one, other, scope) => {
    if (!isOfGroups(one, scope)) return
    const isWhole = isOfGroups(one, scope, 'unchanged')
    const whole = new Set(isWhole ? textsOf(other, scope, 'unchanged') : [])
    for (const text of textsOf(other, scope)) if (isSlackGroup(text) || whole.has(text)) named.add(text)
  })
  return [...named]
}

/** Does it ask more of `groups` than whether one that it names is among them? Then all there are decide, of each source. */
export function readsAllGroups(ast: ASTNode): boolean {
  if (ast.op === 'id') return ast.args === 'groups'
  if (ast.op === 'in') {
    const [one, all] = ast.args
    if (all.op === 'id' && one.op === 'value') return false
  }
  if (ast.op !== 'rcall') return partsOf(ast).some(readsAllGroups)
  const [, receiver, args] = ast.args
  return [receiver, ...args].some(readsAllGroups)
}

/** Slack's groups have handles with an @ before them; SCIM's are called by their names. */
export const isSlackGroup = (text: string): boolean => /^@./.test(text)

/** Both ways round. */
function eachComparison(ast: ASTNode, visit: (one: ASTNode, other: ASTNode, scope: Scope) => void): void {
  const compare = (one: ASTNode, other: ASTNode, scope: Scope) => {
    visit(one, other, scope)
    visit(other, one, scope)
  }

  const look = (node: ASTNode, scope: Scope): void => {
    if (isComparison(node)) compare(node.args[0], node.args[1], scope)
    if (node.op !== 'rcall') {
      for (const part of partsOf(node)) look(part, scope)
      return
    }
    const [method, receiver, args] = node.args
    const inner = boundBy(node, scope)
    look(receiver, scope)
    for (const arg of args) look(arg, inner)
    if (FINDS.includes(method) && receiver.op === 'rcall' && receiver.args[0] === 'join')
      for (const arg of args) compare(receiver, arg, scope)
  }

  look(ast, new Map())
}

const isComparison = (node: ASTNode): node is Extract<ASTNode, { args: [ASTNode, ASTNode] }> =>
  COMPARISONS.includes(node.op)

/** The names that a call gives to its arguments to use. */
function boundBy(node: ASTNode, scope: Scope): Scope {
  if (node.op !== 'rcall') return scope
  const [method, receiver, args] = node.args
  const [variable] = args
  if (variable?.op !== 'id') return scope
  const value = isBind(node) ? args[1] : WALKS.includes(method) ? receiver : undefined
  return value ? new Map([...scope, [variable.args, { value, scope }]]) : scope
}

const isBind = (node: ASTNode): boolean =>
  node.op === 'rcall' && node.args[0] === 'bind' && node.args[1].op === 'id' && node.args[1].args === 'cel'

/** Is this `groups`, one of them, or made of them? If `unchanged`, by nothing that makes other texts of them. */
function isOfGroups(node: ASTNode, scope: Scope, how: How = 'any'): boolean {
  switch (node.op) {
    case 'id': {
      const bound = scope.get(node.args)
      return bound ? isOfGroups(bound.value, bound.scope, how) : node.args === 'groups'
    }
    case 'rcall': {
      const [method, receiver, args] = node.args
      if (isBind(node)) return isOfGroups(args[2] ?? node.args[1], boundBy(node, scope), how)
      if (method === 'map') return isOfGroups(args.at(-1) ?? receiver, boundBy(node, scope), how)
      return (how === 'any' || method === 'filter') && isOfGroups(receiver, scope, how)
    }
    default:
      return valuesOf(node, how).some((part) => isOfGroups(part, scope, how))
  }
}

/** The written-out texts that this may be or hold. */
function textsOf(node: ASTNode, scope: Scope, how: How = 'any'): string[] {
  if (node.op === 'value') return typeof node.args === 'string' ? [node.args] : []
  if (node.op === 'id') {
    const bound = scope.get(node.args)
    return bound ? textsOf(bound.value, bound.scope, how) : []
  }
  if (node.op !== 'rcall') return valuesOf(node, how).flatMap((part) => textsOf(part, scope, how))
  const [method, receiver, args] = node.args
  if (isBind(node)) return args.slice(2).flatMap((part) => textsOf(part, boundBy(node, scope), how))
  if (method === 'map') return args.slice(-1).flatMap((part) => textsOf(part, boundBy(node, scope), how))
  return method === 'filter' ? textsOf(receiver, scope, how) : []
}

/** The parts whose value becomes a part of this one's. */
function valuesOf(node: ASTNode, how: How): readonly ASTNode[] {
  switch (node.op) {
    case '?:':
      return node.args.slice(1)
    case 'call':
      return ['dyn', 'string'].includes(node.args[0]) ? node.args[1] : []
    case 'list':
      return node.args
    case 'map':
      return node.args.flat()
    case '+':
      return how === 'any' ? node.args : []
    case '[]':
    case '[?]':
      return node.args.slice(0, 1)
    default:
      return []
  }
}

function partsOf(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case 'value':
    case 'id':
    case 'rcall':
      return []
    case 'call':
      return node.args[1]
    case 'map':
      return node.args.flat()
    case '.':
    case '.?':
      return [node.args[0]]
    case '!_':
    case '-_':
      return [node.args]
    default:
      return node.args
  }
}
