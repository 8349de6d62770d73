import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { buildApp } from './build-app.ts'

export interface ScimAccess {
  readonly address: string
  readonly token: string
}

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

const printed = z.object({ address: z.url(), token: z.string().min(40) })

/** From what the command printed. */
export const readScimAccess = (words: string): ScimAccess =>
  printed.parse({
    address: /^Address: (\S+)$/m.exec(words)?.[1],
    token: /^Token, [^:]*: (\S+)$/m.exec(words)?.[1],
  })
