import { Hono } from 'hono'

export interface Probes {
  /** Each must answer soon; false or throwing means not ready. */
  readonly [what: string]: () => Promise<boolean> | boolean
}

const probeWithinMs = 2_000

/** `GET /livez`: this process runs. `GET /readyz`: every probe says yes, else 503 with the names of those that do not. */
export function healthRoutes(probes: Probes): Hono {
  const app = new Hono()
  app.get('/livez', (context) => {
    context.header('cache-control', 'no-store')
    return context.json({ live: true })
  })
  app.get('/readyz', async (context) => {
    const entries = await Promise.all(
      Object.entries(probes).map(async ([what, probe]) => [what, await isYes(probe)] as const),
    )
    const isReady = entries.every(([, yes]) => yes)
    context.header('cache-control', 'no-store')
    return context.json({ ready: isReady, ...Object.fromEntries(entries) }, isReady ? 200 : 503)
  })
  return app
}

async function isYes(probe: () => Promise<boolean> | boolean): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), probeWithinMs)
  })
  try {
    return await Promise.race([Promise.resolve(probe()), late])
  } catch {
    return false
  } finally {
    clearTimeout(timer)
  }
}
