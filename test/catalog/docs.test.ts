import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { CONDITION_VARIABLES } from '../../src/catalog/condition.ts'
import { compileCondition } from '../../src/catalog/condition.ts'
import { keysOf, within } from '../../src/catalog/explain.ts'
import { parseCatalog } from '../../src/catalog/parse.ts'
import { writeProblem } from '../../src/catalog/problem.ts'
import {
  defaultsSchema,
  devicesSchema,
  entitlementSchema,
  fileSchema,
  fitRuleSchema,
  peopleSchema,
  proofSchema,
  resourceSchema,
  systemSchema,
} from '../../src/catalog/schema.ts'
import { connectorKinds } from '../../src/connectors/registry.ts'

const docs = readFileSync('docs/catalog.md', 'utf8')

/** The rows of the table below a heading, as cells. */
function rowsBelow(heading: string): string[][] {
  const section = docs.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('| `'))
  return rows.map((row) =>
    row
      .split('|')
      .map((cell) => cell.trim())
      .slice(1, -1),
  )
}

const documented = (heading: string) =>
  rowsBelow(heading)
    .map(([key = '']) => key.replaceAll('`', ''))
    .sort()
const rulesOf = (level: string) =>
  rowsBelow('Rules').flatMap(([key = '', levels = '']) =>
    levels.split(', ').includes(level) ? key.replaceAll('`', '') : [],
  )

/** Every key that a schema reads, with those inside them. */
function everyKey(schema: unknown, prefix = ''): string[] {
  const bare = within(schema, [])
  if (bare instanceof z.ZodArray) return everyKey(bare.element, `${prefix}[]`)
  return keysOf(bare).flatMap((key) => {
    const path = prefix === '' ? key : `${prefix}.${key}`
    return [path, ...everyKey(within(bare, [key]), path)]
  })
}

test('every key that is read is in the reference, and every key there is read', () => {
  expect(documented('Keys of a file')).toEqual(everyKey(fileSchema).sort())
  expect(documented('People')).toEqual(everyKey(peopleSchema).sort())
  expect(documented('Confirming')).toEqual(everyKey(proofSchema).sort())
  const ofDevices = documented('Devices').filter((key) => !key.startsWith('fit.'))
  expect(ofDevices).toEqual(everyKey(devicesSchema).sort())
  const ofRules = documented('Devices').flatMap((key) => (key.startsWith('fit.*.') ? key.slice(6) : []))
  expect(ofRules.sort()).toEqual(everyKey(fitRuleSchema).sort())
  expect(documented('Keys of a system')).toEqual(everyKey(systemSchema).sort())
  expect(rulesOf('defaults').sort()).toEqual(everyKey(defaultsSchema).sort())
  expect([...documented('Keys of a resource'), ...rulesOf('resource')].sort()).toEqual(
    everyKey(resourceSchema).sort(),
  )
  expect([...documented('Keys of an entitlement'), ...rulesOf('entitlement')].sort()).toEqual(
    everyKey(entitlementSchema).sort(),
  )
})

test('every variable of conditions is in the reference, and every variable there exists', () => {
  const named = documented('Conditions').flatMap((names) => names.split(', '))
  expect(named.sort()).toEqual(Object.keys(CONDITION_VARIABLES).sort())
})

test('the example of the reference is a good catalog', () => {
  const [example = ''] = /(?<=```yaml\n)version[^]*?(?=```)/.exec(docs) ?? []
  const reading = parseCatalog([{ file: 'example.yml', text: example }], {
    env: { ORDERS_MONGODB_URL: 'mongodb://curfew:pw@db.example', CATALOG_VARIABLES: 'ORDERS_*' },
    kinds: connectorKinds,
  })
  expect(reading.ok ? [] : reading.problems.map(writeProblem)).toEqual([])
})

test('every condition that the reference shows can be used', () => {
  const shown = [...docs.matchAll(/^who: '(.*)'$/gm)].map(([, source = '']) => compileCondition(source))
  expect(shown).toHaveLength(5)
  for (const condition of shown) expect(condition).toHaveProperty('evaluate')
})
