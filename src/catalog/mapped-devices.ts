import { setImmediate as nextTurn } from 'node:timers/promises'
import { boundedMap } from '../bounded-map.ts'
import {
  mostDevices,
  tooMany,
  type NotTold,
  type ReadBody,
  type Told,
  type WrittenMapping,
} from '../domain/devices/delivery.ts'
import { elapsedMs } from '../elapsed.ts'
import { compileAll, compileNamed, compileSingle, type Several, type Single } from './device-mapping.ts'
import type { ExpressionFault } from './expression-fault.ts'
import type { Expression } from './expression.ts'
import * as given from './mapped-values.ts'

type Named = Expression | readonly (readonly [string, Expression])[] | null
interface Mapping {
  readonly each: Expression | null
  readonly when: Expression | null
  readonly id: Expression
  readonly at: Expression
  readonly name: Expression | null
  readonly serial: Expression | null
  readonly uuid: Expression | null
  readonly owner: Expression | null
  readonly attributes: Named
  readonly policies: Named
}

/**
 * Reads bodies by mappings that the catalog found good, compiled when they are first used. Who is told of and when must be
 * there, else that device is refused; anything else that fails or is not there is not known. Every mapping that fits is
 * used; a body that none fits tells nothing.
 */
export function deviceMappings(): (mappings: readonly WrittenMapping[]) => ReadBody {
  const known = boundedMap<ReadBody>(100)
  return (written) => {
    const key = JSON.stringify(written)
    const reader = known.get(key) ?? readerOf(written.map(compiled))
    known.set(key, reader)
    return reader
  }
}

function compiled(written: WrittenMapping): Mapping {
  const single = (key: Single): Expression | null => {
    const source = written[key]
    return source === undefined ? null : good(compileSingle(key, source))
  }
  const named = (key: Several): Named => {
    const source = written[key]
    if (source === undefined) return null
    if (typeof source === 'string') return good(compileAll(source))
    return Object.entries(source).map(([name, one]) => [name, good(compileNamed(key, one))] as const)
  }
  return {
    each: single('each'),
    when: single('when'),
    id: good(compileSingle('id', written.id)),
    at: good(compileSingle('at', written.at)),
    name: single('name'),
    serial: single('serial'),
    uuid: single('uuid'),
    owner: single('owner'),
    attributes: named('attributes'),
    policies: named('policies'),
  }
}

function good(expression: Expression | ExpressionFault): Expression {
  if ('offset' in expression) throw new Error(`a mapping is judged differently now: ${expression.message}`)
  return expression
}

function readerOf(mappings: readonly Mapping[]): ReadBody {
  return async (written) => {
    const body = given.asCel(written)
    const rest = restful()
    const told: Told[] = []
    for (const mapping of mappings) {
      const ask = askerAbout(body)
      // Before the list is looked for: a message of another kind has none.
      if (mapping.when?.mentions.has('item') === false && ask(mapping.when, null) !== true) continue
      const items = mapping.each === null ? [body] : ask(mapping.each, null)
      if (!Array.isArray(items)) {
        told.push({ sourceId: null, why: 'each gives no list' })
        continue
      }
      if (items.length > mostDevices) return tooMany
      for (const item of items) {
        await rest()
        if (mapping.when !== null && ask(mapping.when, item) !== true) continue
        told.push(toldOf(mapping, (expression) => ask(expression, item)))
      }
      if (told.length > mostDevices) return tooMany
    }
    return told
  }
}

const longestTurnMs = 15

/** A thousand devices by fifty expressions take a second: others have their turn between. */
function restful(): () => Promise<void> | void {
  let begunMs = elapsedMs()
  return () => {
    if (elapsedMs() - begunMs < longestTurnMs) return
    return nextTurn().then(() => {
      begunMs = elapsedMs()
    })
  }
}

/** What it gives of this item; undefined where it has no answer. What does not read the item is asked once for all. */
type Ask = (expression: Expression, item: unknown) => unknown

function askerAbout(body: unknown): Ask {
  const once = new Map<Expression, unknown>()
  const evaluate: Ask = (expression, item) => {
    try {
      return expression.evaluate({ body, item })
    } catch {
      return undefined
    }
  }
  return (expression, item) => {
    if (expression.mentions.has('item')) return evaluate(expression, item)
    if (!once.has(expression)) once.set(expression, evaluate(expression, null))
    return once.get(expression)
  }
}

function toldOf(mapping: Mapping, ask: (expression: Expression) => unknown): Told {
  const sourceId = given.asId(ask(mapping.id))
  if (sourceId === null) return { sourceId, why: 'id gives no text or whole number' }
  const at = given.asInstant(ask(mapping.at))
  if (at === null) return { sourceId, why: 'at gives no instant' }
  const attributes = namedBy(mapping.attributes, { ask, sourceId, key: 'attributes' })
  if ('why' in attributes) return attributes
  const policies = namedBy(mapping.policies, { ask, sourceId, key: 'policies' })
  if ('why' in policies) return policies
  // Not written: this says nothing of that. Without an answer: it is not known.
  const text = (expression: Expression | null) =>
    expression === null ? undefined : given.asText(ask(expression))
  return {
    sourceId,
    at,
    name: text(mapping.name),
    serial: text(mapping.serial),
    uuid: text(mapping.uuid),
    owner: mapping.owner === null ? undefined : given.asOwner(ask(mapping.owner)),
    attributes: Object.fromEntries(
      attributes.all.map(([name, one]) => [name, { value: given.asValue(one) }]),
    ),
    policies: Object.fromEntries(policies.all.map(([name, one]) => [name, given.asPolicy(one)])),
  }
}

/** One expression that gives all of them names nobody when it fails: nothing could be said to be unknown. */
function namedBy(
  named: Named,
  { ask, sourceId, key }: { ask: (expression: Expression) => unknown; sourceId: string; key: Several },
): { readonly all: readonly (readonly [string, unknown])[] } | NotTold {
  if (named === null) return { all: [] }
  if (!('evaluate' in named)) return { all: named.map(([name, one]) => [name, ask(one)] as const) }
  const all = given.asEntries(ask(named))
  return all === null ? { sourceId, why: `${key} gives no map from names` } : { all }
}
