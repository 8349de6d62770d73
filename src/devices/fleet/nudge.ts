import { z } from 'zod'

/** Fleet sends its hosts in batches; more than this is no batch of Fleet's. */
const mostHosts = 10_000

const nudge = z.object({ hosts: z.array(z.unknown()).max(mostHosts) })
const oneHost = z.object({ id: z.union([z.number().int().positive(), z.string().regex(/^[1-9]\d{0,14}$/)]) })

/**
 * The hosts that a webhook of Fleet's names (its failing policies: `{ timestamp, policy, hosts: [{ id, … }] }`), each once;
 * none where it names none. It has no signature: they are to be looked at, and nothing that it says is to be believed.
 */
export function nudgedHosts(body: unknown): string[] {
  const read = nudge.safeParse(body)
  if (!read.success) return []
  const ids = read.data.hosts.flatMap((host) => {
    const one = oneHost.safeParse(host)
    return one.success ? [String(one.data.id)] : []
  })
  return [...new Set(ids)]
}
