import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import type { Person } from '../test/workspace/people/person.ts'
import { buildApp } from './build-app.ts'

const failed = z.object({ stderr: z.string().min(1) })
const printed = z.string().regex(/^[A-Z0-9-]{10,12}$/, 'curfew enrol printed no code')

/** A one-time code, made as an admin makes one: by the command line of the built app, in its environment. */
export async function makeEnrolmentCode(
  { account }: Person,
  environment: Readonly<Record<string, string>>,
): Promise<{ ran: string; code: string }> {
  const words = ['enrol', account.email ?? '']
  const { stdout } = await promisify(execFile)(process.execPath, [await buildApp(), ...words], {
    cwd: join(import.meta.dirname, '..'),
    env: { PATH: process.env['PATH'] ?? '', ...environment },
  }).catch((error: unknown) => {
    const { data } = failed.safeParse(error)
    throw data === undefined ? error : new Error(data.stderr.trim())
  })
  return { ran: `curfew ${words.join(' ')}`, code: printed.parse(/: (\S+)$/m.exec(stdout)?.[1]) }
}
