import type { Condition } from '../domain/catalog.ts'
import { compileCondition } from './condition.ts'

/** A condition that was found good before, compiled when it is first asked: thousands at once would take long. */
export function lazyCondition(source: string): Condition {
  let compiled: ReturnType<typeof compileCondition> | null = null
  return {
    source,
    evaluate(attributes) {
      compiled ??= compileCondition(source)
      return 'offset' in compiled ? 'unknown' : compiled.evaluate(attributes)
    },
  }
}
