import { z } from 'zod'

/** What a directory needs to write to Curfew. */
export interface ScimAccess {
  readonly address: string
  readonly token: string
}

const printed = z.object({ address: z.url(), token: z.string().min(40) })

/** From what `curfew scim token create` printed. */
export const readScimAccess = (words: string): ScimAccess =>
  printed.parse({
    address: /^Address: (\S+)$/m.exec(words)?.[1],
    token: /^Token, [^:]*: (\S+)$/m.exec(words)?.[1],
  })
