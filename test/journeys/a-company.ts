import { companySource, demoCompany } from '../../scripts/demo-company.ts'
import { readScimAccess, type ScimAccess } from '../../scripts/scim-access.ts'
import type { Stage } from '../support/curfew.ts'
import type { Company } from '../workspace/practice/company.ts'
import { curfew } from './app-process.ts'

/** What a directory needs to write to a stage that serves HTTP, whether the app runs yet or not. */
export async function scimAccessTo({ environment }: Stage, source = companySource): Promise<ScimAccess> {
  const { exited, lines } = curfew(['scim', 'token', 'create', source], {
    ...environment,
    PUBLIC_URL: `http://127.0.0.1:${environment['PORT']}`,
  })
  expect(await exited).toBe(0)
  return readScimAccess(lines.join('\n'))
}

/** The directory of the company, connected, with everybody who works there. */
export const aCompanyOf = async (stage: Stage): Promise<Company> =>
  demoCompany(stage, await scimAccessTo(stage))
