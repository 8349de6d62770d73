import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { buildApp } from './build-app.ts'
import { readScimAccess, type ScimAccess } from './scim-access.ts'

/** A token for a directory, made as an owner makes one: by the command line of the built app, in its environment. */
export async function makeScimToken(
  source: string,
  environment: Readonly<Record<string, string>>,
): Promise<ScimAccess> {
  const words = [await buildApp(), 'scim', 'token', 'create', source]
  const { stdout } = await promisify(execFile)(process.execPath, words, {
    cwd: join(import.meta.dirname, '..'),
    env: { PATH: process.env['PATH'] ?? '', ...environment },
  })
  return readScimAccess(stdout)
}
