import type { ASTNode } from '@marcbachmann/cel-js'

/** This node and all below it, each before what is in it. */
export function* everyNode(value: unknown): Generator<ASTNode> {
  if (Array.isArray(value)) for (const item of value) yield* everyNode(item)
  if (!isNode(value)) return
  yield value
  yield* everyNode(value.args)
}

const isNode = (value: unknown): value is ASTNode =>
  typeof value === 'object' && value !== null && 'op' in value && 'args' in value
