import { readdirSync, readFileSync } from 'node:fs'
import { checkCatalog } from '../../src/catalog/check.ts'
import { connectorKinds } from '../../src/connectors/registry.ts'

const variables = readFileSync('examples/README.md', 'utf8').match(/(?<=^CATALOG_VARIABLES=).*$/m)?.[0] ?? ''
const examples = readdirSync('examples').filter((name) => name !== 'README.md')

test.each(examples)('the example %s is a good catalog, and is told of', async (name) => {
  const { ok, problems, warnings, summary } = await checkCatalog(
    `examples/${name}`,
    { CATALOG_VARIABLES: variables },
    connectorKinds,
  )
  expect(problems).toEqual([])
  expect(ok).toBe(true)
  expect(warnings.filter((warning) => !warning.endsWith('is not set'))).toEqual([])
  expect(summary).toContain('ENTITLEMENT')
  expect(summary).not.toContain('note: ')
  expect(readFileSync('examples/README.md', 'utf8')).toMatch(new RegExp(`\\(${name}/?\\)`))
})

test('the table of who may have what names the stages and the rules that approve by themselves', async () => {
  const { summary } = await checkCatalog('examples/contractors.yml', {}, connectorKinds)
  expect(summary).toMatch(/orders-db read .* 1 of @dba; or by itself: a short look for a ticket/)
  expect(summary).toMatch(/orders-db write .* 1 of @dba, then 1 of their manager/)
})

test('there is one for contractors, for who is on call, for the end of the month, for employees, and for all of a company', () => {
  expect(examples.sort()).toEqual([
    'contractors.yml',
    'employees.yml',
    'finance-month-end.yml',
    'on-call.yml',
    'whole-company',
  ])
})
