import type { ASTNode } from '@marcbachmann/cel-js'
import type { Answer } from '../domain/answer.ts'
import { isAttributeName } from '../domain/devices/device.ts'
import { valuesOf } from '../domain/devices/read-values.ts'
import type { DeviceCondition, DevicePart, Reading } from '../domain/devices/rules.ts'
import { Version } from '../domain/devices/version.ts'
import { boundedMap } from '../bounded-map.ts'
import { everyNode } from './every-node.ts'
import type { ExpressionFault } from './expression-fault.ts'
import { seenDevice, withDevice } from './device-type.ts'
import { celEnvironment, compile, type Expression } from './expression.ts'

const VARIABLES = { device: 'Device' } as const
const environment = withDevice(celEnvironment({}))

/**
 * A yes-or-no question about a device. `evaluate` never throws; it answers `unknown` when any attribute or policy that it
 * reads is not known, even where the rest would decide, and when CEL itself fails. `version("14.5")` compares part by part.
 */
export function compileDeviceCondition(source: string): DeviceCondition | ExpressionFault {
  const expression = compile(environment, source, { result: 'bool', variables: VARIABLES })
  if ('offset' in expression) return expression
  const unreadable = [...everyNode(expression.ast)].find(isVersionUnread)
  if (unreadable) return { message: 'holds no version', offset: unreadable.start }
  const indexed = [...everyNode(expression.ast)].find(isIndexed)
  for (const node of everyNode(expression.ast)) {
    const { map, name } = entryOf(node) ?? {}
    if (map === 'attributes' && name !== undefined && isAttributeName(name))
      return { message: `is not among the attributes: write device.${name}`, offset: node.start }
  }
  if (indexed) return { message: 'name what you read of it: device.firewall', offset: indexed.start }
  if (!expression.mentions.has('device')) return { message: 'must read the device', offset: 0 }
  const parts = conjunctsOf(expression.ast).map((ast) => source.slice(ast.start, ast.end).trim())
  const compiled = parts.flatMap((part) => {
    const read = compile(environment, part, { result: 'bool', variables: VARIABLES })
    return 'offset' in read ? [] : [partOf(read)]
  })
  const whole = partOf(expression)
  // What cannot stand alone is looked at as a whole.
  return { ...whole, parts: compiled.length === parts.length ? compiled : [whole] }
}

/** Of one that was found good before, in another thread perhaps. */
export function goodDeviceCondition(source: string): DeviceCondition {
  const known = found.get(source)
  if (known !== undefined) return known
  const compiled = compileDeviceCondition(source)
  if ('offset' in compiled) throw new Error(`${source} is judged differently in another thread`)
  found.set(source, compiled)
  return compiled
}

const found = boundedMap<DeviceCondition>(200)

/** `device["firewall"]`: what is read must show without being evaluated. */
const isIndexed = (node: ASTNode): boolean =>
  node.op === '[]' && mapNamed(node.args[0]) === null && !isList(node.args[0])

const isList = ({ op }: ASTNode): boolean => op === 'list'

function partOf(expression: Expression): DevicePart {
  const reads = readingsOf(expression.ast)
  return {
    source: expression.source,
    reads,
    evaluate(device): Answer {
      const values = reads.flatMap((reading) => valuesOf(device, reading))
      if (values.some(({ value }) => value === null)) return 'unknown'
      try {
        const answer = expression.evaluate({ device: seenDevice(device) })
        return answer === true ? 'yes' : answer === false ? 'no' : 'unknown'
      } catch {
        return 'unknown'
      }
    },
  }
}

function conjunctsOf(ast: ASTNode): ASTNode[] {
  return ast.op === '&&' ? ast.args.flatMap(conjunctsOf) : [ast]
}

const isVersionUnread = (node: ASTNode): boolean => {
  if (node.op !== 'call' || node.args[0] !== 'version') return false
  const [written] = node.args[1]
  return written?.op === 'value' && typeof written.args === 'string' && Version.parse(written.args) === null
}

/** Whatever it may come to need: a field by its name, whoever it is read of. */
function readingsOf(ast: ASTNode): Reading[] {
  const found = new Map<string, Reading>()
  const add = (reading: Reading): void => void found.set(JSON.stringify(reading), reading)
  const literal = new Set<ASTNode>()
  for (const node of everyNode(ast)) {
    const entry = entryOf(node)
    if (entry !== null) {
      literal.add(entry.of)
      add({ kind: entry.map === 'policies' ? 'policy' : 'other', name: entry.name })
      continue
    }
    const field = fieldOf(node)
    if (field === null) continue
    if (isAttributeName(field)) add({ kind: 'attribute', name: field })
    if (field === 'serial' || field === 'uuid') add({ kind: 'mark', name: field })
    const map = mapNamed(node)
    if (map !== null && !literal.has(node)) add({ kind: map === 'policies' ? 'every-policy' : 'every-other' })
  }
  return [...found.values()]
}

const fieldOf = (node: ASTNode): string | null => (node.op === '.' || node.op === '.?' ? node.args[1] : null)

const mapNamed = (node: ASTNode): 'policies' | 'attributes' | null => {
  const field = fieldOf(node)
  return field === 'policies' || field === 'attributes' ? field : null
}

/** `device.policies["disk"]` or `device.policies.disk`: one that is named, whatever else there is. */
function entryOf(node: ASTNode) {
  if (node.op !== '[]' && node.op !== '.' && node.op !== '.?') return null
  const [of, key] = node.args
  const map = mapNamed(of)
  const name = typeof key === 'string' ? key : key.op === 'value' ? key.args : null
  return map !== null && typeof name === 'string' ? { of, map, name } : null
}
