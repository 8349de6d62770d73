import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve as absolute } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterThis } from '../workspace/support/a-workspace.ts'

const installed = fileURLToPath(new URL('../../.cache/schemathesis/', import.meta.url))

/** Whether schemathesis was installed; where tests must not be skipped, one that was not is an error. */
export function hasSchemathesis(): boolean {
  const isThere = existsSync(join(installed, '.installed'))
  if (!isThere && process.env['CI']) throw new Error('schemathesis is not here: ./scripts/servers')
  return isThere
}

/** What it looks at in each answer. Not: that whatever is odd is refused; directories send much that is odd. */
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
]

/**
 * Asks a server whatever an OpenAPI page allows, and much that it does not: so many requests for each operation, the same
 * each time. What it found wrong is in `said`; `requests`: how many were sent.
 */
export async function schemathesisOn({
  page,
  url,
  paths,
  headers,
  examples,
}: {
  page: string
  url: string
  /** Which of its paths, as a regular expression. */
  paths: string
  headers: Readonly<Record<string, string>>
  examples: number
}): Promise<{ code: number; said: string; requests: number }> {
  // It keeps what it found beside it.
  const folder = await mkdtemp(join(tmpdir(), 'curfew-schemathesis-'))
  afterThis(() => rm(folder, { recursive: true }))
  const words = [
    ...['run', absolute(page), '--url', url, '--include-path-regex', paths],
    ...Object.entries(headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`]),
    ...[
      '--checks',
      checks.join(),
      '--phases',
      'examples,coverage,fuzzing',
      '--max-examples',
      String(examples),
    ],
    ...['--seed', '1', '--no-shrink', '--workers', '2', '--request-timeout', '10', '--continue-on-failure'],
    ...['--generation-database', 'none', '--warnings', 'off', '--no-color', '--suppress-health-check', 'all'],
  ]
  const program = 'from schemathesis.cli import schemathesis; schemathesis()'
  return new Promise((resolve) => {
    const child = execFile(
      'python3',
      ['-c', program, ...words],
      {
        cwd: folder,
        env: { PATH: process.env['PATH'], PYTHONPATH: installed, PYTHONDONTWRITEBYTECODE: '1' },
        maxBuffer: 50_000_000,
      },
      (_, stdout, stderr) => {
        const said = stdout + stderr
        const requests = Number(/(\d+) generated/.exec(said)?.[1] ?? 0)
        resolve({ code: child.exitCode ?? 1, said, requests })
      },
    )
    afterThis(async () => void child.kill('SIGKILL'))
  })
}
