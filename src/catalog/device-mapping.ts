import type { ASTNode } from '@marcbachmann/cel-js'
import { webhookSettingsWith, writtenMapping } from '../domain/devices/webhook-settings.ts'
import { everyNode } from './every-node.ts'
import type { ExpressionFault } from './expression-fault.ts'
import { celEnvironment, compile, type Expression } from './expression.ts'
import { isWalk } from './walks.ts'

/*
 * How a vendor's own JSON becomes reports: one CEL expression for each thing that a report says. `body` is all that was
 * sent, `item` the one device that is told of: an entry of `each`, or the body itself.
 */

const VARIABLES = { body: 'dyn', item: 'dyn' } as const
const environment = celEnvironment(VARIABLES, { isMixed: true })

/** What each may give, as far as CEL sees it; `dyn` shows when it is asked. */
const kinds = {
  list: { types: /^(dyn|list.*)$/, called: 'a list' },
  flag: { types: /^(dyn|bool)$/, called: 'true or false' },
  text: { types: /^(dyn|string|int)$/, called: 'a text' },
  instant: {
    types: /^(dyn|string|int|google\.protobuf\.Timestamp)$/,
    called: 'an instant, as RFC 3339 text or in milliseconds',
  },
  value: { types: /^(dyn|string|int|double|bool)$/, called: 'a text, a number, true or false' },
  result: { types: /^(dyn|string|bool|map.*)$/, called: '"pass", "fail" or "unknown"' },
  map: { types: /^(dyn|map.*)$/, called: 'a map from names' },
} as const
type Kind = keyof typeof kinds

const single = {
  each: 'list',
  when: 'flag',
  id: 'text',
  at: 'instant',
  name: 'text',
  serial: 'text',
  uuid: 'text',
  owner: 'text',
} as const satisfies Record<string, Kind>
export type Single = keyof typeof single
const singles = ['each', 'when', 'id', 'at', 'name', 'serial', 'uuid', 'owner'] as const
const several = { attributes: 'value', policies: 'result' } as const satisfies Record<string, Kind>
export type Several = keyof typeof several

export const compileSingle = (key: Single, source: string) => compileAs(single[key], source)
export const compileNamed = (key: Several, source: string) => compileAs(several[key], source)
export const compileAll = (source: string) => compileAs('map', source)

function compileAs(kind: Kind, source: string): Expression | ExpressionFault {
  const expression = compile(environment, source, { result: kinds[kind], variables: VARIABLES })
  if ('offset' in expression || !expression.mentions.has('item')) return expression
  if (kind === 'list') return { message: 'must say of body which devices it tells of', offset: 0 }
  // Of a thousand devices each would go through all that was sent.
  const walk = [...everyNode(expression.ast)].filter(isWalk).find(readsBody)
  return walk === undefined
    ? expression
    : { message: 'cannot go through body for each item', offset: walk.start }
}

const readsBody = (node: ASTNode): boolean =>
  [...everyNode(node)].some(({ op, args }) => op === 'id' && args === 'body')

const mostNames = 200

/** The same as is written, each of its expressions found good; a fault is told with its place in the text. */
const goodMapping = writtenMapping.superRefine((mapping, context) => {
  const judge = (path: string[], compiled: Expression | ExpressionFault): void => {
    if (!('offset' in compiled)) return
    const { message, offset } = compiled
    context.addIssue({ code: 'custom', path, message, params: { offset } })
  }
  for (const key of singles) {
    const source = mapping[key]
    if (source !== undefined) judge([key], compileSingle(key, source))
  }
  for (const key of ['attributes', 'policies'] as const) {
    const written = mapping[key]
    if (typeof written === 'string') judge([key], compileAll(written))
    const named = typeof written === 'object' ? Object.entries(written) : []
    if (named.length > mostNames)
      context.addIssue({ code: 'custom', path: [key], message: `has more than ${mostNames} names` })
    for (const [name, source] of named) judge([key, name], compileNamed(key, source))
  }
})

export const mappedWebhookSettings = webhookSettingsWith(goodMapping)
