import type { Connection } from 'mongoose'
import type { SurfaceKey } from '../../src/domain/ports/surfaces.ts'
import { mongoSurfaces } from '../../src/mongo/surfaces.ts'

/** Notes these messages as posted there, showing something old: whoever looks at them has to edit them. */
export async function notePosted(
  connection: Connection,
  messages: readonly SurfaceKey[],
  at: { channel: string; ts: string },
): Promise<void> {
  const store = mongoSurfaces(connection)
  await Promise.all(messages.map((of) => store.lease(of, 60_000)))
  await Promise.all(messages.map((of) => store.save(of, { ...at, shows: 'written by the bench' })))
}
