import type { Cast } from '../test/support/cast.ts'
import { anIdentityProvider } from '../test/support/identity-provider.ts'
import { Company } from '../test/workspace/practice/company.ts'
import type { ScimAccess } from './scim-access.ts'

/** What the directory is called at Curfew. */
export const companySource = 'okta'

/** The company's directory, connected to the running app, with everybody of the cast who works there. */
export async function demoCompany(
  { riley, ada, sam, kim }: Pick<Cast, 'riley' | 'ada' | 'sam' | 'kim'>,
  access: ScimAccess,
): Promise<Company> {
  const { send } = anIdentityProvider(access)
  const company = new Company(companySource, send)
  for (const [{ account }, id, group, manager] of [
    [kim, 'kim', 'engineering'],
    [riley, 'riley', 'contractors', 'kim'],
    [ada, 'ada', 'dba'],
    [sam, 'sam', 'dba'],
  ] as const) {
    const { name, email } = account
    await company.hires({
      id,
      name,
      email: email ?? '',
      group,
      ...(manager === undefined ? {} : { manager }),
    })
  }
  return company
}
