import type { ASTNode } from '@marcbachmann/cel-js'
import { everyNode } from './every-node.ts'
import type { ExpressionFault } from './expression-fault.ts'

/** Each may make its list or text so many times longer. */
const MAX_WALKS = 2
const WALKS: readonly string[] = ['all', 'exists', 'exists_one', 'map', 'filter', 'bind']

/** Walks inside one another multiply their steps, walks in a row the length of what they make. */
export function costlyWalk(ast: ASTNode): ExpressionFault | null {
  for (const node of everyNode(ast)) {
    const walk = walkOf(node)
    if (!walk) continue
    const inner = walk.body.flatMap((part) => [...everyNode(part)]).find((part) => walkOf(part))
    if (inner)
      return {
        message: `${walkOf(inner)?.name}() may not stand inside ${walk.name}()`,
        offset: inner.start,
      }
    const before = [...everyNode(walk.over)].filter((part) => walkOf(part))
    if (before.length >= MAX_WALKS) {
      const all = `${WALKS.slice(0, -1).join(', ')} and ${WALKS.at(-1)}`
      return { message: `more than ${MAX_WALKS} of ${all} follow each other`, offset: node.start }
    }
  }
  return null
}

function walkOf(node: ASTNode): { name: string; over: ASTNode; body: readonly ASTNode[] } | null {
  if (node.op !== 'rcall') return null
  const [name, over, body] = node.args
  return WALKS.includes(name) ? { name, over, body } : null
}

/** Goes through a list or map, or names something for the rest. */
export const isWalk = (node: ASTNode): boolean => walkOf(node) !== null
