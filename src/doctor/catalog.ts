import { writeProblem } from '../catalog/problem.ts'
import { ConfigError } from '../config.ts'
import type { Check } from './check.ts'
import { right, wrong } from './finding.ts'

const mostTold = 20

/** What is wrong with the catalog, as `curfew check --strict-env` says it: here its variables must be set. */
export const catalogCheck: Check = {
  area: 'Catalog',
  about: 'catalog',
  withinMs: 30_000,
  ask: async (installation) => {
    const path = installation.parts.catalogPath ?? 'catalog'
    try {
      const reading = await installation.reading()
      const problems = [...(reading.ok ? [] : reading.problems), ...reading.warnings].map(writeProblem)
      const found = problems.slice(0, mostTold).map((problem) => wrong('catalog', problem, mend))
      const more = problems.length - found.length
      if (more > 0) found.push(wrong('catalog', `and ${more} more`, 'curfew check tells all of them.'))
      if (!reading.ok || found.length > 0) return found
      const { systems, resources } = reading.catalog
      return [right(path, `${resources.size} resources on ${systems.size} systems`)]
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      return [wrong('connectors', error.message, 'Mend CATALOG_CONNECTORS, or install what it names.')]
    }
  },
}

const mend = 'Mend it there, or set the variable that it names; curfew check says the same.'
