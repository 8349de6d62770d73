import type { ASTNode } from '@marcbachmann/cel-js'

/** What a variable of `exists`, `map`, `cel.bind` and the like stands for, by its name. */
type Scope = ReadonlyMap<string, Bound>

interface Bound {
  readonly value: ASTNode
  readonly scope: Scope
}

const COMPARISONS: readonly string[] = ['==', '!=', '<', '<=', '>', '>=', 'in']
const WALKS: readonly string[] = ['all', 'exists', 'exists_one', 'map', 'filter']
const FINDS: readonly string[] = ['contains', 'indexOf', 'lastIndexOf']

/**
 * The handles that an expression compares with what is in `groups`, in their order. Text that is compared with something
 * else names no group, whatever it begins with: `email.endsWith("@acme.example")`. A part of a handle names none either.
 */
export function namedGroups(ast: ASTNode): string[] {
  const named = new Set<string>()
  const take = (node: ASTNode, scope: Scope) => {
    for (const text of textsOf(node, scope)) if (/^@./.test(text)) named.add(text)
  }
  const compare = (one: ASTNode, other: ASTNode, scope: Scope) => {
    if (isOfGroups(one, scope)) take(other, scope)
    if (isOfGroups(other, scope)) take(one, scope)
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
  return [...named]
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

/** Is this `groups`, one of them, or made of them? */
function isOfGroups(node: ASTNode, scope: Scope): boolean {
  switch (node.op) {
    case 'id': {
      const bound = scope.get(node.args)
      return bound ? isOfGroups(bound.value, bound.scope) : node.args === 'groups'
    }
    case 'rcall': {
      const [method, receiver, args] = node.args
      if (isBind(node)) return isOfGroups(args[2] ?? node.args[1], boundBy(node, scope))
      if (method === 'map') return isOfGroups(args.at(-1) ?? receiver, boundBy(node, scope))
      return isOfGroups(receiver, scope)
    }
    default:
      return valuesOf(node).some((part) => isOfGroups(part, scope))
  }
}

/** The written-out texts that this may be or hold. */
function textsOf(node: ASTNode, scope: Scope): string[] {
  if (node.op === 'value') return typeof node.args === 'string' ? [node.args] : []
  if (node.op === 'id') {
    const bound = scope.get(node.args)
    return bound ? textsOf(bound.value, bound.scope) : []
  }
  if (node.op !== 'rcall') return valuesOf(node).flatMap((part) => textsOf(part, scope))
  const [method, receiver, args] = node.args
  if (isBind(node)) return args.slice(2).flatMap((part) => textsOf(part, boundBy(node, scope)))
  if (method === 'map') return args.slice(-1).flatMap((part) => textsOf(part, boundBy(node, scope)))
  return method === 'filter' ? textsOf(receiver, scope) : []
}

/** The parts whose value becomes a part of this one's. */
function valuesOf(node: ASTNode): readonly ASTNode[] {
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
      return node.args
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
