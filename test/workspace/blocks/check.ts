import type { z } from 'zod'
import type { Block } from './blocks.ts'
import { messageBlocks } from './blocks.ts'
import { elementsOf } from './controls.ts'
import type { HomeView, ModalView } from './views.ts'
import { homeView, modalView } from './views.ts'

/** The thing as Slack would take it, or its complaints in Slack's own words. */
export type Checked<T> = { ok: true; value: T } | { ok: false; messages: string[] }

/** What a message may hold. Errors point into `/blocks`. */
export function checkMessageBlocks(blocks: unknown): Checked<Block[]> {
  return check(messageBlocks, blocks, '/blocks', (found) => inBlocks(found, '/blocks'))
}

/** What a modal may hold. Errors point into `/view`. */
export function checkModal(view: unknown): Checked<ModalView> {
  return check(modalView, view, '/view', (found) => [
    ...inBlocks(found.blocks, '/view/blocks'),
    ...inFocus(found.blocks),
    ...(found.submit === undefined && found.blocks.some((block) => block.type === 'input')
      ? [complaint('missing required field: submit', '/view')]
      : []),
  ])
}

export function checkHome(view: unknown): Checked<HomeView> {
  return check(homeView, view, '/view', (found) => [
    ...inBlocks(found.blocks, '/view/blocks'),
    ...inFocus(found.blocks),
  ])
}

/** Any shape, any further rules, one list of complaints. */
export function check<S extends z.ZodType>(
  shape: S,
  value: unknown,
  pointer: string,
  further: (found: z.infer<S>) => string[] = () => [],
): Checked<z.infer<S>> {
  const parsed = shape.safeParse(value)
  const messages = parsed.success
    ? [...inLetters(parsed.data, pointer), ...further(parsed.data)]
    : parsed.error.issues.flatMap((issue) => inWords(issue, value, pointer))
  return parsed.success && messages.length === 0 ? { ok: true, value: parsed.data } : { ok: false, messages }
}

/** Half a letter is no text: Slack refuses the whole payload (RFC 8259, 8.2, leaves it open). */
function inLetters(value: unknown, pointer: string): string[] {
  if (typeof value === 'string')
    return /\p{Surrogate}/u.test(value) ? [complaint('invalid unicode', pointer)] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => inLetters(inner, `${pointer}/${key}`))
}

function inBlocks(blocks: readonly Block[], pointer: string): string[] {
  const seen = new Set<string>()
  return blocks.flatMap((block, at) => {
    const found: string[] = []
    if (block.block_id !== undefined && seen.has(block.block_id))
      found.push(complaint(`\`block_id\` already exists: ${block.block_id}`, `${pointer}/${at}/block_id`))
    seen.add(block.block_id ?? '')
    const actionIds = elementsOf(block).flatMap((element) => element.action_id ?? [])
    const twice = actionIds.find((id, index) => actionIds.indexOf(id) !== index)
    if (twice !== undefined)
      found.push(complaint(`\`action_id\` already exists: ${twice}`, `${pointer}/${at}/elements`))
    return found
  })
}

function inFocus(blocks: readonly Block[]): string[] {
  const focused = blocks.flatMap(elementsOf).filter((e) => 'focus_on_load' in e && e.focus_on_load === true)
  return focused.length > 1 ? [complaint('only one element can have `focus_on_load`', '/view/blocks')] : []
}

const complaint = (words: string, pointer: string) => `[ERROR] ${words} [json-pointer:${pointer}]`

function inWords(issue: z.core.$ZodIssue, value: unknown, root: string): string[] {
  const at = root + issue.path.map((step) => `/${String(step)}`).join('')
  switch (issue.code) {
    case 'too_big':
      return [complaint(tooBig(issue.origin, Number(issue.maximum)), at)]
    case 'too_small':
      return [complaint(tooSmall(issue.origin, Number(issue.minimum)), at)]
    case 'unrecognized_keys':
      return issue.keys.map((key) => complaint(`invalid additional property: ${key}`, at))
    case 'invalid_union':
      return [complaint(`unsupported type: ${JSON.stringify(valueAt(value, issue.path) ?? 'none')}`, at)]
    case 'invalid_type': {
      if (valueAt(value, issue.path) !== undefined) return [complaint(`must provide a ${issue.expected}`, at)]
      const field = String(issue.path.at(-1) ?? 'value')
      return [complaint(`missing required field: ${field}`, at.slice(0, at.lastIndexOf('/')))]
    }
    default:
      return [complaint(issue.message, at)]
  }
}

const tooBig = (origin: string, most: number) =>
  origin === 'string'
    ? `must be less than ${most + 1} characters`
    : origin === 'array'
      ? `no more than ${most} items allowed`
      : `must be no more than ${most}`

const tooSmall = (origin: string, least: number) =>
  origin === 'string'
    ? `must be more than ${least - 1} characters`
    : origin === 'array'
      ? `no fewer than ${least} items allowed`
      : `must be no less than ${least}`

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (found, step) => (typeof found === 'object' && found !== null ? Reflect.get(found, step) : undefined),
    value,
  )
}
