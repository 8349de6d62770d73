import type { Parts } from '../parts.ts'
import type { Alert } from '../publish/picture.ts'

/** The alerts of all kinds: one of which it cannot be found out now what they are to say keeps no other from being said. */
export async function eachKind(
  parts: Parts,
  kinds: readonly ((parts: Parts) => Promise<Alert[]>)[],
): Promise<Alert[]> {
  const found = await Promise.all(
    kinds.map((picture) =>
      picture(parts).catch((error: unknown) => {
        parts.log.warn('could not find out now what alerts of one kind are to say', {
          kind: picture.name,
          error,
        })
        return []
      }),
    ),
  )
  return found.flat()
}
