import type { Condition } from '../domain/catalog.ts'
import { compileCondition } from './condition.ts'
import type { PlainCondition } from './plain.ts'

/** A condition that was found good before, compiled when it is first asked: thousands at once would take long. */
export function lazyCondition(plain: PlainCondition): Condition {
  let compiled: ReturnType<typeof compileCondition> | null = null
  return {
    ...plain,
    evaluate(attributes) {
      compiled ??= compileCondition(plain.source)
      return 'offset' in compiled ? 'unknown' : compiled.evaluate(attributes)
    },
  }
}
