import { companySource, demoCompany } from '../../scripts/demo-company.ts'
import { readScimAccess } from '../../scripts/scim-access.ts'
import type { Stage } from '../support/curfew.ts'
import type { Company } from '../workspace/practice/company.ts'
import { curfew } from './app-process.ts'

/** The directory of the company, connected to a stage that serves HTTP, with everybody who works there. */
export async function aCompanyOf(stage: Stage): Promise<Company> {
  const { exited, lines } = curfew(['scim', 'token', 'create', companySource], {
    ...stage.environment,
    PUBLIC_URL: `http://127.0.0.1:${stage.environment['PORT']}`,
  })
  expect(await exited).toBe(0)
  return demoCompany(stage, readScimAccess(lines.join('\n')))
}
