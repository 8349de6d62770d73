import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'

const installed = fileURLToPath(new URL('../../.cache/scim2-tester/', import.meta.url))
const program = fileURLToPath(new URL('scim2-tester.py', import.meta.url))

const check = z.object({
  /** DEVIATION leaves a "should" of the RFCs, ERROR and CRITICAL a "must". */
  status: z.enum(['SUCCESS', 'COMPLIANT', 'ACCEPTABLE', 'DEVIATION', 'ERROR', 'CRITICAL', 'SKIPPED']),
  title: z.string(),
  /** User or Group, of what is about one of them. */
  of: z.string().nullable(),
  reason: z.string().nullable(),
})
export type Check = z.infer<typeof check>

/** Whether scim2-tester was installed; where tests must not be skipped, one that was not is an error. */
export function hasScim2Tester(): boolean {
  const isThere = existsSync(join(installed, '.installed'))
  if (!isThere && process.env['CI']) throw new Error('scim2-tester is not here: ./scripts/servers')
  return isThere
}

/** What scim2-tester, with scim2-client, finds out about a server: a client that others wrote. It wants one without people. */
export async function scim2TesterOn(server: { url: string; token: string }): Promise<Check[]> {
  const { stdout } = await promisify(execFile)('python3', [program], {
    env: { ...process.env, PYTHONPATH: installed, SCIM_URL: server.url, SCIM_TOKEN: server.token },
    timeout: 90_000,
  })
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => check.parse(JSON.parse(line)))
}
