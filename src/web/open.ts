import { Hono } from 'hono'
import type { RequestListener } from 'node:http'
import type { World } from '../operations/world.ts'
import type { ClientAddress } from './trusted-proxies.ts'
import { confirmPages } from './confirm/pages.ts'
import { deviceRoutes, devicesPath, type DevicesSide } from './devices/routes.ts'
import { reportRoutes } from './devices/report.ts'
import { healthRoutes, type Probes } from './health.ts'
import { metricsPath } from './metrics.ts'
import { pageRoutes } from './pages.ts'
import { publishedRoutes } from './published.ts'
import { scimPath } from './scim/path.ts'
import { scimRoutes, type ScimSide } from './scim/routes.ts'
import { showPages } from './show.ts'
import { serveWeb, type Web } from './server.ts'

export interface Served {
  readonly world: World
  readonly publicUrl: string | null
  /** Null: who sends requests is not known, and nobody is limited by it. */
  readonly clientOf: ClientAddress | null
  readonly probes: Probes
  /** What directories write to. */
  readonly scim: ScimSide
  /** Where sources of devices deliver. */
  readonly devices: DevicesSide
  /** Null: they are not served here. */
  readonly metrics: Hono | null
}

/** All that is served by HTTP, but for `slack`: Slack's own requests, in HTTP mode. */
export const openWeb = ({
  port,
  slack,
  ...served
}: Served & { port: number; slack: RequestListener | null }): Promise<Web> =>
  serveWeb({ port, slack, trace: served.world.trace, rooms: roomsOf(served) })

/**
 * What is below each path; `docs/openapi.yaml` lists it. Without `publicUrl` nobody's browser finds us: there are no pages
 * then, and no directory.
 */
export const roomsOf = ({
  world,
  publicUrl,
  clientOf,
  probes,
  scim,
  devices,
  metrics,
}: Served): Readonly<Record<string, Hono>> => ({
  '/': healthRoutes(probes),
  ...(metrics === null ? {} : { [metricsPath]: metrics }),
  '/published': publishedRoutes(world.systems, world.log),
  [devicesPath]: new Hono()
    .route('/', reportRoutes(world, { clientOf }))
    .route('/', deviceRoutes(world, { ...devices, clientOf })),
  ...(publicUrl === null
    ? {}
    : {
        '/show': pageRoutes(world, showPages(world)),
        '/confirm': pageRoutes(world, confirmPages(world, { publicUrl, clientOf })),
        [scimPath]: scimRoutes({ ...scim, publicUrl, log: world.log }),
      }),
})
