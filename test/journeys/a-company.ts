import { companySource, demoCompany } from '../../scripts/demo-company.ts'
import { scimTokens } from '../../src/scim-tokens.ts'
import { readScimAccess, type ScimAccess } from '../../scripts/scim-access.ts'
import type { Stage } from '../support/curfew.ts'
import type { Company } from '../workspace/practice/company.ts'

/** What a directory needs to write to a stage that serves HTTP, whether the app runs yet or not. */
export async function scimAccessTo({ environment }: Stage, source = companySource): Promise<ScimAccess> {
  const publicUrl = { PUBLIC_URL: `http://127.0.0.1:${environment['PORT']}` }
  // The command's own function: a process for each of these tests costs more than all the rest of it.
  return readScimAccess(await scimTokens(['token', 'create', source], { ...environment, ...publicUrl }))
}

/** The directory of the company, connected, with everybody who works there. */
export const aCompanyOf = async (stage: Stage): Promise<Company> =>
  demoCompany(stage, await scimAccessTo(stage))
