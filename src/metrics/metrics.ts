import { collectDefaultMetrics, Registry } from 'prom-client'
import type { GrantListener } from '../domain/ports/grants.ts'
import type { Log } from '../domain/ports/log.ts'
import type { Observe } from '../domain/ports/observe.ts'
import { readingAtScrape, type Sources } from './at-scrape.ts'
import { countGrant } from './from-grants.ts'
import { countObserved } from './from-observed.ts'
import { metricsIn } from './table.ts'

export interface Measuring {
  readonly observe: Observe
  readonly onGrant: GrantListener
  /** What a scraper is told, once it is known where what must be asked for is asked. */
  showing(sources: Sources): Shown
}

export interface Shown {
  readonly contentType: string
  text(): Promise<string>
}

/** Begins to count. It reads no more of what happens than docs/metrics.md says, and harms nothing that it measures. */
export function openMetrics(log: Log): Measuring {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const metrics = metricsIn(registry)
  const safely =
    <A extends unknown[]>(count: (...about: A) => void) =>
    (...about: A): void => {
      try {
        count(...about)
      } catch (error) {
        log.warn('could not measure what happened', { error })
      }
    }
  return {
    observe: safely((what) => countObserved(metrics, what)),
    onGrant: safely((grant, before) => countGrant(metrics, grant, before)),
    showing: (sources) => {
      const bringUpToDate = readingAtScrape(metrics, sources)
      return {
        contentType: registry.contentType,
        text: async () => {
          await bringUpToDate()
          return registry.metrics()
        },
      }
    },
  }
}
