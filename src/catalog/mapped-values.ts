import { z } from 'zod'
import { policyResults, saidValue, type PolicySaid, type SaidValue } from '../domain/devices/device.ts'
import { instantOf } from '../domain/devices/instant.ts'

/*
 * From JSON to what CEL reads, and from what CEL gives to what reports say. What is not of its kind is not known.
 */

/** Whole numbers are CEL's integers. Maps, since CEL takes an object for what its key `constructor` says. */
export function asCel(json: unknown): unknown {
  if (typeof json === 'number') return Number.isSafeInteger(json) ? BigInt(json) : json
  if (Array.isArray(json)) return json.map(asCel)
  if (typeof json === 'object' && json !== null)
    return new Map(Object.entries(json).map(([key, value]) => [key, asCel(value)]))
  return json
}

const plain = (value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value)

const id = z.string().trim().min(1).max(200)

export function asId(value: unknown): string | null {
  const parsed = id.safeParse(typeof value === 'bigint' ? String(value) : value)
  return parsed.success ? parsed.data : null
}

/** Seconds since 1970 would be days of it: refused rather than taken for milliseconds. */
const earliestMs = Date.UTC(2000, 0, 1)
const latestMs = Date.UTC(2200, 0, 1)

/** An instant of CEL, RFC 3339 text, or milliseconds since 1970. */
export function asInstant(value: unknown): Date | null {
  if (typeof value === 'string') return instantOf(value)
  const ms = value instanceof Date ? value.getTime() : plain(value)
  return typeof ms === 'number' && ms >= earliestMs && ms < latestMs ? new Date(ms) : null
}

export function asText(value: unknown): string | null {
  const text = typeof value === 'bigint' ? String(value) : value
  return typeof text === 'string' && text.length <= 200 ? text : null
}

const address = z.email().max(320)

/** Null and "" say that it is nobody's; what is no address says nothing. */
export function asOwner(value: unknown): string | null | undefined {
  if (value === null || value === '') return null
  const parsed = address.safeParse(value)
  return parsed.success ? parsed.data : undefined
}

export function asValue(value: unknown): SaidValue {
  const parsed = saidValue.safeParse(plain(value))
  return parsed.success ? parsed.data : null
}

const results = z.enum(policyResults)
const withRemedy = z.object({ result: z.unknown(), remedy: z.string().max(1_000).nullish().catch(null) })

interface PolicyGiven {
  readonly result: PolicySaid['result']
  readonly remedy: string | null
}

/** `"pass"`, or true; with what to do about it: `{"result": "fail", "remedy": "…"}`. */
export function asPolicy(value: unknown): PolicyGiven {
  const parsed = withRemedy.safeParse(value instanceof Map ? Object.fromEntries(value) : value)
  const { result, remedy } = parsed.success ? parsed.data : { result: value, remedy: null }
  if (typeof result === 'boolean') return { result: result ? 'pass' : 'fail', remedy: remedy ?? null }
  const read = results.safeParse(result)
  return { result: read.success ? read.data : 'unknown', remedy: remedy ?? null }
}

export function asEntries(value: unknown): readonly (readonly [string, unknown])[] | null {
  if (value instanceof Map) return [...value].map(([name, one]) => [String(name), one as unknown] as const)
  const isNamed =
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
  return isNamed ? Object.entries(value) : null
}
