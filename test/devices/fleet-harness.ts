import { fleetSource, type FleetSource, type FleetSourceParts } from '../../src/devices/fleet/source.ts'
import type { Taken } from '../../src/devices/fleet/look.ts'
import type { Report } from '../../src/devices/fleet/report.ts'
import { fleetSettings } from '../../src/domain/devices/source-kinds.ts'
import type { Log } from '../../src/domain/ports/log.ts'
import { aHost, type StandinHost } from '../standin/fleet/hosts.ts'
import { startFleetStandin, type FleetStandin } from '../standin/fleet/server.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'

export interface Watched {
  readonly source: FleetSource
  readonly fleet: FleetStandin
  /** What reached Curfew, in order. */
  readonly heard: Report[]
  /** What was heard since this was asked for last: `7` in full, `7 seen` in short. */
  news(): string[]
  /** Level and message, in order. */
  readonly logged: string[]
  /** How Curfew takes it; throws where it cannot. */
  takes: (report: Report) => Taken
}

export const now = new Date('2026-11-27T10:30:00Z')

/** A Fleet server with these hosts, and a source that asks it; both end with the test. */
export async function aWatchedFleet({
  hosts = [aHost(1)],
  every = '5m',
  token,
  path = '',
  ...otherwise
}: { hosts?: readonly StandinHost[]; every?: string; token?: string; path?: string } & Partial<
  Pick<FleetSourceParts, 'pauseMs' | 'surroundings'>
> = {}): Promise<Watched> {
  const fleet = await startFleetStandin(hosts)
  const heard: Report[] = []
  const logged: string[] = []
  let said = 0
  const note = (level: string) => (message: string, fields?: Record<string, unknown>) => {
    if (level !== 'debug') logged.push(`${level} ${message}`)
    if (JSON.stringify(fields ?? {}).includes(fleet.token)) throw new Error('the token was logged')
  }
  const log: Log = { error: note('error'), warn: note('warn'), info: note('info'), debug: note('debug') }
  const watched: Watched = {
    fleet,
    heard,
    logged,
    takes: () => ({ is: 'heard' }),
    news() {
      const news = heard
        .slice(said)
        .map(({ sourceId, attributes }) => `${sourceId}${attributes ? '' : ' seen'}`)
      said = heard.length
      return news
    },
    source: fleetSource({
      id: 'fleet',
      // Catalogs cannot have it look as often as tests do.
      settings: { ...fleetSettings.parse({ url: fleet.url + path, token: token ?? fleet.token }), every },
      sink: async (reports) => {
        const taken = reports.map((report) => watched.takes(report))
        heard.push(...reports.filter((_, at) => taken[at]?.is === 'heard'))
        return taken
      },
      log,
      surroundings: { timeoutMs: 5_000, proxies: null, now: () => now },
      pauseMs: 5,
      ...otherwise,
    }),
  }
  afterThis(async () => {
    await watched.source.stop()
    await fleet.stop()
  })
  return watched
}

/** Waits for what comes by itself. */
export async function until(isSo: () => boolean): Promise<void> {
  const end = performance.now() + 10_000
  while (!isSo()) {
    if (performance.now() > end) throw new Error('it did not come in 10 s')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
