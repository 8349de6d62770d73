import { z } from 'zod'
import type { Check } from './check.ts'
import { fetched, whyNotFetched } from './fetched.ts'
import { right, unknown, wrong } from './finding.ts'

const alive = z.object({ live: z.literal(true) })

/** Whether PUBLIC_URL leads to Curfew, asked as anybody would ask it: through name, certificate and proxy. */
export const addressCheck: Check = {
  area: 'PUBLIC_URL',
  about: 'PUBLIC_URL',
  withinMs: 10_000,
  ask: async ({ parts, dispatcher }) => {
    const { publicUrl, port } = parts
    if (publicUrl === null)
      return [parts.wrong.has('PUBLIC_URL') ? unknown('PUBLIC_URL', 'is wrong') : right('PUBLIC_URL', notSet)]
    const about = publicUrl
    if (port === null) return [wrong(about, 'PORT is not set: nothing is served', 'Set PORT as well.')]
    try {
      const { status, location, text } = await fetched(`${publicUrl}/livez`, { dispatcher })
      if (status >= 300 && status < 400)
        return [wrong(about, `leads on to ${location ?? 'elsewhere'} (${status})`, noRedirect)]
      if (status !== 200) return [wrong(about, `/livez answers ${status}`, pass)]
      if (!isUs(text)) return [wrong(about, 'something answers /livez there, and it is not Curfew', pass)]
      return [right(about, 'Curfew answers there')]
    } catch (error) {
      return [wrong(about, `does not answer: ${whyNotFetched(error)}`, pass)]
    }
  },
}

const notSet = 'not set: no pages, no company directory, no reports of devices'
const pass =
  'Start Curfew, and let the TLS proxy at that address pass it to PORT; its name and certificate must be good where people are.'
const noRedirect =
  'Let the proxy pass /livez, /slack/, /show/, /confirm/, /scim/ and /devices/ to PORT without a sign-in of its own.'

function isUs(text: string): boolean {
  try {
    return alive.safeParse(JSON.parse(text)).success
  } catch {
    return false
  }
}
