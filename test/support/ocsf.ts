import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

const installed = fileURLToPath(new URL('../../.cache/ocsf/', import.meta.url))
const program = fileURLToPath(new URL('ocsf.py', import.meta.url))

/** Whether the schema of OCSF was installed; where tests must not be skipped, one that was not is an error. */
export function hasOcsf(): boolean {
  const isThere = existsSync(join(installed, '.installed'))
  if (!isThere && process.env['CI']) throw new Error('the schema of OCSF is not here: ./scripts/servers')
  return isThere
}

const said = z.union([z.object({ line: z.number(), fault: z.string() }), z.object({ judged: z.number() })])

/** What that version of the schema finds wrong with these events, one a line; and how many it judged. */
export async function judgedByOcsf(
  events: string,
  version: string,
): Promise<{ faults: { line: number; fault: string }[]; judged: number }> {
  const child = spawn('python3', [program], {
    env: { ...process.env, PYTHONPATH: installed, OCSF_VERSION: version },
    timeout: 90_000,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.end(events)
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
  const lines = output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => said.parse(JSON.parse(line)))
  const judged = lines.find((line) => 'judged' in line)
  if (judged === undefined) throw new Error(errors)
  return { faults: lines.filter((line) => 'fault' in line), judged: judged.judged }
}
