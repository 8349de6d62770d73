import { opensFiles } from '../config.ts'
import { openSystems } from '../connectors/systems.ts'
import type { Catalog } from '../domain/catalog.ts'
import { clean, hide } from '../log.ts'
import { mongoClock } from '../mongo/clock.ts'
import { reachSystems, type Reached } from '../reach.ts'
import { whyNot, type Check } from './check.ts'
import { right, unknown, wrong, type Found } from './finding.ts'
import type { Installation } from './installation.ts'
import { noLog } from './no-log.ts'

/** Whether each system of the catalog lets Curfew in, and lets it do what the catalog says: as `curfew check --reach`. */
export const systemsCheck: Check = {
  area: 'Systems',
  about: 'systems',
  // Each has its own time-out of the catalog, a minute at most.
  withinMs: 75_000,
  ask: async (installation) => {
    const catalog = await installation.catalog()
    const { kinds } = await installation.kinds()
    const { environment, parts } = installation
    const surroundings = {
      now: await timeOf(installation),
      proxies: parts.proxies,
      hide,
      opens: opensFiles(environment),
    }
    const systems = openSystems({ kinds, surroundings, log: noLog, clean })
    const all = [...catalog.systems.values()]
    // Without its variables there is nothing to connect by.
    const whole = all.filter(({ settings }) => settings !== undefined)
    const asked: Catalog = { ...catalog, systems: new Map(whole.map((system) => [system.id, system])) }
    try {
      systems.use(asked)
      const reached = new Map((await reachSystems(asked, systems)).map((one) => [one.system, one]))
      return all.flatMap(({ id, connector }) => found(id, connector, reached.get(id)))
    } finally {
      await systems.close()
    }
  },
}

/** As the app signs and dates, by the database's clock; by this machine's where that cannot be asked. */
async function timeOf(installation: Installation): Promise<() => Date> {
  try {
    const clock = mongoClock(await installation.database())
    await clock.sample()
    return () => clock.now()
  } catch {
    return installation.now
  }
}

function found(id: string, kind: string, reached: Reached | undefined): Found[] {
  const about = `${id} (${kind})`
  if (reached === undefined)
    return [unknown(about, 'a variable that its settings name is not set: see Catalog')]
  const { lacks, error } = reached
  if (error !== null) return [wrong(about, whyNot(error), letIn)]
  if (lacks.length === 0) return [right(about, 'reached, and nothing is missing')]
  return lacks.map(({ what, remedy }) =>
    wrong(about, what, remedy ?? `Read what it needs: docs/connectors/${kind}.md`),
  )
}

const letIn = 'Mend the system, or its address and login in the catalog; curfew check --reach asks again.'
