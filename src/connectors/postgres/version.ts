import { z } from 'zod'
import type { Server } from './server.ts'

/** From here on a membership belongs to whoever gave it, and says what it lets one do. */
export const withGrantors = 160_000

export async function versionOf(server: Server, signal: AbortSignal): Promise<number> {
  const [row] = await server.read('tell its version', {
    text: "SELECT pg_catalog.current_setting('server_version_num')::int AS version",
    values: [],
    row: z.object({ version: z.number() }),
    signal,
  })
  return row?.version ?? 0
}
