import {
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Alias,
  type Document,
  type Node,
  type YAMLMap,
} from 'yaml'
import { writePath, type Path, type Position, type Problem } from './problem.ts'

export interface SourceText {
  readonly file: string
  readonly text: string
}

/** One YAML file, read: what it says, and where each thing is said. */
export interface Source {
  readonly file: string
  readonly content: unknown
  /** Of the value at this path; of its nearest parent's key if it is not there. */
  position(path: Path): Position
  keyPosition(path: Path): Position
  /** Of the character at this offset in the text value at this path. */
  inside(path: Path, offset: number): Position
}

const MAX_DEPTH = 30
const MAX_EXPANDED_ALIASES = 1000
const MAX_ALIASES = 5000

/** Reads one document of plain YAML 1.2. Never throws: whatever cannot be read is a problem with a place. */
export function readSource(source: SourceText): Source | Problem[] {
  const { file, text } = source
  const lines = new LineCounter()
  const problemAt = (offset: number, message: string): Problem => ({
    ...placeOf(file, lines, offset),
    key: '',
    message,
  })

  try {
    const document = nodesOf(text, lines)
    if (document.directives.yaml.version !== '1.2')
      return [
        problemAt(
          0,
          `is YAML ${document.directives.yaml.version}: write YAML 1.2, without a line that says so`,
        ),
      ]
    const wrong = [...document.errors, ...document.warnings]
    if (wrong.length > 0)
      return wrong.map(({ pos, code, message }) => problemAt(pos[0], YAML_ERRORS[code] ?? message))
    const { refused } = judgeNodes(document)
    if (refused.length > 0) return refused.map(({ offset, message }) => problemAt(offset, message))
    const content: unknown = document.toJS({ maxAliasCount: MAX_EXPANDED_ALIASES })
    return sourceOf(source, content)
  } catch (error) {
    if (error instanceof ReferenceError) return [problemAt(0, 'has too many aliases that repeat each other')]
    if (error instanceof RangeError) return [problemAt(0, 'is nested too deeply')]
    return [problemAt(0, `cannot be read: ${error instanceof Error ? error.message : 'not YAML'}`)]
  }
}

/** Of a text that was read before, perhaps in another thread. */
export const sourceOf = ({ file, text }: SourceText, content: unknown): Source => ({
  file,
  content,
  ...places(file, text),
})

function placeOf(file: string, lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset)
  return { file, line: Math.max(1, line), column: Math.max(1, col) }
}

const nodesOf = (text: string, lineCounter: LineCounter): Document.Parsed =>
  parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    stringKeys: true,
    // Others make what is written as a mapping or a text something else, of which nobody reads the keys.
    resolveKnownTags: false,
    // Looked for by `judgeNodes`: here each key would be compared with all before it.
    uniqueKeys: false,
    logLevel: 'error',
  })

const YAML_ERRORS: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: 'a second document starts here: write one document a file',
  RESOURCE_EXHAUSTION: 'is nested too deeply',
}

/** What each alias stands for. */
type Anchored = ReadonlyMap<Alias, Node>

/** What is YAML and refused all the same, and what the aliases stand for. Looks at each node once. */
function judgeNodes(document: Document.Parsed) {
  const refused: { offset: number; message: string }[] = []
  const refuse = (node: unknown, message: string) => void refused.push({ offset: offsetOf(node), message })
  const anchors = new Map<string, Node>()
  const anchored = new Map<Alias, Node>()
  visit(document, (_key, node, path) => {
    if (path.length > MAX_DEPTH && path.filter((parent) => !isPair(parent)).length > MAX_DEPTH) {
      refuse(node, 'is nested too deeply')
      return visit.BREAK
    }
    if (isMap(node)) for (const key of repeatedKeys(node)) refuse(key, 'this key is written twice')
    if (isPair(node) && isScalar(node.key) && node.key.value === '__proto__')
      refuse(node.key, '"__proto__" cannot be a key')
    if (isAlias(node)) {
      const meant = anchors.get(node.source)
      if (!meant) refuse(node, `nothing above is anchored as &${node.source}`)
      else if (path.includes(meant)) refuse(node, `*${node.source} holds itself`)
      else anchored.set(node, meant)
      if (anchored.size > MAX_ALIASES) {
        refuse(node, `is one alias too many: a file may have ${MAX_ALIASES}`)
        return visit.BREAK
      }
    } else if (isNode(node) && node.anchor !== undefined) anchors.set(node.anchor, node)
    return undefined
  })
  return { refused, anchored }
}

function repeatedKeys(map: YAMLMap): unknown[] {
  const seen = new Set<unknown>()
  return map.items.flatMap(({ key }) => {
    const name = isScalar(key) ? key.value : key
    if (seen.has(name)) return [key]
    seen.add(name)
    return []
  })
}

/** Read again once a place is asked for: the nodes of a good file are not kept, which are many times as large as its text. */
function places(file: string, text: string) {
  const lines = new LineCounter()
  const positionAt = (offset: number): Position => placeOf(file, lines, offset)
  let known: { document: Document.Parsed; anchored: Anchored } | null = null
  const nodes = () => {
    if (known !== null) return known
    const document = nodesOf(text, lines)
    return (known = { document, anchored: judgeNodes(document).anchored })
  }
  const behind = (value: unknown): unknown => (isAlias(value) ? nodes().anchored.get(value) : value)
  const pairsOf = remembered((map: YAMLMap) => {
    const scalars = map.items.flatMap(({ key, value }) => (isScalar(key) ? [{ key, value }] : []))
    return new Map(scalars.map((pair) => [String(pair.key.value), pair]))
  })
  const find = (path: Path) => {
    let value: unknown = nodes().document.contents
    let key: unknown = null
    for (const step of path) {
      const holder = behind(value)
      if (isMap(holder)) {
        const pair = pairsOf(holder).get(String(step))
        if (!pair) return { key, value: null }
        key = pair.key
        value = pair.value
      } else if (isSeq(holder) && typeof step === 'number' && step < holder.items.length) {
        key = value = holder.items[step]
      } else return { key, value: null }
    }
    return { key, value: behind(value) }
  }
  const keyOffset = ({ key, value }: { key: unknown; value: unknown }) => offsetOf(key ?? value)
  const valueOffset = (found: { key: unknown; value: unknown }) =>
    startsOnItsLine(found.value) ? offsetOf(found.value) : keyOffset(found)

  return {
    position: (path: Path) => positionAt(valueOffset(find(path))),
    keyPosition: (path: Path) => positionAt(keyOffset(find(path))),
    inside: (path: Path, offset: number) => {
      const { value } = find(path)
      if (!isScalar(value) || typeof value.value !== 'string') return positionAt(valueOffset(find(path)))
      return positionAt(offsetInSource(value, value.value, text, offset))
    },
  }
}

/** Asked once of each, when it is first wanted. */
export function remembered<Key extends object, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const made = new WeakMap<Key, Value>()
  return (key) => {
    const value = made.get(key) ?? make(key)
    made.set(key, value)
    return value
  }
}

/** Quotes, escapes, folds and indents only add to a scalar's text or change its white space: the other letters keep their order. */
function offsetInSource(node: Node, value: string, text: string, offset: number): number {
  const start = offsetOf(node)
  const end = node.range?.[1] ?? text.length
  let at = start
  if (text[at] === '|' || text[at] === '>') at = text.indexOf('\n', at)
  else if (text[at] === '"' || text[at] === "'") at++
  for (const letter of value.slice(0, offset)) {
    if (letter.trim() === '') continue
    at = text.indexOf(letter, at) + letter.length
    if (at < start + letter.length || at > end) return start
  }
  while (at < end && /[\s\\]/.test(text[at] ?? '')) at++
  return at < end ? at : Math.max(start, end - 1)
}

/** What follows its key on the same line; not what is empty or spreads over the lines below. */
const startsOnItsLine = (value: unknown): boolean =>
  isScalar(value) ? value.source !== '' : isMap(value) || isSeq(value) ? value.flow === true : false

const offsetOf = (node: unknown): number => (isNode(node) ? (node.range?.[0] ?? 0) : 0)

/** A problem at a value, or at its key. */
export function problemIn(
  source: Source,
  path: Path,
  message: string,
  at: 'value' | 'key' = 'value',
): Problem {
  const position = at === 'key' ? source.keyPosition(path) : source.position(path)
  return { ...position, key: writePath(path), message }
}
