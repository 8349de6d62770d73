import type { Context } from 'hono'

/** What a form of ours holds, by the names of its fields. */
export type Form = (field: string) => string

/**
 * Reads it as a browser sends it. What is sent in another way, cannot be read, or comes twice is as if it were not filled
 * in: no page of ours sends that.
 */
export async function formOf({ req }: Context): Promise<Form> {
  const type = req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  const fields = new URLSearchParams(type === 'application/x-www-form-urlencoded' ? await req.text() : '')
  return (field) => {
    const [written = '', ...more] = fields.getAll(field)
    return more.length === 0 ? written : ''
  }
}
