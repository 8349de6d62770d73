import { formatDuration } from '../../domain/duration.ts'
import type { Provisioning } from '../../domain/ports/provisioning.ts'

/**
 * Tells the admins of sources of people that ask often, as Entra does each 20 to 40 minutes, and were not heard of for too
 * long: in quarantine Entra comes once a day, and whoever is blocked there keeps their access until then.
 */
export async function tellOfSilentSources(
  provisioning: Pick<Provisioning, 'silentSources'>,
  tell: (words: string) => void,
): Promise<void> {
  for (const { source, since, afterMs } of await provisioning.silentSources()) {
    const last = `${since.toISOString().slice(0, 16).replace('T', ' ')} UTC`
    tell(
      `${source} has not been heard of since ${last}, and should be within ${formatDuration(afterMs)}. Whoever leaves there keeps access here until it is: look whether it is in quarantine, or its token was revoked.`,
    )
  }
}
