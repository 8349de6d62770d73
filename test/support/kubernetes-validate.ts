import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'

const installed = fileURLToPath(new URL('../../.cache/kubernetes-validate/', import.meta.url))
const failed = z.object({ code: z.number(), stdout: z.string(), stderr: z.string() })

/** Whether kubernetes-validate was installed; where tests must not be skipped, one that was not is an error. */
export function hasKubernetesValidate(): boolean {
  const isThere = existsSync(join(installed, '.installed'))
  if (!isThere && process.env['CI']) throw new Error('kubernetes-validate is not here: ./scripts/servers')
  return isThere
}

/** What it finds wrong with these files by Kubernetes' own schemas of that version; a key that it does not know is wrong. */
export async function wrongManifests(files: readonly string[], version: string): Promise<string | null> {
  const words = ['-m', 'kubernetes_validate', '--strict', '--kubernetes-version', version, ...files]
  const env = { ...process.env, PYTHONPATH: installed }
  try {
    await promisify(execFile)('python3', words, { env })
    return null
  } catch (error) {
    const { stdout, stderr } = failed.parse(error)
    return stdout + stderr
  }
}
