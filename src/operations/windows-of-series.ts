import type { Grant } from '../domain/grant.ts'
import { isWindowOf } from '../domain/series.ts'
import type { World } from './world.ts'

/** The windows of a series that have not ended, the newest last. */
export async function openWindows({ grants }: Pick<World, 'grants'>, series: Grant): Promise<Grant[]> {
  if (series.pattern === null) return []
  return openWindowsAmong(await grants.openOf(series.subject.id), series)
}

export function openWindowsAmong(open: readonly Grant[], series: Grant): Grant[] {
  const windows = open.filter((one) => isWindowOf(one, series.id))
  return windows.sort((a, b) => (a.window?.index ?? 0) - (b.window?.index ?? 0))
}
