import { z } from 'zod'

/** Arguments arrive as strings in a form, or typed in a JSON body: both are taken, as Slack does. */
export const text = z.coerce.string()

export const flag = z.union([
  z.boolean(),
  z.enum(['true', '1', 'True']).transform(() => true),
  z.enum(['false', '0', 'False']).transform(() => false),
])

export const count = z.coerce.number().int().min(0).max(1000)

/** A field that holds JSON: a string to be parsed, or the thing itself. Unparsable text stays text. */
export const json = z.unknown().transform((value) => {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value) as unknown
  } catch {
    return value
  }
})

/** `U1,U2` or `["U1","U2"]` or a list. */
export const names = z
  .union([z.array(z.string()), z.string()])
  .transform((value) => (typeof value === 'string' ? value.split(',').map((name) => name.trim()) : value))

export const paging = { limit: count.optional(), cursor: text.optional() }
