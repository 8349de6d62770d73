import { z } from 'zod'
import { mostDevices, tooMany, type Told, type ToldByBody } from './delivery.ts'
import { policyResults, saidValue } from './device.ts'
import { instantOf } from './instant.ts'

/*
 * Curfew's own form of a delivery: `{sourceId, at, …}` or `{devices: [{sourceId, at, …}, …]}`. What is written shortly
 * (`"firewall": true`, `"Compliant": "pass"`) is as old as `at`; with `{value, at}` and `{result, at}` it has its own instant.
 */

const instant = z.string('must be an instant such as 2027-01-31T09:00:00Z').transform((text, context) => {
  const at = instantOf(text)
  if (at !== null) return at
  context.addIssue('must be an instant with its zone, such as 2027-01-31T09:00:00Z')
  return z.NEVER
})

const value = z.union(
  [
    saidValue.transform((bare) => ({ value: bare, at: undefined })),
    z.strictObject({ value: saidValue, at: instant.optional() }),
  ],
  'must be a text, a number, true, false or null, or {value, at}',
)

const result = z.enum(policyResults)
const remedy = z.string().max(1_000).nullable().default(null)
const policy = z.union(
  [
    result.transform((bare) => ({ result: bare, at: undefined, remedy: null })),
    z.strictObject({ result, at: instant.optional(), remedy }),
  ],
  'must be "pass", "fail" or "unknown", or {result, at, remedy}',
)

const name = z.string().max(200).nullish()
/** Strict: what is misspelled would silently not count. */
const device = z.strictObject({
  sourceId: z.string().trim().min(1, 'is empty').max(200),
  at: instant,
  name,
  serial: name,
  uuid: name,
  owner: z.email('must be an address').max(320).nullish(),
  attributes: z.record(z.string().min(1).max(100), value).default({}),
  policies: z.record(z.string().min(1).max(200), policy).default({}),
})

const batch = z.strictObject({ devices: z.array(z.unknown()) })
const isBatch = z.looseObject({ devices: z.unknown().refine((given) => given !== undefined) })
const named = z.looseObject({ sourceId: z.string().max(200) })

export function readOwnForm(body: unknown): ToldByBody {
  if (!isBatch.safeParse(body).success) return [toldOf(body)]
  const parsed = batch.safeParse(body)
  if (!parsed.success) return { wrong: 'must be one device, or {devices: […]} and nothing beside' }
  const { devices } = parsed.data
  return devices.length > mostDevices ? tooMany : devices.map(toldOf)
}

function toldOf(written: unknown): Told {
  const parsed = device.safeParse(written)
  if (parsed.success) return parsed.data
  const known = named.safeParse(written)
  const [issue] = parsed.error.issues
  const why = `${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is not right'}`.trim()
  return { sourceId: known.success ? known.data.sourceId : null, why }
}
