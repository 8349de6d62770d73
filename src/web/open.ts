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

/** All that is served by HTTP. Without `publicUrl` nobody's browser finds us: there are no pages then, and no directory. */
export const openWeb = ({
  world,
  port,
  publicUrl,
  clientOf,
  slack,
  probes,
  scim,
  devices,
  metrics,
}: {
  world: World
  port: number
  publicUrl: string | null
  /** Null: who sends requests is not known, and nobody is limited by it. */
  clientOf: ClientAddress | null
  /** Slack's own requests, in HTTP mode. */
  slack: RequestListener | null
  probes: Probes
  /** What directories write to. */
  scim: ScimSide
  /** Where sources of devices deliver. */
  devices: DevicesSide
  /** Null: they are not served here. */
  metrics: Hono | null
}): Promise<Web> =>
  serveWeb({
    port,
    slack,
    trace: world.trace,
    rooms: {
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
    },
  })
